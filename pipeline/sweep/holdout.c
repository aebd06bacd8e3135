// holdout.c - see holdout.h.
#include "holdout.h"

#include "run/idset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

int holdout_draw(const Design *design, int from, int n, bool (*open)(const PlannedRun *), bool *chosen) {
    IdSet cells = {0};
    for (int i = from; i < design->n_runs; i++)
        if (open(&design->runs[i])) idset_add(&cells, design->runs[i].cell);
    int found = cells.n;
    if (found) qsort(cells.ids, (size_t)found, sizeof *cells.ids, by_text);
    for (int i = from; i < design->n_runs; i++) {
        const PlannedRun *p = &design->runs[i];
        chosen[i - from] = open(p) && n > 0 && (n >= found || strcmp(p->cell, cells.ids[n - 1]) <= 0);
    }
    idset_free(&cells);
    return found;
}

static int most_first(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

void holdout_largest(Design *design, double largest) {
    int n = design->n_runs, take = (int)lround(largest * n);
    if (take < 1) return;
    double *flops = allocate(n, sizeof *flops);
    for (int i = 0; i < n; i++) flops[i] = design->runs[i].counts.M * design->runs[i].run.tokens;
    qsort(flops, (size_t)n, sizeof *flops, most_first);
    for (int i = 0; i < n; i++) {
        PlannedRun *p = &design->runs[i];
        if (p->counts.M * p->run.tokens >= flops[take - 1]) strcpy(p->holdout, "largest");
    }
    free(flops);
}
