// forecast.c - see forecast.h.
//
// What a curve through a given loss at the point costs: the point joins the runs as one of so great a weight that every
// fit goes through it, and the objective of the others is what is left.
#include "forecast.h"

#include "fit/minimum.h"
#include "fit/profile.h"
#include "ground/number.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARTS = 24 };

// A forecast is looked for up to this factor away; what lies beyond is open.
static const double furthest = 3;

typedef struct {
    Problem problem; // the point is run n
    const Problem *runs;
    double *numbers; // losses, their logarithms and weights of the problem [3 * (n + 1)]
    Point *points;
    double warm[2][LAW_MAX_PARAMETERS]; // the fit, and the last answer
} Through;

static void through_open(Through *t, const Problem *runs, const double *parameters, const Point *at) {
    size_t n = runs->n;
    t->problem = *runs;
    t->runs = runs;
    t->points = allocate(n + 1, sizeof *t->points);
    t->numbers = allocate(3 * (n + 1), sizeof *t->numbers);
    double *log_loss = t->numbers + n + 1, *weight = log_loss + n + 1, sum = 0;
    for (size_t i = 0; i < n; i++) {
        t->points[i] = runs->points[i];
        t->numbers[i] = runs->loss[i];
        log_loss[i] = runs->log_loss[i];
        weight[i] = runs->weight ? runs->weight[i] : 1;
        sum += weight[i];
    }
    t->points[n] = *at;
    point_prepare(runs->law, &t->points[n]);
    weight[n] = 1e6 * sum;
    t->problem.n++;
    t->problem.points = t->points;
    t->problem.loss = t->numbers;
    t->problem.log_loss = log_loss;
    t->problem.weight = weight;
    for (int i = 0; i < 2; i++) memcpy(t->warm[i], parameters, sizeof t->warm[i]);
}

static void through_close(Through *t) {
    free(t->points);
    free(t->numbers);
}

// The least objective of the runs among curves through this logarithm of the loss at the point.
static double through(double log_loss, void *context) {
    Through *t = context;
    int n = t->runs->n;
    t->numbers[n] = exp(log_loss);
    t->numbers[2 * n + 1] = log_loss;
    const StartOptions options = {STARTS, 1, 1, 2, (const double(*)[LAW_MAX_PARAMETERS])t->warm};
    Starts s;
    if (run_starts(&t->problem, &options, &s) != OK) return UNDEFINED;
    const double *best = s.optima[0].parameters;
    double value = objective_value(t->runs, best), loss = law_loss(t->runs->law, best, &t->points[n]);
    bool there = fabs(log(loss) - log_loss) < 1e-5;
    if (there) memcpy(t->warm[1], best, sizeof t->warm[1]);
    starts_free(&s);
    return there && isfinite(value) ? value : UNDEFINED;
}

static Interval losses_below(Through *t, double loss, double level) {
    double at = log(loss), reach = log(furthest), band[2];
    if (through(at, t) > level) return interval_unknown;
    band_around(through, t, at, level, at - reach, at + reach, band);
    return (Interval){band[0] <= at - reach * (1 - 1e-9) ? -INFINITY : exp(band[0]),
                      band[1] >= at + reach * (1 - 1e-9) ? INFINITY : exp(band[1])};
}

// What the objective of a run is on average where its logarithm of the loss scatters by sigma.
static double mean_rho(const Problem *p, double sigma) {
    const Objective *o = &p->objective;
    for (int i = 0; i < p->n && !o->log_residual; i++) sigma *= pow(p->loss[i], 1.0 / p->n); // that of the loss itself
    if (o->kind == L2) return sigma * sigma;
    if (o->kind == L1) return sigma * M_SQRT2 / sqrt(M_PI);
    double k = o->delta / sigma, density = gsl_ran_ugaussian_pdf(k), beyond = gsl_cdf_ugaussian_Q(k);
    return sigma * sigma / 2 * (1 - 2 * beyond - 2 * k * density) + 2 * o->delta * sigma * density -
           o->delta * o->delta * beyond;
}

static double total_weight(const Problem *p) {
    double sum = 0;
    for (int i = 0; i < p->n; i++) sum += p->weight ? p->weight[i] : 1;
    return sum;
}

static double rms_of(const Problem *p, const double *parameters) {
    double sum = 0;
    for (int i = 0; i < p->n; i++) {
        double r = log(law_loss(p->law, parameters, &p->points[i])) - p->log_loss[i];
        sum += r * r;
    }
    return sqrt(sum / p->n);
}

// The law fitted anew with its floor held.
static Status hold(const Fitted *f, const Point *at, double floor, Held *out) {
    Problem p = f->problem;
    const StartOptions options = {100, 1, 1, 1, (const double(*)[LAW_MAX_PARAMETERS])f->parameters};
    Starts s;
    int i = law_asymptote(f->law);
    if (i < 0) return fail(BAD_INPUT, "--floor: %s has no irreducible loss to hold", f->law->name);
    p.lo[i] = p.hi[i] = floor;
    TRY(run_starts(&p, &options, &s));
    const double *best = s.optima[0].parameters;
    *out = (Held){floor, law_loss(f->law, best, at), rms_of(&p, best)};
    starts_free(&s);
    return OK;
}

