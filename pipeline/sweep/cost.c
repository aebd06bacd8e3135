// cost.c - see cost.h.
#include "cost.h"

#include <math.h>
#include <stdlib.h>

void cost_add(Cost *c, const Run *run) {
    char id[RUN_ID];
    run_trunk_id(run, id);
    int known = c->trunks.n, t = idset_add(&c->trunks, id);
    if (t == known) {
        c->stable = reallocate(c->stable, known + 1, sizeof *c->stable);
        c->stable[t] = 0;
    }
    double M = shape_count(&run->shape).M, start = (double)run_decay_start(run);
    c->flops += M * run->tokens;
    c->trained_flops += M * run_batch_tokens(run) * ((double)run_steps(run) - start + fmax(start - c->stable[t], 0));
    c->stable[t] = fmax(c->stable[t], start);
    c->eval_flops += M / 3 * run->eval_tokens;
}

double cost_seconds(const Cost *c, double gflops) {
    return (c->trained_flops + c->eval_flops) / (gflops * 1e9);
}

void cost_free(Cost *c) {
    idset_free(&c->trunks);
    free(c->stable);
    *c = (Cost){0};
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double cost_median(double *rates, int n) {
    if (n == 0) return NAN;
    qsort(rates, (size_t)n, sizeof *rates, ascending);
    return (rates[(n - 1) / 2] + rates[n / 2]) / 2;
}

Status cost_gflops(const Table *t, double *gflops) {
    int rate = table_column(t, "tokens_per_cpu_s"), flops = table_column(t, "M"), n = 0;
    *gflops = NAN;
    if (rate < 0 || flops < 0) return OK;
    double *all = allocate(t->n_rows + 1, sizeof *all), x, M;
    Status s = OK;
    for (int row = 0; s == OK && row < t->n_rows; row++) {
        s = table_number(t, row, rate, &x);
        if (s == OK) s = table_number(t, row, flops, &M);
        if (s == OK && x * M > 0) all[n++] = 1e-9 * x * M;
    }
    *gflops = cost_median(all, n);
    free(all);
    return s;
}
