// profile.c - see profile.h.
#include "profile.h"

#include "solver/seek.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double profile_scale(const Fitted *f) {
    const Problem *p = &f->problem;
    double *r = allocate(p->n, sizeof *r), inside = 0, squares = 0;
    residuals(p, f->parameters, r);
    // The slope of psi jumps at delta; it is averaged over a window as wide as the data allow (Silverman's rule).
    double sigma = p->objective.log_residual ? f->metrics.noise.sigma : f->metrics.rmse;
    double delta = p->objective.kind == HUBER ? p->objective.delta : p->objective.kind == L1 ? 0 : INFINITY;
    double window = fmax(delta, 1.06 * sigma * pow(p->n, -0.2));
    double slope = p->objective.kind == L2                     ? 2
                   : p->objective.kind == L1 || delta < window ? (delta > 0 ? delta : 1) / window
                                                               : 1;
    for (int i = 0; i < p->n; i++) {
        double psi = p->objective.kind == L2   ? 2 * r[i]
                     : p->objective.kind == L1 ? copysign(1, r[i])
                                               : fmin(fmax(r[i], -delta), delta);
        inside += fabs(r[i]) <= window;
        squares += psi * psi;
    }
    if (p->objective.kind == L2) inside = p->n;
    free(r);
    // The fit took its coefficients out of these residuals: what is left of them is smaller than the noise.
    double left = (double)(p->n - f->metrics.free_parameters) / p->n;
    return squares > 0 && left > 0 ? 2 * inside * slope / squares * left : INFINITY;
}

double profile_limit(const Fitted *f) {
    double t = gsl_cdf_tdist_Pinv(0.975, f->problem.n - f->metrics.free_parameters);
    return t * t;
}

// WORK: of restarts at one point, see seek_most(). FRESH: thetas looked at from elsewhere.
enum { FRESH = 8, WORK = 6000 };

typedef struct {
    const Fitted *fitted;
    Workspace *workspace;
    int index;
    double scale, limit, step, warm[LAW_MAX_PARAMETERS];
    Profile *out;
} Ladder;

static void take_better(const Problem *p, Workspace *w, const double *from, double *value, double *best) {
    double x[LAW_MAX_PARAMETERS];
    memcpy(x, from, sizeof x);
    double other = polish(p, w, x, 1e-10, NULL);
    if (!(other < *value)) return;
    *value = other;
    memcpy(best, x, sizeof x);
}

// The best of a few random thetas at the held value, searched from.
static void from_elsewhere(const Problem *p, Workspace *w, Random *r, double *value, double *best) {
    double theta[LAW_MAX_THETA], least = INFINITY, from[LAW_MAX_PARAMETERS], c[LAW_MAX_PARAMETERS];
    for (int k = 0; k < FRESH; k++) {
        start_anywhere(p, r, theta);
        double v = search_value(p, w, theta, c);
        if (!(v < least)) continue;
        least = v;
        memcpy(from, c, sizeof from);
    }
    if (!isfinite(least)) return;
    SearchEnd end;
    search(p, w, from, 1e-3, &end);
    take_better(p, w, end.parameters, value, best);
}

// The statistic at x; the answer there is where the next one starts. A better optimum than the fit is kept.
static double rise_at(Ladder *l, double x) {
    const Fitted *f = l->fitted;
    Problem p = f->problem;
    double value = INFINITY, best[LAW_MAX_PARAMETERS];
    Random r = random_stream(f->seed, 0x9f0f + (uint64_t)l->index);
    p.lo[l->index] = p.hi[l->index] = x;
    memcpy(best, l->warm, sizeof best);
    take_better(&p, l->workspace, l->warm, &value, best);
    take_better(&p, l->workspace, f->parameters, &value, best);
    if (p.law->n_theta) {
        from_elsewhere(&p, l->workspace, &r, &value, best);
        const SeekOptions o = {seek_most(&p, WORK), 3, f->seed + (uint64_t)l->index};
        value = seek(&p, l->workspace, best, value, &o);
    }
    memcpy(l->warm, best, sizeof best);
    if (value < (l->out->better ? l->out->value : f->value * (1 - 1e-7))) {
        l->out->better = true;
        l->out->value = value;
        memcpy(l->out->parameters, best, sizeof best);
    }
    return l->scale * fmax(value - f->value, 0);
}

// The same from the neighbour alone.
static double rise_near(Ladder *l, double x) {
    Problem p = l->fitted->problem;
    double value = INFINITY, best[LAW_MAX_PARAMETERS];
    p.lo[l->index] = p.hi[l->index] = x;
    memcpy(best, l->warm, sizeof best);
    take_better(&p, l->workspace, l->warm, &value, best);
    memcpy(l->warm, best, sizeof best);
    return l->scale * fmax(value - l->fitted->value, 0);
}

