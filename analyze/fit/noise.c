// noise.c - see noise.h.
#include "noise.h"

#include "minimum.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

enum { FOLDS = 5, FEWEST_ROWS = 20 };
// How much better a size that changes must predict, in nats, and the steepest that is looked for.
static const double least_gain = 2, steepest[] = {0, 2, 25};
static const int tails[] = {2, 3, 4, 6, 10};

static const char *const words[] = {"constant", "D", "loss"};

const char *noise_word(NoiseKind kind) {
    return words[kind];
}

// Residuals of log losses, whatever the objective's are.
static void log_residuals(const Problem *p, const double *parameters, double *r) {
    for (int i = 0; i < p->n; i++) r[i] = log(law_loss(p->law, parameters, &p->points[i])) - p->log_loss[i];
}

static double driver(NoiseKind kind, const Law *law, const double *parameters, const Point *at) {
    return kind == NOISE_BY_D ? log(at->x[VAR_D]) : kind == NOISE_BY_LOSS ? log(law_loss(law, parameters, at)) : 0;
}

// The scale of Student's t for a standard deviation that comes from the median, as here.
static double t_scale(int tail) {
    return gsl_cdf_ugaussian_Pinv(0.75) / gsl_cdf_tdist_Pinv(0.75, tail);
}

double noise_share(const Noise *noise, double z) {
    int dof = noise->dof;
    if (noise->tail) return gsl_cdf_tdist_P(z / t_scale(noise->tail), dof ? fmin(noise->tail, dof) : noise->tail);
    return dof ? gsl_cdf_tdist_P(z, dof) : gsl_cdf_ugaussian_P(z);
}

// The tails of `n` absolute residuals, zeros of the fit left out.
static int tail_of(const double *absolute, int n, double sigma) {
    double squares = 0, best = 0;
    int tail = 0;
    for (int i = 0; i < n; i++) squares += absolute[i] * absolute[i] / n;
    for (int i = 0; i < n; i++) best -= log(gsl_ran_gaussian_pdf(absolute[i], sqrt(squares)));
    best -= least_gain;
    for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
        double scale = sigma * t_scale(tails[k]), sum = 0;
        for (int i = 0; i < n; i++) sum -= log(gsl_ran_tdist_pdf(absolute[i] / scale, tails[k]) / scale);
        if (!(sum < best)) continue;
        best = sum;
        tail = tails[k];
    }
    return tail;
}

// 1.4826 times the median of |r|. An objective of absolute errors goes through as many rows as it has coefficients:
// those zeros say nothing of the noise and are left out. Least squares shrinks all a little instead.
static void settle(const Problem *p, double *absolute, int free_parameters, Noise *noise) {
    int n = p->n, dropped = p->objective.kind == L2 ? 0 : free_parameters;
    noise->sigma = NAN;
    if (n <= free_parameters) return;
    gsl_sort(absolute, 1, (size_t)n);
    const double *kept = absolute + dropped;
    int m = n - dropped;
    double median = m % 2 ? kept[m / 2] : 0.5 * (kept[m / 2 - 1] + kept[m / 2]);
    noise->sigma = 1.4826 * median * (dropped ? 1 : sqrt((double)n / (n - free_parameters)));
    if (m >= FEWEST_ROWS && noise->sigma > 0) noise->tail = tail_of(kept, m, noise->sigma);
}

typedef struct {
    const double *r, *x;
    const int *cluster;
    int n, held_out; // rows of this fold are left out; -1: none
} Sample;

// The Laplace scale at x = 0 for a slope, over the rows that are not held out; *rows gets their number.
static double scale_of(const Sample *s, double slope, double *rows, double *mean_x) {
    double sum = 0;
    *rows = *mean_x = 0;
    for (int i = 0; i < s->n; i++) {
        if (s->cluster[i] % FOLDS == s->held_out) continue;
        sum += fabs(s->r[i]) * exp(-slope * s->x[i]);
        *mean_x += s->x[i];
        ++*rows;
    }
    *mean_x /= *rows;
    return sum / *rows;
}

static double misfit(double slope, void *context) {
    double rows, mean_x, scale = scale_of(context, slope, &rows, &mean_x);
    return scale > 0 ? log(scale) + slope * mean_x : UNDEFINED;
}

static double best_slope(const Sample *s, NoiseKind kind) {
    if (kind == NOISE_CONSTANT) return 0;
    Minimum m = find_minimum(misfit, (void *)s, -steepest[kind], steepest[kind], 21);
    return m.end == NOWHERE ? 0 : m.x;
}

// Minus the log likelihood of all rows, each from the others' folds.
static double held_out(Sample s, NoiseKind kind) {
    double sum = 0, rows, mean_x;
    for (s.held_out = 0; s.held_out < FOLDS; s.held_out++) {
        double slope = best_slope(&s, kind), scale = scale_of(&s, slope, &rows, &mean_x);
        for (int i = 0; i < s.n; i++) {
            if (s.cluster[i] % FOLDS != s.held_out) continue;
            double here = scale * exp(slope * s.x[i]);
            sum += log(2 * here) + fabs(s.r[i]) / here;
        }
    }
    return isfinite(sum) ? sum : INFINITY;
}

Noise noise_constant(const Problem *p, const double *parameters, int free_parameters) {
    double *r = allocate(p->n, sizeof *r);
    log_residuals(p, parameters, r);
    for (int i = 0; i < p->n; i++) r[i] = fabs(r[i]);
    Noise noise = {.dof = p->n > free_parameters ? p->n - free_parameters : 0};
    settle(p, r, free_parameters, &noise);
    free(r);
    return noise;
}

// Fills x, centred, and returns the centre.
static double drivers(const Problem *p, const double *parameters, NoiseKind kind, double *x) {
    double mean = 0;
    for (int i = 0; i < p->n; i++) mean += (x[i] = driver(kind, p->law, parameters, &p->points[i])) / p->n;
    for (int i = 0; i < p->n; i++) x[i] -= mean;
    return mean;
}

Noise noise_of(const Problem *p, const double *parameters, int free_parameters, const int *cluster) {
    Noise best = noise_constant(p, parameters, free_parameters);
    if (p->n < FEWEST_ROWS || !(best.sigma > 0)) return best;
    double *r = allocate(3 * (size_t)p->n, sizeof *r), *x = r + p->n, *standard = x + p->n, least = 0;
    log_residuals(p, parameters, r);
    for (int kind = NOISE_CONSTANT; kind <= NOISE_BY_LOSS; kind++) {
        if (kind == NOISE_BY_D && !law_uses(p->law, VAR_D)) continue;
        Noise noise = {.kind = (NoiseKind)kind, .dof = best.dof};
        noise.centre = drivers(p, parameters, noise.kind, x);
        Sample s = {r, x, cluster, p->n, -1};
        double misses = held_out(s, noise.kind);
        if (kind != NOISE_CONSTANT && !(misses < least - (best.kind == NOISE_CONSTANT ? least_gain : 0))) continue;
        least = misses;
        noise.slope = best_slope(&s, noise.kind);
        for (int i = 0; i < p->n; i++) standard[i] = fabs(r[i]) * exp(-noise.slope * x[i]);
        settle(p, standard, free_parameters, &noise);
        best = noise;
    }
    free(r);
    return best;
}

double noise_at(const Noise *noise, const Law *law, const double *parameters, const Point *at) {
    if (noise->kind == NOISE_CONSTANT) return noise->sigma;
    return noise->sigma * exp(noise->slope * (driver(noise->kind, law, parameters, at) - noise->centre));
}
