// minimum.c - see minimum.h.
#include "minimum.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>

enum { STEPS = 100 };
static const double tolerance = 1e-9;
// Values closer than this share are rounding: the curve is flat there.
static const double flat_share = 1e-13;

// Brent's method between the neighbours of `best`, one `step` away, which must lie above it; the better point is kept.
static void refine(gsl_function *f, double from, double to, double step, Minimum *best) {
    double lo = fmax(from, best->x - step), hi = fmin(to, best->x + step);
    double at_lo = f->function(lo, f->params), at_hi = f->function(hi, f->params);
    // Two equal points of the scan stand around their minimum.
    if (at_hi <= best->value && hi < to) at_hi = f->function(hi = fmin(to, hi + step), f->params);
    if (!(best->value < at_lo && best->value < at_hi && lo < best->x && best->x < hi)) return;
    gsl_min_fminimizer *m = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    gsl_min_fminimizer_set_with_values(m, f, best->x, best->value, lo, at_lo, hi, at_hi);
    for (int i = 0; i < STEPS; i++) {
        if (gsl_min_fminimizer_iterate(m) != GSL_SUCCESS) break;
        if (gsl_min_fminimizer_x_upper(m) - gsl_min_fminimizer_x_lower(m) < tolerance * (1 + fabs(best->x))) break;
    }
    double value = gsl_min_fminimizer_f_minimum(m);
    if (value < best->value) {
        best->value = value;
        best->x = gsl_min_fminimizer_x_minimum(m);
    }
    gsl_min_fminimizer_free(m);
}

// Close to a minimum values differ by rounding alone, and Brent's method stops at the root of that; a parabola through
// points `h` away, where they differ by more, finds it better.
static void settle(gsl_function *f, double h, double lo, double hi, Minimum *best) {
    if (best->x - h <= lo || best->x + h >= hi) return;
    double left = f->function(best->x - h, f->params), right = f->function(best->x + h, f->params),
           bend = left - 2 * best->value + right;
    double x = best->x - 0.5 * h * (right - left) / bend;
    if (!(bend > 0) || !(fabs(x - best->x) < 0.1 * h)) return;
    double value = f->function(x, f->params);
    if (value > best->value + flat_share * fabs(best->value)) return;
    best->x = x;
    best->value = fmin(value, best->value);
}

// The best of n points. False if all are undefined.
static bool scan(Curve f, void *context, double lo, double hi, int n, Minimum *best) {
    double most = -INFINITY, step = (hi - lo) / (n - 1);
    for (int i = 0; i < n; i++) {
        double x = i + 1 < n ? lo + i * step : hi, y = f(x, context);
        if (y < best->value) *best = (Minimum){x, y, INSIDE};
        if (y < UNDEFINED) most = fmax(most, y);
    }
    if (most - best->value <= flat_share * fabs(best->value)) best->end = NOWHERE;
    return !isnan(best->x);
}

Minimum find_minimum(Curve f, void *context, double lo, double hi, int n) {
    Minimum best = {NAN, UNDEFINED, NOWHERE};
    double step = (hi - lo) / (n - 1);
    if (!scan(f, context, lo, hi, n, &best) || best.end == NOWHERE) return best;
    // At an end of the scan the minimum may still lie inside the last cell: a point just within tells.
    if (best.x <= lo || best.x >= hi) {
        bool low = best.x <= lo;
        double inside = best.x + (low ? 1e-4 : -1e-4) * step, y = f(inside, context);
        if (!(y < best.value)) {
            best.end = low ? AT_LOW_END : AT_HIGH_END;
            return best;
        }
        best = (Minimum){inside, y, INSIDE};
    }
    gsl_function function = {f, context};
    refine(&function, lo, hi, step, &best);
    settle(&function, 1e-3 * (hi - lo), lo, hi, &best);
    return best;
}

double minimum(Curve f, void *context, double lo, double hi, int n, double *value) {
    Minimum best = find_minimum(f, context, lo, hi, n);
    if (value) *value = best.value;
    return best.x;
}

bool root(Curve f, void *context, double lo, double hi, double *x) {
    gsl_function function = {f, context};
    double at_lo = f(lo, context), at_hi = f(hi, context);
    if (!(at_lo * at_hi <= 0)) return false;
    gsl_root_fsolver *s = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    if (gsl_root_fsolver_set(s, &function, lo, hi) == GSL_SUCCESS)
        for (int i = 0; i < STEPS; i++) {
            if (gsl_root_fsolver_iterate(s) != GSL_SUCCESS) break;
            if (gsl_root_fsolver_x_upper(s) - gsl_root_fsolver_x_lower(s) < tolerance * 1e-3) break;
        }
    *x = gsl_root_fsolver_root(s);
    gsl_root_fsolver_free(s);
    return true;
}

typedef struct {
    Curve f;
    void *context;
    double limit;
} Above;

static double above(double x, void *context) {
    const Above *a = context;
    return a->f(x, a->context) - a->limit;
}

void band_around(Curve f, void *context, double x, double limit, double lo, double hi, double band[2]) {
    Above a = {f, context, limit};
    if (!root(above, &a, lo, x, &band[0])) band[0] = lo;
    if (!root(above, &a, x, hi, &band[1])) band[1] = hi;
}
