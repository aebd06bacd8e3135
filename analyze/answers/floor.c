// floor.c - see floor.h.
#include "floor.h"

#include "ground/random.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>

enum { DRAWS = 1000 };

// Squares about the mean of each cell at one D, and how many are free, both summed into where the D stands.
typedef struct {
    double squares[MOST_D];
    int dof[MOST_D], groups[MOST_D];
} Sums;

static void add(Sums *a, const Sums *b) {
    for (int i = 0; i < MOST_D; i++)
        a->squares[i] += b->squares[i], a->dof[i] += b->dof[i], a->groups[i] += b->groups[i];
}

static int place_of(const Floor *f, double D) {
    for (int i = 0; i < f->n; i++)
        if (fabs(f->at[i].D - D) < 0.02 * D) return i;
    return -1;
}

static void list_D(const Planned *p, Floor *f) {
    for (int i = 0; i < p->n; i++) {
        double D = p->rows[i].D;
        if (place_of(f, D) >= 0 || f->n == MOST_D) continue;
        int at = f->n++;
        for (; at > 0 && f->at[at - 1].D > D; at--) f->at[at] = f->at[at - 1];
        f->at[at].D = D;
    }
}

// The seed that stays where only `kind` differs.
static double held_seed(const PlannedRow *r, SeedKind kind) {
    return kind == INITIALISATION ? r->data_seed : r->seed;
}

// Whether a row of the cell is of the group in which only `kind` differs; `held` is the value of the other seed.
static bool differs_in(const PlannedRow *r, SeedKind kind, double held) {
    return kind == SEEDS ? r->seed == r->data_seed : held_seed(r, kind) == held;
}

// What one group adds at each D.
static Sums sums_of(const Planned *p, const Floor *f, int cell, SeedKind kind, double held) {
    double n[MOST_D] = {0}, sum[MOST_D] = {0};
    Sums s = {0};
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < p->n; i++) {
            const PlannedRow *r = &p->rows[i];
            int at = r->cell == cell && differs_in(r, kind, held) ? place_of(f, r->D) : -1;
            if (at < 0) continue;
            if (turn == 0)
                n[at]++, sum[at] += r->loss;
            else if (n[at] > 1)
                s.squares[at] += (r->loss - sum[at] / n[at]) * (r->loss - sum[at] / n[at]);
        }
    for (int at = 0; at < f->n; at++)
        if (n[at] > 1) s.dof[at] = (int)n[at] - 1, s.groups[at] = 1;
    return s;
}

// The line through ln sd; NANs with fewer than two D. The variance of ln sd is 1 / (2 dof).
static void line(const Floor *f, const Sums *s, double *at_1M, double *slope) {
    double x[MOST_D], y[MOST_D], w[MOST_D], cov[3], chi;
    size_t n = 0;
    for (int i = 0; i < f->n; i++) {
        if (!s->dof[i] || s->squares[i] <= 0) continue;
        x[n] = log(f->at[i].D / 1e6), y[n] = 0.5 * log(s->squares[i] / s->dof[i]), w[n++] = 2.0 * s->dof[i];
    }
    *slope = n ? 0 : NAN, *at_1M = n ? y[0] : NAN;
    if (n > 1) gsl_fit_wlinear(x, 1, w, 1, y, 1, n, at_1M, slope, &cov[0], &cov[1], &cov[2], &chi);
}

// All groups of a cell: one for both seeds, else one for each value of the seed that is held.
static Sums sums_of_cell(const Planned *p, const Floor *f, int cell, SeedKind kind) {
    Sums s = {0};
    if (kind == SEEDS) return sums_of(p, f, cell, kind, 0);
    for (int i = 0; i < p->n; i++) {
        const PlannedRow *r = &p->rows[i];
        double held = held_seed(r, kind);
        bool first = r->cell == cell;
        for (int k = 0; k < i && first; k++) first = p->rows[k].cell != cell || held_seed(&p->rows[k], kind) != held;
        if (!first) continue;
        Sums one = sums_of(p, f, cell, kind, held);
        add(&s, &one);
    }
    return s;
}

Floor noise_floor(const Planned *p, SeedKind kind) {
    Floor f = {.at_1M = NAN, .slope = NAN, .slope95 = interval_unknown};
    list_D(p, &f);
    Sums *cells = allocate(p->n_cells, sizeof *cells), all = {0};
    for (int cell = 0; cell < p->n_cells; cell++) {
        Sums s = sums_of_cell(p, &f, cell, kind);
        int dof = 0;
        for (int i = 0; i < f.n; i++) dof += s.dof[i];
        if (!dof) continue;
        cells[f.cells++] = s;
        add(&all, &s);
    }
    for (int i = 0; i < f.n; i++) {
        int dof = f.at[i].dof = all.dof[i];
        f.at[i].groups = all.groups[i];
        f.at[i].sd = dof ? sqrt(all.squares[i] / dof) : NAN;
        f.at[i].ci95 = dof ? (Interval){sqrt(all.squares[i] / gsl_cdf_chisq_Pinv(0.975, dof)),
                                        sqrt(all.squares[i] / gsl_cdf_chisq_Pinv(0.025, dof))}
                           : interval_unknown;
    }
    line(&f, &all, &f.at_1M, &f.slope);
    double *slopes = allocate(DRAWS, sizeof *slopes);
    for (int draw = 0; draw < DRAWS && f.cells; draw++) {
        Random r = random_stream(0xf100, (uint64_t)draw);
        Sums s = {0};
        double at;
        for (int i = 0; i < f.cells; i++) add(&s, &cells[random_below(&r, (uint32_t)f.cells)]);
        line(&f, &s, &at, &slopes[draw]);
    }
    if (f.cells > 2) f.slope95 = interval_of(slopes, DRAWS);
    free(slopes);
    free(cells);
    return f;
}

double floor_at(const Floor *f, double D) {
    return exp(f->at_1M + f->slope * log(D / 1e6));
}
