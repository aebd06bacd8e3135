// planted.h - for tests: a law planted in memory, as Runs without a file.
#ifndef MOELAW_TEST_PLANTED_H
#define MOELAW_TEST_PLANTED_H

#include "fit/bootstrap.h"
#include "fit/fit_file.h"
#include "fit/plant.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

// Rows of the law's published coefficients, over the paper's own ranges or over those of the five-factor paper; free
// with planted_free.
static inline Runs planted_over(bool own, const char *published, int n, int budgets, double noise, double shared,
                                unsigned long seed, Fit *truth) {
    char spec[80];
    snprintf(spec, sizeof spec, "published:%s", published);
    if (fit_load(spec, truth) != OK) abort();
    for (int v = 0; v < N_VARIABLES && !own; v++) truth->range[v][0] = truth->range[v][1] = NAN;
    size_t rows = n;
    Point *points = allocate(rows, sizeof *points);
    int *configuration = allocate(rows, sizeof *configuration);
    double *loss = allocate(rows, sizeof *loss);
    plant_design(truth, n, budgets, seed, points, configuration);
    plant_losses(truth, n, points, configuration, noise, shared, seed, loss);
    Runs runs;
    runs_of_points("planted", n, points, loss, configuration, &runs);
    free(points);
    free(configuration);
    free(loss);
    return runs;
}

// One design for every law: the five-factor paper's.
static inline Runs planted(const char *published, int n, int budgets, double noise, double shared, unsigned long seed,
                           Fit *truth) {
    return planted_over(false, published, n, budgets, noise, shared, seed, truth);
}

static inline void planted_free(Runs *runs, Fit *truth) {
    runs_free(runs);
    fit_free(truth);
}

static inline FitOptions few_starts(long starts) {
    FitOptions o = FIT_OPTIONS_DEFAULT;
    o.starts = starts;
    o.threads = 1;
    return o;
}

#endif
