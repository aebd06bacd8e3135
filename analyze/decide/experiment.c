// experiment.c - see experiment.h.
#include "experiment.h"

#include "ground/status.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A coefficient is known to within a factor of about e^10 before any run: keeps the matrix regular, says nothing.
static const double prior_deviation = 10;

// d log L / d parameter in units of `scale`, over sigma; false where the law gives no loss.
static bool direction(const Experiment *e, const double *scale, const Point *p, double *g) {
    double loss = law_gradient(e->law, e->parameters, p, g);
    if (!(loss > 0) || !isfinite(loss)) return false;
    for (int i = 0; i < law_n_parameters(e->law); i++) {
        g[i] *= scale[i] / (loss * e->sigma);
        if (!isfinite(g[i])) return false;
    }
    return true;
}

// Size of each parameter; of one that is 0, what changes the loss of the runs done by a hundredth.
static void scales(const Experiment *e, double *scale) {
    double g[LAW_MAX_PARAMETERS], squares[LAW_MAX_PARAMETERS] = {0};
    int n = law_n_parameters(e->law), used = 0;
    for (int r = 0; r < e->n_have; r++) {
        double loss = law_gradient(e->law, e->parameters, &e->have[r], g);
        if (!(loss > 0)) continue;
        used++;
        for (int i = 0; i < n; i++) squares[i] += g[i] * g[i] / (loss * loss);
    }
    for (int i = 0; i < n; i++) {
        scale[i] = fabs(e->parameters[i]);
        if (scale[i] == 0 && squares[i] > 0) scale[i] = 0.01 / sqrt(squares[i] / used);
    }
}

// Covariance of the scaled parameters from the runs done.
static void covariance_of(const Experiment *e, const double *scale, gsl_matrix *V) {
    size_t n = V->size1;
    double g[LAW_MAX_PARAMETERS];
    gsl_matrix_set_identity(V);
    gsl_matrix_scale(V, 1 / (prior_deviation * prior_deviation));
    for (int r = 0; r < e->n_have; r++) {
        if (!direction(e, scale, &e->have[r], g)) continue;
        gsl_vector_view v = gsl_vector_view_array(g, n);
        gsl_blas_dsyr(CblasLower, 1, &v.vector, V);
    }
    gsl_linalg_cholesky_decomp1(V);
    gsl_linalg_cholesky_invert(V);
}

typedef struct {
    int p;
    gsl_matrix *V;                // covariance so far
    double c[LAW_MAX_PARAMETERS]; // gradient of the quantity over log parameters
    double Vc[LAW_MAX_PARAMETERS];
    double *directions; // [n_candidates * p]; NAN in the first place where there is none, or none any more
} Greedy;

static double variance(Greedy *g) {
    gsl_vector_view c = gsl_vector_view_array(g->c, (size_t)g->p), Vc = gsl_vector_view_array(g->Vc, (size_t)g->p);
    double v;
    gsl_blas_dsymv(CblasLower, 1, g->V, &c.vector, 0, &Vc.vector);
    gsl_blas_ddot(&c.vector, &Vc.vector, &v);
    return v;
}

// V g, and g' V g.
static double spread(const Greedy *g, double *direction_g, double *Vg) {
    gsl_vector_view d = gsl_vector_view_array(direction_g, (size_t)g->p), out = gsl_vector_view_array(Vg, (size_t)g->p);
    double s;
    gsl_blas_dsymv(CblasLower, 1, g->V, &d.vector, 0, &out.vector);
    gsl_blas_ddot(&d.vector, &out.vector, &s);
    return s;
}

// Sherman-Morrison: V -= (V g)(V g)' / (1 + g' V g).
static void add_run(Greedy *g, int candidate) {
    double Vg[LAW_MAX_PARAMETERS], s = spread(g, g->directions + (long)candidate * g->p, Vg);
    gsl_vector_view v = gsl_vector_view_array(Vg, (size_t)g->p);
    gsl_blas_dsyr(CblasLower, -1 / (1 + s), &v.vector, g->V);
    g->directions[(long)candidate * g->p] = NAN;
}

static int best_candidate(const Experiment *e, Greedy *g, double left, double now, bool per_flop) {
    int best = -1;
    double most = 0, Vg[LAW_MAX_PARAMETERS];
    for (int k = 0; k < e->n_candidates; k++) {
        double *d = g->directions + (long)k * g->p, along = 0;
        if (isnan(d[0]) || e->cost[k] > left) continue;
        double s = spread(g, d, Vg);
        for (int i = 0; i < g->p; i++) along += g->Vc[i] * d[i];
        double gain = -log1p(-fmin(along * along / (1 + s) / now, 1 - 1e-12)) / (per_flop ? e->cost[k] : 1);
        if (gain > most) {
            most = gain;
            best = k;
        }
    }
    return best;
}

static Greedy greedy_open(const Experiment *e) {
    Greedy g = {.p = law_n_parameters(e->law)};
    g.V = gsl_matrix_alloc((size_t)g.p, (size_t)g.p);
    g.directions = allocate((size_t)e->n_candidates * (size_t)g.p + 1, sizeof *g.directions);
    double scale[LAW_MAX_PARAMETERS];
    scales(e, scale);
    covariance_of(e, scale, g.V);
    for (int i = 0; i < g.p; i++) g.c[i] = e->gradient[i] * scale[i];
    for (int k = 0; k < e->n_candidates; k++)
        if (!direction(e, scale, &e->candidates[k], g.directions + (long)k * g.p)) g.directions[(long)k * g.p] = NAN;
    return g;
}

static void greedy_close(Greedy *g) {
    gsl_matrix_free(g->V);
    free(g->directions);
}

static RunPlan greedy(const Experiment *e, bool per_flop) {
    Greedy g = greedy_open(e);
    RunPlan plan = {0};
    double now = variance(&g);
    plan.before = sqrt(now);
    while (plan.n < e->most && plan.n < MOST_RUNS) {
        int k = best_candidate(e, &g, e->budget - plan.cost, now, per_flop);
        if (k < 0) break;
        add_run(&g, k);
        now = variance(&g);
        plan.run[plan.n] = k;
        plan.after[plan.n++] = sqrt(now);
        plan.cost += e->cost[k];
    }
    greedy_close(&g);
    return plan;
}

RunPlan experiment_plan(const Experiment *e) {
    RunPlan cheap = greedy(e, true), dear = greedy(e, false);
    if (!cheap.n || !dear.n) return cheap.n ? cheap : dear;
    return cheap.after[cheap.n - 1] <= dear.after[dear.n - 1] ? cheap : dear;
}

double experiment_deviation(const Experiment *e, const int *runs, int n) {
    Greedy g = greedy_open(e);
    for (int i = 0; i < n; i++) add_run(&g, runs[i]);
    double v = variance(&g);
    greedy_close(&g);
    return sqrt(v);
}
