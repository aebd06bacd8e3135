// latency.c - see latency.h.
#include "latency.h"

#include "ground/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AXIS = 64 };

// One (phase, gpus): seconds over active x tokens.
typedef struct {
    bool prefill;
    double gpus;
    int n_active, n_tokens;
    double active[AXIS], tokens[AXIS]; // logarithms, rising
    double seconds[AXIS][AXIS];        // logarithms, NAN until filled
} Grid;

struct Latencies {
    int n;
    Grid *grids;
};

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool add_level(double *axis, int *n, double x) {
    for (int i = 0; i < *n; i++)
        if (axis[i] == x) return true;
    if (*n == AXIS) return false;
    axis[(*n)++] = x;
    qsort(axis, (size_t)*n, sizeof *axis, by_size);
    return true;
}

static int level(const double *axis, int n, double x) {
    for (int i = 0; i < n; i++)
        if (axis[i] == x) return i;
    return -1;
}

static Grid *grid_for(Latencies *t, bool prefill, double gpus) {
    for (int i = 0; i < t->n; i++)
        if (t->grids[i].prefill == prefill && t->grids[i].gpus == gpus) return &t->grids[i];
    t->grids = reallocate(t->grids, t->n + 1, sizeof *t->grids);
    t->grids[t->n] = (Grid){.prefill = prefill, .gpus = gpus};
    return &t->grids[t->n++];
}

typedef struct {
    bool prefill;
    double gpus, active, tokens, seconds;
} Measured;

static Status read_row(const Table *t, int row, const int column[5], Measured *m) {
    const char *phase = table_cell(t, row, column[0]);
    m->prefill = !strcmp(phase, "prefill");
    if (!m->prefill && strcmp(phase, "decode"))
        return fail(BAD_INPUT, "%s:%d: phase: '%s', expected prefill or decode", t->path, t->lines[row], phase);
    double *to[] = {&m->gpus, &m->active, &m->tokens, &m->seconds};
    for (int i = 0; i < 4; i++) {
        TRY(table_number(t, row, column[i + 1], to[i]));
        if (!(*to[i] > 0))
            return fail(BAD_INPUT, "%s:%d: %s: expected a positive number", t->path, t->lines[row],
                        t->columns[column[i + 1]]);
    }
    return OK;
}

static Status fill(Latencies *l, const Table *t, const int column[5], bool values) {
    for (int row = 0; row < t->n_rows; row++) {
        Measured m;
        TRY(read_row(t, row, column, &m));
        Grid *g = grid_for(l, m.prefill, m.gpus);
        if (values) {
            int i = level(g->active, g->n_active, log(m.active)), j = level(g->tokens, g->n_tokens, log(m.tokens));
            g->seconds[i][j] = log(m.seconds);
        } else if (!add_level(g->active, &g->n_active, log(m.active)) ||
                   !add_level(g->tokens, &g->n_tokens, log(m.tokens)))
            return fail(BAD_INPUT, "%s:%d: more than %d different sizes", t->path, t->lines[row], AXIS);
    }
    return OK;
}

static Status complete(const Latencies *l, const char *path) {
    for (int i = 0; i < l->n; i++) {
        const Grid *g = &l->grids[i];
        const char *phase = g->prefill ? "prefill" : "decode";
        if (g->n_active < 2 || g->n_tokens < 2)
            return fail(BAD_INPUT, "%s: %s on %g GPUs: needs at least two values of active and of tokens", path, phase,
                        g->gpus);
        for (int a = 0; a < g->n_active; a++)
            for (int k = 0; k < g->n_tokens; k++)
                if (isnan(g->seconds[a][k]))
                    return fail(BAD_INPUT,
                                "%s: %s on %g GPUs: no row with active=%.4g and tokens=%.4g; the grid must be full",
                                path, phase, g->gpus, exp(g->active[a]), exp(g->tokens[k]));
    }
    return OK;
}

static Status build(Latencies *l, const Table *t) {
    static const char *const names[] = {"phase", "gpus", "active", "tokens", "seconds"};
    int column[5];
    for (int i = 0; i < 5; i++)
        if ((column[i] = table_column(t, names[i])) < 0)
            return fail(BAD_INPUT, "%s: has no column '%s' (expected phase,gpus,active,tokens,seconds)", t->path,
                        names[i]);
    TRY(fill(l, t, column, false));
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < AXIS * AXIS; k++) l->grids[i].seconds[k / AXIS][k % AXIS] = NAN;
    TRY(fill(l, t, column, true));
    return complete(l, t->path);
}

Status latencies_read(const char *path, Latencies **latencies) {
    Table t;
    TRY(table_read(path, &t));
    *latencies = allocate(1, sizeof **latencies);
    Status s = build(*latencies, &t);
    table_free(&t);
    if (s != OK) latencies_free(*latencies);
    return s;
}

void latencies_free(Latencies *t) {
    if (!t) return;
    free(t->grids);
    free(t);
}

// The cell that holds x (the outermost one beyond the edges) and where in it.
static int cell(const double *axis, int n, double x, double *part) {
    int i = 0;
    while (i < n - 2 && x > axis[i + 1]) i++;
    *part = (x - axis[i]) / (axis[i + 1] - axis[i]);
    return i;
}

double latency_at(const Latencies *t, bool prefill, double gpus, double active, double tokens) {
    for (int i = 0; i < t->n; i++) {
        const Grid *g = &t->grids[i];
        if (g->prefill != prefill || g->gpus != gpus) continue;
        double u, v;
        int a = cell(g->active, g->n_active, log(active), &u), k = cell(g->tokens, g->n_tokens, log(tokens), &v);
        double low = (1 - v) * g->seconds[a][k] + v * g->seconds[a][k + 1];
        double high = (1 - v) * g->seconds[a + 1][k] + v * g->seconds[a + 1][k + 1];
        return exp((1 - u) * low + u * high);
    }
    return NAN;
}
