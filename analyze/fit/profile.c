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

// Polished with and without a smoother objective first: that leaves small valleys, this stays in a neighbour's.
static void take_better(const Problem *p, Workspace *w, const double *from, double *value, double *best) {
    for (int near = 0; near < 2; near++) {
        double x[LAW_MAX_PARAMETERS];
        memcpy(x, from, sizeof x);
        double other = near ? polish_near(p, w, x, 1e-10) : polish(p, w, x, 1e-10, NULL);
        if (!(other < *value)) continue;
        *value = other;
        memcpy(best, x, sizeof x);
    }
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

// Where the statistic passes its limit on one side of `from`, where it is `inner_rise` and l->warm the answer; infinite
// if it does not before the bound.
static double crossing(Ladder *l, int side, double from, double inner_rise) {
    const Fitted *f = l->fitted;
    int i = l->index;
    double step = l->step, bound = side < 0 ? f->problem.lo[i] : f->problem.hi[i], inner = from;
    for (int turn = 0; turn < 24; turn++, step *= 1.8) {
        double x = from + side * step;
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

// A point of the curve and the answer there.
typedef struct {
    double x, rise, parameters[LAW_MAX_PARAMETERS];
} Spot;

// Where the answers at two points point to at a third, x: along the line through them, of logarithms where these exist.
static void in_line(const Spot *a, const Spot *b, double x, int n, double *parameters) {
    double share = (x - a->x) / (b->x - a->x);
    for (int i = 0; i < n; i++) {
        double from = a->parameters[i], to = b->parameters[i];
        parameters[i] = from * to > 0 ? from * pow(to / from, share) : from + share * (to - from);
    }
}

// Takes what is found from some parameters with the value held at the point's, if it is better than what is there.
static bool hand_on(Ladder *l, const double *from, Spot *to) {
    Problem p = l->fitted->problem;
    double value = INFINITY, best[LAW_MAX_PARAMETERS];
    p.lo[l->index] = p.hi[l->index] = to->x;
    take_better(&p, l->workspace, from, &value, best);
    double rise = l->scale * fmax(value - l->fitted->value, 0);
    if (!(rise < to->rise * (1 - 1e-6))) return false;
    to->rise = rise;
    memcpy(to->parameters, best, sizeof best);
    return true;
}

// From one point to another in small steps, each from the line through the last two: a bent valley is followed.
static bool walk(Ladder *l, const Spot *from, Spot *to) {
    enum { STEPS = 8 };
    const int n = law_n_parameters(l->fitted->law);
    Spot last = *from, now = *from;
    for (int k = 1; k <= STEPS; k++) {
        Spot next = {.x = from->x + (to->x - from->x) * k / STEPS, .rise = INFINITY};
        double start[LAW_MAX_PARAMETERS];
        memcpy(start, now.parameters, sizeof start);
        if (k > 1) in_line(&last, &now, next.x, n, start);
        if (k == STEPS) return hand_on(l, start, to);
        hand_on(l, start, &next);
        hand_on(l, now.parameters, &next);
        if (!isfinite(next.rise)) return false;
        last = now;
        now = next;
    }
    return false;
}

// Answers are handed on from point to point, as they are and along the line of two, until none gets better: then no
// point stands above what its neighbours know. The middle is the fit.
static void level(Ladder *l, Spot *spots) {
    enum { PASSES = 12 };
    const int half = PROFILE_POINTS / 2, n = law_n_parameters(l->fitted->law);
    bool moved = true;
    for (int pass = 0; pass < PASSES && (moved || pass < 2); pass++) {
        int step = pass % 2 ? -1 : 1;
        moved = false;
        for (int k = step > 0 ? 1 : PROFILE_POINTS - 2; k >= 0 && k < PROFILE_POINTS; k += step) {
            Spot *at = &spots[k], *before = at - step;
            double from[LAW_MAX_PARAMETERS];
            if (k == half || at->x == spots[half].x) continue;
            moved = hand_on(l, before->parameters, at) || moved;
            for (int side = -2; side <= 1; side += 3) { // the one before the last, the next
                int other = k + side * step;
                if (other < 0 || other >= PROFILE_POINTS || spots[other].x == before->x) continue;
                in_line(before, &spots[other], at->x, n, from);
                moved = hand_on(l, from, at) || moved;
            }
            // Above the point further out: it is walked to.
            int out = k < half ? k - 1 : k + 1;
            if (out >= 0 && out < PROFILE_POINTS && at->rise > spots[out].rise) moved = walk(l, before, at) || moved;
        }
    }
}

// Points on both sides of the fit, a little beyond the interval.
static void curve(Ladder *l, const Interval *ci, Spot *spots) {
    const Fitted *f = l->fitted;
    double at = f->parameters[l->index], lo = f->problem.lo[l->index], hi = f->problem.hi[l->index];
    double left = isinf(ci->lo) ? fmax(lo, at - 6 * l->step) : fmax(lo, at - 1.3 * (at - ci->lo));
    double right = isinf(ci->hi) ? fmin(hi, at + 6 * l->step) : fmin(hi, at + 1.3 * (ci->hi - at));
    const int half = PROFILE_POINTS / 2;
    for (int side = -1; side <= 1; side += 2) {
        memcpy(l->warm, f->parameters, sizeof l->warm);
        for (int k = 0; k <= half; k++) {
            Spot *s = &spots[half + side * k];
            s->x = at + (double)k / half * ((side < 0 ? left : right) - at);
            s->rise = s->x == at ? 0 : rise_at(l, s->x);
            memcpy(s->parameters, l->warm, sizeof s->parameters);
        }
    }
    level(l, spots);
}

// The interval ends where the curve last passes the limit. What the curve found lower than the interval's first search
// moves the end out; *moved says that the curve must be drawn again.
static double end_of(Ladder *l, const Spot *spots, int side, double end, bool *moved) {
    const int outer = side < 0 ? 0 : PROFILE_POINTS - 1;
    const Spot *last = &spots[outer];
    if (isinf(end) || last->rise > l->limit) {
        for (int k = outer; k != PROFILE_POINTS / 2 && isfinite(end); k -= side) {
            const Spot *out = &spots[k], *in = &spots[k - side];
            if (in->rise > l->limit || side * (out->x - end) <= 0) continue;
            double a = sqrt(in->rise), b = sqrt(out->rise), part = (sqrt(l->limit) - a) / (b - a);
            return out->rise > l->limit && side * (in->x - end) > 0 ? in->x + part * (out->x - in->x) : end;
        }
        return end;
    }
    *moved = true;
    memcpy(l->warm, last->parameters, sizeof l->warm);
    return crossing(l, side, last->x, last->rise);
}

static Ladder ladder_of(const Fitted *f, int i, Profile *out) {
    *out = (Profile){.ci95 = interval_unknown, .limit = profile_limit(f)};
    Ladder l = {.fitted = f, .index = i, .scale = profile_scale(f), .limit = out->limit, .out = out};
    memcpy(l.warm, f->parameters, sizeof l.warm);
    return l;
}

double profile_rise(const Fitted *f, int i, double x) {
    Profile out;
    Ladder l = ladder_of(f, i, &out);
    l.workspace = workspace_new(f->law, f->problem.n);
    double rise = rise_at(&l, x);
    workspace_free(l.workspace);
    return rise;
}

void profile(const Fitted *f, int i, Profile *out) {
    enum { ROUNDS = 3 };
    Spot spots[PROFILE_POINTS];
    Ladder l = ladder_of(f, i, out);
    if (f->held[i] || !parameter_stands_alone(f->law, i) || !isfinite(l.scale)) return;
    l.step = first_step(f, i);
    l.workspace = workspace_new(f->law, f->problem.n);
    for (int side = -1; side <= 1; side += 2) {
        memcpy(l.warm, f->parameters, sizeof l.warm);
        *(side < 0 ? &out->ci95.lo : &out->ci95.hi) = crossing(&l, side, f->parameters[i], 0);
    }
    bool moved = true;
    for (int round = 0; round < ROUNDS && moved; round++) {
        moved = false;
        curve(&l, &out->ci95, spots);
        out->ci95.lo = end_of(&l, spots, -1, out->ci95.lo, &moved);
        out->ci95.hi = end_of(&l, spots, +1, out->ci95.hi, &moved);
    }
    out->n = PROFILE_POINTS;
    for (int k = 0; k < PROFILE_POINTS; k++) {
        out->x[k] = spots[k].x;
        out->rise[k] = spots[k].rise;
    }
    workspace_free(l.workspace);
}
