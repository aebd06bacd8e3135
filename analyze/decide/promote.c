// promote.c - see promote.h.
#include "promote.h"

#include "fit/minimum.h"
#include "fit/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCAN = 41 };

typedef struct {
    Fitted fit; // of both tables, the new one's compute times the saving
    Point *points;
    double *loss; // and its logarithms
    const Point *new_points;
    int n_old, n_new;
    double warm[LAW_MAX_PARAMETERS];
} Both;

static void scale_compute(Both *b, double log_saving) {
    for (int i = 0; i < b->n_new; i++) {
        Point *p = &b->points[b->n_old + i];
        *p = b->new_points[i];
        p->x[VAR_C] *= exp(log_saving);
        point_prepare(b->fit.law, p);
    }
}

// The least objective of both tables at this saving.
static double together(double log_saving, void *context) {
    Both *b = context;
    scale_compute(b, log_saving);
    const StartOptions options = {12, 1, 1, 1, (const double(*)[LAW_MAX_PARAMETERS])b->warm};
    Starts s;
    if (run_starts(&b->fit.problem, &options, &s) != OK) return UNDEFINED;
    memcpy(b->fit.parameters, s.optima[0].parameters, sizeof b->fit.parameters);
    double value = s.optima[0].value;
    starts_free(&s);
    return isfinite(value) ? value : UNDEFINED;
}

static void both_open(Both *b, const Runs *old_runs, const Runs *new_runs, const Point *old_points,
                      const Point *new_points) {
    int n = old_runs->n + new_runs->n;
    b->points = allocate(n, sizeof *b->points);
    b->loss = allocate(2 * (size_t)n, sizeof *b->loss);
    b->new_points = new_points;
    b->n_old = old_runs->n;
    b->n_new = new_runs->n;
    memcpy(b->points, old_points, (size_t)b->n_old * sizeof *b->points);
    for (int i = 0; i < n; i++) {
        bool is_old = i < b->n_old;
        b->loss[i] = is_old ? old_runs->loss[i] : new_runs->loss[i - b->n_old];
        b->loss[n + i] = log(b->loss[i]);
    }
    b->fit.problem.n = n;
    b->fit.problem.points = b->points;
    b->fit.problem.loss = b->loss;
    b->fit.problem.log_loss = b->loss + n;
}

static void both_close(Both *b) {
    free(b->points);
    free(b->loss);
}

typedef struct {
    const Law *law;
    const double *parameters;
    Point point;
    double log_loss;
} OneRun;

static double above_old(double log_saving, void *context) {
    OneRun *r = context;
    Point p = r->point;
    p.x[VAR_C] *= exp(log_saving);
    return log(law_loss(r->law, r->parameters, &p)) - r->log_loss;
}

// The factor on each new run's compute that puts it on the old curve.
static void each_alone(const Fitted *old_fit, const Runs *new_runs, const Point *points, double *each) {
    double reach = log(most_saving);
    for (int i = 0; i < new_runs->n; i++) {
        OneRun r = {old_fit->law, old_fit->parameters, points[i], new_runs->log_loss[i]};
        double x;
        each[i] = root(above_old, &r, -reach, reach, &x) ? exp(x) : above_old(reach, &r) > 0 ? INFINITY : 0;
    }
}

static void interval_of_saving(Both *b, double best, Promotion *out) {
    int n = b->fit.problem.n;
    double reach = log(most_saving), band[2];
    Metrics *m = &b->fit.metrics;
    b->fit.value = together(best, b);
    *m = metrics_of(&b->fit.problem, b->fit.parameters, out->coefficients);
    double squares = 0;
    for (int i = 0; i < n; i++) {
        double r = log(law_loss(b->fit.law, b->fit.parameters, &b->points[i])) - b->fit.problem.log_loss[i];
        squares += r * r;
    }
    out->rms = sqrt(squares / n);
    memcpy(b->warm, b->fit.parameters, sizeof b->warm);
    double rise = profile_limit(&b->fit) / profile_scale(&b->fit);
    band_around(together, b, best, b->fit.value + rise, -reach, reach, band);
    out->ci95 = (Interval){band[0] <= -reach * (1 - 1e-9) ? -INFINITY : exp(band[0]),
                           band[1] >= reach * (1 - 1e-9) ? INFINITY : exp(band[1])};
}

static Status find_saving(Both *b, const Fitted *old_fit, Promotion *out) {
    double reach = log(most_saving);
    memcpy(b->warm, old_fit->parameters, sizeof b->warm);
    Minimum best = find_minimum(together, b, -reach, reach, SCAN);
    if (best.end != INSIDE)
        return fail(BAD_INPUT, "the two tables do not lie on one curve of %s for any saving within a factor of %g",
                    old_fit->law->name, most_saving);
    out->saving = exp(best.x);
    interval_of_saving(b, best.x, out);
    return OK;
}

Status promote(const Law *law, const Runs *old_runs, const Runs *new_runs, const FitOptions *o, Promotion *out) {
    *out = (Promotion){.n_old = old_runs->n, .n_new = new_runs->n, .coefficients = 1};
    if (!law_uses(law, VAR_C))
        return fail(BAD_INPUT, "%s is no law of compute; expected one of C, such as frontier", law->name);
    Both b = {.fit = {.law = law}};
    Fitted old_fit;
    TRY(fitting_problem(law, o, &b.fit.problem));
    for (int i = 0; i < law_n_parameters(law); i++) out->coefficients += b.fit.problem.lo[i] < b.fit.problem.hi[i];
    if (old_runs->n + new_runs->n <= out->coefficients)
        return fail(BAD_INPUT, "%d runs cannot tell the %d coefficients of %s and the saving; at least %d are needed",
                    old_runs->n + new_runs->n, out->coefficients - 1, law->name, out->coefficients + 1);
    TRY(fitting_run(law, old_runs, o, NULL, 0, &old_fit));
    Point *old_points = runs_points(old_runs, law, true), *new_points = runs_points(new_runs, law, false);
    both_open(&b, old_runs, new_runs, old_points, new_points);
    Status s = find_saving(&b, &old_fit, out);
    if (s == OK) {
        out->each = allocate(new_runs->n, sizeof *out->each);
        each_alone(&old_fit, new_runs, new_points, out->each);
    }
    both_close(&b);
    free(old_points);
    free(new_points);
    fitted_free(&old_fit);
    return s;
}

void promotion_free(Promotion *p) {
    free(p->each);
    *p = (Promotion){0};
}
