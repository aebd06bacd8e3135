// plan.c - see plan.h.
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const plan_factor_names[PLAN_FACTORS] = {"log D", "log N", "log Na", "log G", "S"};

static void factors(const PlannedRun *p, double x[PLAN_FACTORS]) {
    const Counts *c = &p->counts;
    const double row[PLAN_FACTORS] = {log(p->run.tokens), log(c->N), log(c->Na), log(c->G), c->S};
    memcpy(x, row, sizeof row);
}

PlanCorrelations plan_correlations(const Design *d, bool fitted) {
    double n = 0, mean[PLAN_FACTORS] = {0}, product[PLAN_FACTORS][PLAN_FACTORS] = {{0}}, x[PLAN_FACTORS];
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < d->n_runs; i++) {
            if (fitted && d->runs[i].holdout[0]) continue;
            factors(&d->runs[i], x);
            if (pass == 0) n++;
            for (int a = 0; a < PLAN_FACTORS; a++) {
                if (pass == 0) mean[a] += x[a];
                for (int b = 0; pass && b < PLAN_FACTORS; b++)
                    product[a][b] += (x[a] - mean[a] / n) * (x[b] - mean[b] / n);
            }
        }
    PlanCorrelations c = {.a = 0, .b = 0};
    double most = 0;
    for (int a = 0; a < PLAN_FACTORS; a++)
        for (int b = 0; b < PLAN_FACTORS; b++) {
            bool vary = product[a][a] > 1e-12 * n && product[b][b] > 1e-12 * n;
            c.correlation[a][b] = vary ? product[a][b] / sqrt(product[a][a] * product[b][b]) : NAN;
            if (b >= a || !(fabs(c.correlation[a][b]) > most)) continue;
            most = fabs(c.correlation[a][b]);
            c.a = a;
            c.b = b;
        }
    return c;
}

static int by_cell(const void *a, const void *b) {
    const PlannedRun *x = *(const PlannedRun *const *)a, *y = *(const PlannedRun *const *)b;
    int order = strcmp(x->cell, y->cell);
    return order ? order : (x->run.tokens > y->run.tokens) - (x->run.tokens < y->run.tokens);
}

static void count_cells(const Design *d, PlanSummary *s) {
    const PlannedRun **order = allocate(d->n_runs, sizeof(PlannedRun *));
    for (int i = 0; i < d->n_runs; i++) order[i] = &d->runs[i];
    qsort(order, (size_t)d->n_runs, sizeof *order, by_cell);
    for (int i = 0, seeds = 0; i < d->n_runs; i++) {
        bool same_cell = i && !strcmp(order[i]->cell, order[i - 1]->cell);
        seeds = same_cell && order[i]->run.tokens == order[i - 1]->run.tokens ? seeds + 1 : 1;
        s->cells += !same_cell;
        s->replicated += seeds == PLAN_SEEDS;
    }
    free(order);
}

static void count_mark(PlanSummary *s, const char *mark) {
    int i = 0;
    while (i < PLAN_MARKS - 1 && s->marks[i].n && strcmp(s->marks[i].name, mark)) i++;
    s->marks[i].name = mark;
    s->marks[i].n++;
    s->held++;
}

PlanSummary plan_summary(const Design *d) {
    PlanSummary s = {.mismatch = {-1, -1, -1, -1, -1, -1}};
    for (int i = 0; i < d->n_runs; i++) {
        const PlannedRun *p = &d->runs[i];
        const double x[PLAN_FACTORS] = {p->run.tokens, p->counts.N, p->counts.Na, p->counts.G, p->counts.S};
        cost_add(&s.cost, &p->run);
        if (p->holdout[0]) count_mark(&s, p->holdout);
        for (int k = 0; k < PLAN_FACTORS; k++) {
            s.low[k] = i && s.low[k] < x[k] ? s.low[k] : x[k];
            s.high[k] = i && s.high[k] > x[k] ? s.high[k] : x[k];
        }
        for (int k = 0; k < N_WISHES; k++)
            if (wish_missed(&p->wish, &p->run.shape, k) > s.mismatch[k]) {
                s.mismatch[k] = wish_missed(&p->wish, &p->run.shape, k);
                s.worst[k] = p;
            }
    }
    count_cells(d, &s);
    return s;
}

// The backbone's fields: those that wishes for the experts leave alone.
const char *const plan_backbone[] = {"d_model",        "n_layers", "n_heads", "n_kv_heads", "d_head",
                                     "n_dense_layers", "vocab",    "seq_len", NULL};

static const RunField *field_of(const char *name) {
    const RunField *f = run_fields;
    while (f->name && strcmp(f->name, name)) f++;
    return f;
}

// The different values of a field in a block, "48, 64", in order of appearance; how many. A long list ends in "...".
int plan_distinct(const Design *d, int block, const char *field, char *list, size_t size) {
    char value[RUN_CORPUS], item[RUN_CORPUS + 4], seen[4096] = ", ";
    int n = 0;
    list[0] = '\0';
    for (int i = 0; i < d->n_runs; i++) {
        if (d->runs[i].block != block) continue;
        run_get(&d->runs[i].run, field_of(field), value, sizeof value);
        snprintf(item, sizeof item, ", %s, ", value);
        if (strstr(seen, item) || strlen(seen) + strlen(item) > sizeof seen) continue;
        strcat(seen, item + 2);
        size_t used = strlen(list), need = strlen(value) + 6;
        if (used + need < size) snprintf(list + used, size - used, "%s%s", n ? ", " : "", value);
        n++;
    }
    if (strlen(list) + 8 > size) strcpy(list + size - 4, "...");
    return n;
}

int plan_block_runs(const Design *d, int block, int *cells) {
    IdSet seen = {0};
    int n = 0;
    for (int i = 0; i < d->n_runs; i++)
        if (d->runs[i].block == block) {
            idset_add(&seen, d->runs[i].cell);
            n++;
        }
    *cells = seen.n;
    idset_free(&seen);
    return n;
}
