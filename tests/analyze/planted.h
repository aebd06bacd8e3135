// planted.h - for tests: a law planted in memory, as Runs without a file.
#ifndef MOELAW_TEST_PLANTED_H
#define MOELAW_TEST_PLANTED_H

#include "fit/fitting.h"
#include "fit/plant.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

// Rows of the law's published coefficients; free with planted_free.
static inline Runs planted(const char *published, int n, int budgets, double noise, double shared, unsigned long seed,
                           Fit *truth) {
    static char path[] = "planted", *columns[] = {"run_id"};
    char spec[80];
    snprintf(spec, sizeof spec, "published:%s", published);
    if (fit_load(spec, truth) != OK) abort();
    // One design for every law: the five-factor paper's.
    for (int v = 0; v < N_VARIABLES; v++) truth->range[v][0] = truth->range[v][1] = NAN;
    unsigned long rows = (unsigned long)n;
    Table *table = allocate(1, sizeof *table);
    *table = (Table){.path = path, .n_columns = 1, .columns = columns, .cells = allocate(rows, sizeof(char *))};
    Runs runs = {.table = table, .rows_read = n, .rows_chosen = n, .n = n};
    runs.row = allocate(rows, sizeof(int));
    runs.points = allocate(rows, sizeof(Point));
    runs.nonemb = allocate(rows, sizeof(Point));
    runs.loss = allocate(rows, sizeof(double));
    runs.log_loss = allocate(rows, sizeof(double));
    runs.cluster = allocate(rows, sizeof(int));
    plant_design(truth, n, budgets, seed, runs.points, runs.cluster);
    plant_losses(truth, n, runs.points, runs.cluster, noise, shared, seed, runs.loss);
    for (int i = 0; i < n; i++) {
        table->cells[i] = path;
        runs.row[i] = i;
        runs.log_loss[i] = log(runs.loss[i]);
    }
    runs.n_clusters = runs.cluster[n - 1] + 1;
    return runs;
}

static inline void planted_free(Runs *runs, Fit *truth) {
    free(((Table *)runs->table)->cells);
    free((Table *)runs->table);
    free(runs->row);
    free(runs->points);
    free(runs->nonemb);
    free(runs->loss);
    free(runs->log_loss);
    free(runs->cluster);
    fit_free(truth);
}

static inline FitOptions few_starts(long starts) {
    FitOptions o = FIT_OPTIONS_DEFAULT;
    o.starts = starts;
    o.threads = 1;
    return o;
}

#endif
