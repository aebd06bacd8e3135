// contrast.c - see contrast.h.
#include "contrast.h"

#include "ground/random.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 1000, N_SLOPES = 4 };

static bool near(double a, double b, double logs) {
    return a > 0 && b > 0 && fabs(log(a / b)) < logs;
}

static bool varies_G(const PlannedRow *r) {
    return r->S < 0.01 && (!strcmp(r->block, "hook-G") || !strcmp(r->block, "seeds") || !strcmp(r->block, "longer"));
}

static bool is_reference(const PlannedRow *r, Factor factor) {
    if (factor == CONTRAST_G) return varies_G(r) && near(r->G, 4, 0.1);
    if (factor == CONTRAST_S) return r->S < 0.01;
    return strcmp(r->block, "shape") != 0 && r->S < 0.01;
}

// Of the level whose difference from the reference is asked for.
static bool is_other(const PlannedRow *r, Factor factor) {
    if (factor == CONTRAST_G) return varies_G(r) && !near(r->G, 4, 0.1);
    if (factor == CONTRAST_S) return r->S > 0.01 && (!strcmp(r->block, "hook-S") || !strcmp(r->block, "seeds"));
    return !strcmp(r->block, "shape");
}

// Alike but for the factor. Whole experts make N and Na miss their wishes by a little, and the router grows with G.
static bool alike(const PlannedRow *a, const PlannedRow *b, Factor factor) {
    bool backbone = a->d_model == b->d_model && a->n_layers == b->n_layers;
    return a->seed == b->seed && a->data_seed == b->data_seed && near(a->D, b->D, 0.02) && near(a->N, b->N, 0.12) &&
           near(a->Na, b->Na, 0.35) && (factor == CONTRAST_BACKBONE) != backbone &&
           (factor == CONTRAST_G || near(a->G, b->G, 0.35)) && (factor == CONTRAST_S || fabs(a->S - b->S) < 0.01);
}

static double distance(const PlannedRow *a, const PlannedRow *b) {
    return fabs(log(a->N / b->N)) + fabs(log(a->Na / b->Na)) + fabs(log(a->G / b->G));
}

static const PlannedRow *partner(const Planned *p, const PlannedRow *r, Factor factor) {
    const PlannedRow *best = NULL;
    for (int i = 0; i < p->n; i++) {
        const PlannedRow *other = &p->rows[i];
        if (other == r || !is_reference(other, factor) || !alike(r, other, factor)) continue;
        if (!best || distance(r, other) < distance(r, best)) best = other;
    }
    return best;
}

// S that whole experts give is near the wish, not at it: levels are the wishes.
static double level_of(const PlannedRow *r, Factor factor) {
    return factor == CONTRAST_G ? round(r->G) : factor == CONTRAST_S ? round(r->S * 8) / 8 : r->n_layers;
}

static int place_of(Contrast *c, double level, int d_model) {
    int at = 0;
    while (at < c->n && (c->at[at].level < level || (c->at[at].level == level && c->at[at].d_model < d_model))) at++;
    if (at < c->n && c->at[at].level == level && c->at[at].d_model == d_model) return at;
    if (c->n == MOST_LEVELS) return -1;
    memmove(&c->at[at + 1], &c->at[at], (size_t)(c->n++ - at) * sizeof *c->at);
    c->at[at].level = level, c->at[at].d_model = d_model, c->at[at].pairs = 0, c->at[at].mean = 0;
    c->at[at].ci95 = interval_unknown, c->at[at].least_G = INFINITY, c->at[at].most_G = 0;
    return at;
}

// The difference of each stable phase from its partners, over their D; NAN where it has none.
static void differences(const Planned *p, Factor factor, double *mean, const PlannedRow **example) {
    for (int trunk = 0; trunk < p->n_trunks; trunk++) {
        double sum = 0;
        int n = 0;
        for (int i = 0; i < p->n; i++) {
            const PlannedRow *r = &p->rows[i], *other;
            if (r->trunk != trunk || !is_other(r, factor) || !(other = partner(p, r, factor))) continue;
            sum += r->loss - other->loss;
            n++;
            example[trunk] = r;
        }
        mean[trunk] = n ? sum / n : NAN;
    }
}

