// verdict.c - see verdict.h.
#include "verdict.h"

#include "ground/number.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const criterion_names[N_CRITERIA] = {"error", "bias", "coverage", "drift"};
const char *const standing_words[] = {"not asked", "holds", "FAILS", "cannot tell"};

enum { FEWEST_FOR_DRIFT = 4 };

double relative_error(const Prediction *p, double loss) {
    return 100 * (p->loss - loss) / loss;
}

bool outside_interval(const Prediction *p, double loss) {
    return loss < p->interval95[0] || loss > p->interval95[1];
}

typedef struct {
    const Prediction *predictions;
    const double *loss;
} Errors;

static int worst_first(const void *a, const void *b, void *context) {
    const Errors *e = context;
    int i = *(const int *)a, j = *(const int *)b;
    double x = fabs(relative_error(&e->predictions[i], e->loss[i])),
           y = fabs(relative_error(&e->predictions[j], e->loss[j]));
    return x > y ? -1 : x < y ? 1 : i - j;
}

static void measure(const Fit *fit, const Runs *runs, const Point *points, Verdict *v) {
    for (int i = 0; i < v->n; i++) {
        Prediction *p = &v->predictions[i];
        *p = predict(fit, &points[i]);
        double error = relative_error(p, runs->loss[i]);
        bool known = !isnan(p->interval95[0]);
        v->rmse += (p->loss - runs->loss[i]) * (p->loss - runs->loss[i]) / v->n;
        v->mape += fabs(error) / v->n;
        v->bias += error / v->n;
        v->with_interval += known;
        v->inside += known && !outside_interval(p, runs->loss[i]);
        v->order[i] = i;
    }
    v->rmse = sqrt(v->rmse);
    v->chance = v->with_interval ? gsl_cdf_binomial_P((unsigned)v->inside, 0.95, (unsigned)v->with_interval) : NAN;
    Errors errors = {v->predictions, runs->loss};
    qsort_r(v->order, (size_t)v->n, sizeof *v->order, worst_first, &errors);
}

// ---- drift

typedef struct {
    const Runs *runs;
    int column; // -1: the order of the table
} Time;

// By number where both are numbers, else as texts, as dates of ISO 8601 are.
static int earlier_first(const void *a, const void *b, void *context) {
    const Time *t = context;
    int i = *(const int *)a, j = *(const int *)b;
    if (t->column < 0) return i - j;
    const char *x = table_cell(t->runs->table, t->runs->row[i], t->column),
               *y = table_cell(t->runs->table, t->runs->row[j], t->column);
    double p, q;
    int order = parse_number(x, &p) && parse_number(y, &q) ? (p > q) - (p < q) : strcmp(x, y);
    return order ? order : i - j;
}

// Least squares of the error on the place in time, which goes from 0 to 1.
static void fit_drift(const Runs *runs, const int *when, Verdict *v) {
    double mean_t = 0.5, sxx = 0, sxy = 0, rest = 0;
    int n = v->n;
    for (int k = 0; k < n; k++) {
        double t = k / (n - 1.0) - mean_t, e = relative_error(&v->predictions[when[k]], runs->loss[when[k]]) - v->bias;
        sxx += t * t;
        sxy += t * e;
    }
    v->drift = sxy / sxx;
    for (int k = 0; k < n; k++) {
        double t = k / (n - 1.0) - mean_t, e = relative_error(&v->predictions[when[k]], runs->loss[when[k]]) - v->bias;
        rest += (e - v->drift * t) * (e - v->drift * t);
    }
    double half = gsl_cdf_tdist_Pinv(0.975, n - 2) * sqrt(rest / (n - 2) / sxx);
    v->drift95[0] = v->drift - half;
    v->drift95[1] = v->drift + half;
}

static Status measure_drift(const Runs *runs, const char *order, Verdict *v) {
    Time time = {runs, -1};
    v->drift = v->drift95[0] = v->drift95[1] = NAN;
    if (order && (time.column = table_column(runs->table, order)) < 0)
        return fail(BAD_INPUT, "%s:1: has no column '%s' to order runs by (--order)", runs->table->path, order);
    if (v->n < FEWEST_FOR_DRIFT) return OK;
    int *when = allocate((size_t)v->n, sizeof *when);
    for (int i = 0; i < v->n; i++) when[i] = i;
    qsort_r(when, (size_t)v->n, sizeof *when, earlier_first, &time);
    fit_drift(runs, when, v);
    free(when);
    return OK;
}