Status forecast(const FitReport *r, const Runs *runs, const Point *points, const Point *at, const ForecastOptions *o,
                Forecast *out) {
    Fitted f;
    if (!r->file) return fail(BAD_INPUT, "%s: was fitted to other runs; fit these first", r->fit.origin);
    TRY(fit_again(r, runs, points, &f));
    int floor = law_asymptote(f.law), left = f.problem.n - f.metrics.free_parameters;
    *out = (Forecast){.fitted = predict(&r->fit, at),
                      .floor = floor < 0 ? NAN : f.parameters[floor],
                      .rms = rms_of(&f.problem, f.parameters),
                      .profile95 = interval_unknown,
                      .within = interval_unknown,
                      .noise = o->noise};
    for (int i = 0; i < o->n_floors; i++) TRY(hold(&f, at, o->floors[i], &out->floors[out->n_floors++]));
    if (left < 1) return OK; // as many coefficients as runs: nothing is left to judge by
    if (isnan(o->noise)) out->noise = out->rms * sqrt((double)f.problem.n / left);
    Through t;
    through_open(&t, &f.problem, f.parameters, at);
    double rise = profile_limit(&f) / profile_scale(&f);
    // Where the noise is what the fit left, a curve may miss the runs by that much: more than the fit does, which took
    // its coefficients out of them.
    double level =
        isnan(o->noise) ? f.value * f.problem.n / left : total_weight(&f.problem) * mean_rho(&f.problem, o->noise);
    out->profile95 = losses_below(&t, out->fitted.loss, f.value + rise);
    out->within = losses_below(&t, out->fitted.loss, level);
    through_close(&t);
    return OK;
}

// ---- the leave-out curve -------------------------------------------------------------------------------------------

static Status sizes_of(const Runs *runs, const Point *points, const char *by, double *x) {
    Variable v = VAR_C;
    bool known = !strcmp(by, "N") || !strcmp(by, "D") || !strcmp(by, "C");
    if (!known || !variable_find(by, &v)) return fail(BAD_INPUT, "--leave-out %s: expected N, D or C", by);
    for (int i = 0; i < runs->n; i++) {
        const double *at = points[i].x;
        x[i] = at[v];
        if (v == VAR_C && isnan(x[i])) x[i] = 6 * (isnan(at[VAR_NA]) ? at[VAR_N] : at[VAR_NA]) * at[VAR_D];
        if (isnan(x[i])) return fail(BAD_INPUT, "--leave-out %s: %s is not known of all runs", by, by);
    }
    return OK;
}

// What a new fit of the same kind needs: bounds and held coefficients as they were.
static void same_options(const FitReport *r, FitOptions *o, char fixed[LAW_MAX_PARAMETERS][64]) {
    char number[NUMBER_TEXT];
    *o = r->options;
    o->starts = 100;
    o->bootstrap = 0;
    o->threads = 1;
    for (int i = 0; i < law_n_parameters(r->fit.law); i++) {
        if (!r->held[i]) continue;
        snprintf(fixed[i], 64, "%s=%s", law_parameter_name(r->fit.law, i), number_text(r->printed[i], number));
        o->fix.text[o->fix.n++] = fixed[i];
    }
}

typedef struct {
    const FitReport *report;
    const Runs *runs;
    const Point *points;
    const double *x;
    const FitOptions *options;
    LeaveOut *out;
} Leaving;

static void forecast_largest(const Leaving *l, double level) {
    int *only = allocate(l->runs->n, sizeof *only), n = 0;
    for (int i = 0; i < l->runs->n; i++)
        if (l->x[i] <= level * 1.01) only[n++] = i;
    Fitted f;
    if (fitting_run(l->report->fit.law, l->runs, l->options, only, n, &f) == OK) {
        LeftOut *at = &l->out->at[l->out->n++];
        *at = (LeftOut){.used = n, .largest = level, .beyond = l->out->target / level};
        for (int i = 0; i < l->runs->n; i++) {
            if (l->x[i] < l->out->target / 1.01) continue;
            double error = 100 * (log(law_loss(f.law, f.parameters, &l->points[i])) - l->runs->log_loss[i]);
            at->bias += error / l->out->held;
            at->rms += error * error / l->out->held;
        }
        at->rms = sqrt(at->rms);
        fitted_free(&f);
    }
    free(only);
}

Status leave_out(const FitReport *r, const Runs *runs, const Point *points, const char *by, LeaveOut *out) {
    char fixed[LAW_MAX_PARAMETERS][64];
    FitOptions options;
    double *x = allocate(runs->n, sizeof *x), *sorted = allocate(runs->n, sizeof *sorted);
    const Leaving leaving = {r, runs, points, x, &options, out};
    *out = (LeaveOut){0};
    same_options(r, &options, fixed);
    Status s = sizes_of(runs, points, by, x);
    if (s == OK) {
        memcpy(sorted, x, (size_t)runs->n * sizeof *x);
        gsl_sort(sorted, 1, (size_t)runs->n);
        out->target = sorted[runs->n - 1];
        for (int i = 0; i < runs->n; i++) out->held += x[i] >= out->target / 1.01;
        for (int i = 0; i + 1 < runs->n && sorted[i] < out->target / 1.01 && out->n < MOST_LEFT_OUT; i++)
            if (sorted[i + 1] > sorted[i] * 1.01) forecast_largest(&leaving, sorted[i]);
        if (!out->n)
            s = fail(BAD_INPUT, "--leave-out %s: no part of the runs below the largest can tell the coefficients of %s",
                     by, r->fit.law->name);
    }
    free(sorted);
    free(x);
    return s;
}