Contrast contrast(const Planned *p, Factor factor) {
    Contrast c = {0};
    double *mean = allocate(p->n_trunks, sizeof *mean), squares[MOST_LEVELS] = {0};
    const PlannedRow **example = allocate(p->n_trunks, sizeof *example);
    differences(p, factor, mean, example);
    for (int turn = 0; turn < 3; turn++)
        for (int trunk = 0; trunk < p->n_trunks; trunk++) {
            if (isnan(mean[trunk])) continue;
            const PlannedRow *r = example[trunk];
            int at = place_of(&c, level_of(r, factor), factor == CONTRAST_BACKBONE ? r->d_model : 0);
            if (at < 0 || turn == 0) continue; // first all levels get their places
            if (turn == 1) {
                c.at[at].mean += (mean[trunk] - c.at[at].mean) / ++c.at[at].pairs;
                c.at[at].least_G = fmin(c.at[at].least_G, r->G);
                c.at[at].most_G = fmax(c.at[at].most_G, r->G);
            } else
                squares[at] += (mean[trunk] - c.at[at].mean) * (mean[trunk] - c.at[at].mean);
        }
    for (int i = 0; i < c.n; i++) {
        int dof = c.at[i].pairs - 1;
        if (dof < 1) continue;
        double half = gsl_cdf_tdist_Pinv(0.975, dof) * sqrt(squares[i] / dof / (dof + 1));
        c.at[i].ci95 = (Interval){c.at[i].mean - half, c.at[i].mean + half};
    }
    free(mean);
    free(example);
    return c;
}

// ---- whether the best G moves
// ----------------------------------------------------------------------------------------

typedef struct {
    int n, n_groups;
    double *x;  // [n][N_SLOPES]: ln G times 1, ln N, ln D; ln G squared; N and D about their middle
    double *y;  // [n]
    int *group; // [n]
    int *trunk; // [n] numbered from 0 among these
    int n_trunks;
} Regression;

// Least squares within groups with weights [n]; false where the weights leave too little.
static bool within_groups(const Regression *g, const double *weight, double b[N_SLOPES]) {
    double *sum = allocate((size_t)g->n_groups * (N_SLOPES + 2), sizeof *sum);
    gsl_matrix *normal = gsl_matrix_calloc(N_SLOPES, N_SLOPES);
    gsl_vector *right = gsl_vector_calloc(N_SLOPES), *solution = gsl_vector_calloc(N_SLOPES);
    for (int i = 0; i < g->n; i++) {
        double *of = sum + (size_t)g->group[i] * (N_SLOPES + 2);
        for (int k = 0; k < N_SLOPES; k++) of[k] += weight[i] * g->x[i * N_SLOPES + k];
        of[N_SLOPES] += weight[i] * g->y[i];
        of[N_SLOPES + 1] += weight[i];
    }
    for (int i = 0; i < g->n; i++) {
        const double *of = sum + (size_t)g->group[i] * (N_SLOPES + 2);
        double total = of[N_SLOPES + 1], z[N_SLOPES];
        if (weight[i] == 0) continue;
        for (int k = 0; k < N_SLOPES; k++) z[k] = g->x[i * N_SLOPES + k] - of[k] / total;
        for (int k = 0; k < N_SLOPES; k++) {
            *gsl_vector_ptr(right, (size_t)k) += weight[i] * z[k] * (g->y[i] - of[N_SLOPES] / total);
            for (int j = 0; j < N_SLOPES; j++) *gsl_matrix_ptr(normal, (size_t)k, (size_t)j) += weight[i] * z[k] * z[j];
        }
    }
    bool good = gsl_linalg_cholesky_decomp1(normal) == GSL_SUCCESS;
    if (good) good = gsl_linalg_cholesky_solve(normal, right, solution) == GSL_SUCCESS;
    for (int k = 0; k < N_SLOPES && good; k++) b[k] = gsl_vector_get(solution, (size_t)k);
    gsl_matrix_free(normal);
    gsl_vector_free(right);
    gsl_vector_free(solution);
    free(sum);
    return good;
}

