// profile.c - see profile.h.
#include "profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double profile_scale(const Fitted *f) {
    const Problem *p = &f->problem;
    double *r = allocate(p->n, sizeof *r), inside = 0, squares = 0;
    residuals(p, f->parameters, r);
    // The slope of psi jumps at delta; it is averaged over a window as wide as the data allow (Silverman's rule).
    double sigma = p->objective.log_residual ? f->metrics.sigma : f->metrics.rmse;
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
    return squares > 0 ? 2 * inside * slope / squares : INFINITY;
}

typedef struct {
    const Fitted *fitted;
    Workspace *workspace;
    int index;
    double scale, warm[LAW_MAX_PARAMETERS];
} Ladder;

// The statistic at x; the answer there is where the next one starts.
static double rise_at(Ladder *l, double x) {
    Problem p = l->fitted->problem;
    p.lo[l->index] = p.hi[l->index] = x;
    double value = polish(&p, l->workspace, l->warm, 1e-8, NULL);
    return l->scale * fmax(value - l->fitted->value, 0);
}

static double first_step(const Fitted *f, int i) {
    int p = law_n_parameters(f->law);
    double sum = 0, squares = 0;
    for (int b = 0; b < f->n_draws; b++) {
        double d = f->draws[(long)b * p + i] - f->parameters[i];
        sum += d;
        squares += d * d;
    }
    double spread = f->n_draws > 1 ? sqrt(fmax(squares - sum * sum / f->n_draws, 0) / f->n_draws) : 0;
    return spread > 0 ? 0.7 * spread : 0.05 * fmax(fabs(f->parameters[i]), 1e-3);
}

// Where the statistic passes its limit on one side; infinite if it does not before the bound.
static double crossing(Ladder *l, int side) {
    const Fitted *f = l->fitted;
    int i = l->index;
    double at = f->parameters[i], step = first_step(f, i), bound = side < 0 ? f->problem.lo[i] : f->problem.hi[i];
    double inner = at, inner_rise = 0, outer = NAN, outer_rise = 0;
    memcpy(l->warm, f->parameters, sizeof l->warm);
    for (int turn = 0; turn < 12 && isnan(outer); turn++, step *= 2) {
        double x = at + side * step;
        bool stop = side * (x - bound) >= 0;
        if (stop) x = bound;
        double rise = rise_at(l, x);
        if (rise > PROFILE_LIMIT) {
            outer = x;
            outer_rise = rise;
        } else if (stop)
            return side * INFINITY;
        else {
            inner = x;
            inner_rise = rise;
        }
    }
    if (isnan(outer)) return side * INFINITY;
    for (int turn = 0; turn < 10 && fabs(outer_rise - PROFILE_LIMIT) > 0.02; turn++) {
        // The square root of the rise is nearly straight in x.
        double a = sqrt(inner_rise), b = sqrt(outer_rise), part = (sqrt(PROFILE_LIMIT) - a) / (b - a);
        double x = inner + fmin(fmax(part, 0.05), 0.95) * (outer - inner), rise = rise_at(l, x);
        if (rise > PROFILE_LIMIT) {
            outer = x;
            outer_rise = rise;
        } else {
            inner = x;
            inner_rise = rise;
            if (PROFILE_LIMIT - rise < 0.02) return x;
        }
    }
    return outer;
}

static void curve(Ladder *l, Profile *out) {
    const Fitted *f = l->fitted;
    double at = f->parameters[l->index], lo = f->problem.lo[l->index], hi = f->problem.hi[l->index];
    double left =
        isinf(out->ci95.lo) ? fmax(lo, at - 4 * first_step(f, l->index)) : fmax(lo, at - 1.3 * (at - out->ci95.lo));
    double right =
        isinf(out->ci95.hi) ? fmin(hi, at + 4 * first_step(f, l->index)) : fmin(hi, at + 1.3 * (out->ci95.hi - at));
    const int half = PROFILE_POINTS / 2;
    for (int side = -1; side <= 1; side += 2) {
        memcpy(l->warm, f->parameters, sizeof l->warm);
        for (int k = 1; k <= half; k++) {
            double x = at + (double)k / half * ((side < 0 ? left : right) - at);
            out->x[half + side * k] = x;
            out->rise[half + side * k] = rise_at(l, x);
        }
    }
    out->x[half] = at;
    out->n = PROFILE_POINTS;
}

void profile(const Fitted *f, int i, Profile *out) {
    *out = (Profile){.ci95 = interval_unknown};
    Ladder l = {.fitted = f, .index = i, .scale = profile_scale(f)};
    if (f->held[i] || !parameter_stands_alone(f->law, i) || !isfinite(l.scale)) return;
    l.workspace = workspace_new(f->law, f->problem.n);
    out->ci95.lo = crossing(&l, -1);
    out->ci95.hi = crossing(&l, +1);
    curve(&l, out);
    workspace_free(l.workspace);
}