// A fraction of what the draws, or else the coefficient itself, suggest as the width of the interval.
static double first_step(const Fitted *f, int i) {
    int p = law_n_parameters(f->law);
    double sum = 0, squares = 0;
    for (int b = 0; b < f->n_draws; b++) {
        double d = f->draws[(long)b * p + i] - f->parameters[i];
        sum += d;
        squares += d * d;
    }
    double spread = f->n_draws > 1 ? sqrt(fmax(squares - sum * sum / f->n_draws, 0) / f->n_draws) : 0,
           most = 2 * fmax(fabs(f->parameters[i]), 1e-3);
    return spread > 0 && spread < most ? 0.7 * spread : 0.05 * fmax(fabs(f->parameters[i]), 1e-3);
}

// Between a point inside the interval and one outside: where the statistic passes its limit.
static double narrow_down(Ladder *l, double inner, double inner_rise, double outer, double outer_rise) {
    for (int turn = 0; turn < 24 && fabs(outer - inner) > 1e-4 * fabs(outer - l->fitted->parameters[l->index]);
         turn++) {
        // The square root of the rise is nearly straight in x; every third turn halves, lest one side stay.
        double a = sqrt(inner_rise), b = sqrt(outer_rise), part = (sqrt(l->limit) - a) / (b - a);
        if (turn % 3 == 2) part = 0.5;
        double x = inner + fmin(fmax(part, 0.02), 0.98) * (outer - inner), rise = rise_at(l, x);
        if (fabs(rise - l->limit) < 0.01) return x;
        if (rise > l->limit) {
            outer = x;
            outer_rise = rise;
        } else {
            inner = x;
            inner_rise = rise;
        }
    }
    return 0.5 * (inner + outer);
}

// Where the statistic passes its limit on one side; infinite if it does not before the bound.
static double crossing(Ladder *l, int side) {
    const Fitted *f = l->fitted;
    int i = l->index;
    double at = f->parameters[i], step = l->step, bound = side < 0 ? f->problem.lo[i] : f->problem.hi[i];
    double inner = at, inner_rise = 0;
    memcpy(l->warm, f->parameters, sizeof l->warm);
    for (int turn = 0; turn < 24; turn++, step *= 1.8) {
        double x = at + side * step;
        bool stop = side * (x - bound) >= 0;
        if (stop) x = bound;
        double rise = side * (x - inner) > 0 ? rise_at(l, x) : 0;
        if (rise > l->limit) return narrow_down(l, inner, inner_rise, x, rise);
        if (stop) break;
        inner = x;
        inner_rise = rise;
    }
    return side * INFINITY;
}

static void curve(Ladder *l, Profile *out) {
    const Fitted *f = l->fitted;
    double at = f->parameters[l->index], lo = f->problem.lo[l->index], hi = f->problem.hi[l->index];
    double left = isinf(out->ci95.lo) ? fmax(lo, at - 6 * l->step) : fmax(lo, at - 1.3 * (at - out->ci95.lo));
    double right = isinf(out->ci95.hi) ? fmin(hi, at + 6 * l->step) : fmin(hi, at + 1.3 * (out->ci95.hi - at));
    const int half = PROFILE_POINTS / 2;
    for (int side = -1; side <= 1; side += 2) {
        memcpy(l->warm, f->parameters, sizeof l->warm);
        for (int k = 1; k <= half; k++) {
            double x = at + (double)k / half * ((side < 0 ? left : right) - at);
            out->x[half + side * k] = x;
            out->rise[half + side * k] = x == at ? 0 : rise_at(l, x);
        }
        // And back: what was found further out may serve further in.
        for (int k = half - 1; k > 0; k--) {
            double *rise = &out->rise[half + side * k];
            *rise = fmin(*rise, *rise > 0 ? rise_near(l, out->x[half + side * k]) : 0);
        }
    }
    out->x[half] = at;
    out->n = PROFILE_POINTS;
}

void profile(const Fitted *f, int i, Profile *out) {
    *out = (Profile){.ci95 = interval_unknown, .limit = profile_limit(f)};
    Ladder l = {.fitted = f, .index = i, .scale = profile_scale(f), .limit = out->limit, .out = out};
    if (f->held[i] || !parameter_stands_alone(f->law, i) || !isfinite(l.scale)) return;
    l.step = first_step(f, i);
    l.workspace = workspace_new(f->law, f->problem.n);
    out->ci95.lo = crossing(&l, -1);
    out->ci95.hi = crossing(&l, +1);
    curve(&l, out);
    workspace_free(l.workspace);
}