static Regression gather(const Planned *p) {
    Regression g = {.x = allocate((size_t)p->n * N_SLOPES, sizeof *g.x),
                    .y = allocate(p->n, sizeof *g.y),
                    .group = allocate(p->n, sizeof *g.group),
                    .trunk = allocate(p->n, sizeof *g.trunk)};
    const PlannedRow **rows = allocate(p->n, sizeof *rows);
    double N = 0, D = 0;
    int *number = allocate(p->n_trunks, sizeof *number); // from 1; 0: none yet
    for (int i = 0; i < p->n; i++)
        if (varies_G(&p->rows[i]) && !*p->rows[i].marked) rows[g.n++] = &p->rows[i];
    for (int i = 0; i < g.n; i++) N += log(rows[i]->N) / g.n, D += log(rows[i]->D) / g.n;
    for (int i = 0; i < g.n; i++) {
        const PlannedRow *r = rows[i];
        double x = log(r->G), *of = g.x + (size_t)i * N_SLOPES;
        of[0] = x, of[1] = x * (log(r->N) - N), of[2] = x * (log(r->D) - D), of[3] = x * x;
        if (!number[r->trunk]) number[r->trunk] = ++g.n_trunks;
        g.y[i] = r->loss, g.trunk[i] = number[r->trunk] - 1;
        int k = 0;
        while (k < i &&
               !(rows[k]->d_model == r->d_model && near(rows[k]->N, r->N, 0.12) && near(rows[k]->D, r->D, 0.02)))
            k++;
        g.group[i] = k < i ? g.group[k] : g.n_groups++;
    }
    free(number);
    free(rows);
    return g;
}

Moving moving_minimum(const Planned *p) {
    Moving m = {.G = NAN,
                .by_N = NAN,
                .by_D = NAN,
                .G95 = interval_unknown,
                .by_N95 = interval_unknown,
                .by_D95 = interval_unknown,
                .without = NAN};
    Regression g = gather(p);
    m.runs = g.n, m.groups = g.n_groups, m.trunks = g.n_trunks;
    double *weight = allocate(g.n, sizeof *weight), *drawn = allocate(g.n_trunks, sizeof *drawn);
    double *at = allocate(3 * DRAWS, sizeof *at), b[N_SLOPES];
    int none = 0;
    for (int draw = -1; draw < DRAWS && g.n > 2 * N_SLOPES + g.n_groups; draw++) {
        Random r = random_stream(0x90e5, (uint64_t)(draw + 1));
        for (int i = 0; i < g.n_trunks; i++) drawn[i] = draw < 0;
        for (int i = 0; i < g.n_trunks && draw >= 0; i++) drawn[random_below(&r, (uint32_t)g.n_trunks)]++;
        for (int i = 0; i < g.n; i++) weight[i] = drawn[g.trunk[i]];
        bool minimum = within_groups(&g, weight, b) && b[3] > 0;
        double *to = at + (draw < 0 ? 0 : draw);
        double G = minimum ? exp(-b[0] / (2 * b[3])) : NAN, N = minimum ? -b[1] / (2 * b[3]) : NAN,
               D = minimum ? -b[2] / (2 * b[3]) : NAN;
        if (draw < 0)
            m.G = G, m.by_N = N, m.by_D = D;
        else
            to[0] = G, to[DRAWS] = N, to[2 * DRAWS] = D, none += !minimum;
    }
    if (!isnan(m.G)) {
        m.G95 = interval_of(at, DRAWS);
        m.by_N95 = interval_of(at + DRAWS, DRAWS);
        m.by_D95 = interval_of(at + 2 * DRAWS, DRAWS);
        m.without = (double)none / DRAWS;
    }
    free(weight);
    free(drawn);
    free(at);
    free(g.x);
    free(g.y);
    free(g.group);
    free(g.trunk);
    return m;
}