// ---- criteria

static Criterion *criterion(Verdict *v, CriterionKind kind, double value, double limit, bool fails) {
    Criterion *c = &v->criteria[kind];
    *c = (Criterion){.value = value, .limit = limit};
    c->standing = isnan(limit) ? NOT_ASKED : isnan(value) ? CANNOT_TELL : fails ? FAILS : HOLDS;
    return c;
}

static void say_coverage(const Verdict *v, Criterion *c) {
    if (!v->with_interval)
        snprintf(c->text, sizeof c->text, "no run has an interval");
    else if (c->standing == FAILS)
        snprintf(c->text, sizeof c->text,
                 "%d of %d runs within their 95 %% interval, %.1f %%, are below --min-coverage %g (chance %.2g)",
                 v->inside, v->with_interval, c->value, c->limit, v->chance);
    else
        snprintf(c->text, sizeof c->text, "%d of %d runs within their 95 %% interval, %.1f %% (chance %.2g)", v->inside,
                 v->with_interval, c->value, v->chance);
}

static void say_drift(const Verdict *v, Criterion *c) {
    if (isnan(v->drift))
        snprintf(c->text, sizeof c->text, "fewer than %d runs", FEWEST_FOR_DRIFT);
    else if (c->standing == FAILS)
        snprintf(c->text, sizeof c->text,
                 "from the first run to the last the error moves by %+.3f %% [%+.3f, %+.3f], beyond --max-drift %g",
                 v->drift, v->drift95[0], v->drift95[1], c->limit);
    else
        snprintf(c->text, sizeof c->text, "from the first run to the last the error moves by %+.3f %% [%+.3f, %+.3f]",
                 v->drift, v->drift95[0], v->drift95[1]);
}

// A drift that its own interval cannot tell from none is none.
static void hold_against(const Limits *l, Verdict *v) {
    double coverage = v->with_interval ? 100.0 * v->inside / v->with_interval : NAN;
    bool drifts = fabs(v->drift) > l->max_drift && (v->drift95[0] > 0 || v->drift95[1] < 0);
    Criterion *c = criterion(v, CRITERION_ERROR, v->mape, l->max_mape, v->mape > l->max_mape);
    snprintf(c->text, sizeof c->text, "MAPE %.3f %%", v->mape);
    if (c->standing == FAILS)
        snprintf(c->text, sizeof c->text, "MAPE %.3f %% is above --max-mape %g", v->mape, l->max_mape);
    c = criterion(v, CRITERION_BIAS, v->bias, l->max_bias, fabs(v->bias) > l->max_bias);
    snprintf(c->text, sizeof c->text, "bias %+.3f %%", v->bias);
    if (c->standing == FAILS)
        snprintf(c->text, sizeof c->text, "bias %+.3f %% is beyond --max-bias %g", v->bias, l->max_bias);
    say_coverage(v, criterion(v, CRITERION_COVERAGE, coverage, l->min_coverage, coverage < l->min_coverage));
    say_drift(v, criterion(v, CRITERION_DRIFT, v->drift, l->max_drift, drifts));
    v->holds = true;
    for (int i = 0; i < N_CRITERIA; i++) v->holds = v->holds && v->criteria[i].standing != FAILS;
}

Status judge(const Fit *fit, const Runs *runs, const Point *points, const Limits *limits, Verdict *v) {
    size_t n = (size_t)runs->n;
    *v = (Verdict){
        .n = runs->n, .predictions = allocate(n, sizeof *v->predictions), .order = allocate(n, sizeof *v->order)};
    measure(fit, runs, points, v);
    Status s = measure_drift(runs, limits->order, v);
    if (s == OK && !isnan(limits->min_coverage) && !v->with_interval)
        s = fail(BAD_INPUT, "--min-coverage: %s has no prediction intervals (published, or fitted without --bootstrap)",
                 fit->origin);
    if (s == OK)
        hold_against(limits, v);
    else
        verdict_free(v);
    return s;
}

void verdict_free(Verdict *v) {
    free(v->predictions);
    free(v->order);
    *v = (Verdict){0};
}
