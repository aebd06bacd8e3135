// minimum.c - see minimum.h.
#include "minimum.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>

enum { STEPS = 100 };
static const double tolerance = 1e-9;

static double refine(gsl_function *f, double at, double lo, double hi) {
    gsl_min_fminimizer *m = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    if (gsl_min_fminimizer_set(m, f, at, lo, hi) == GSL_SUCCESS)
        for (int i = 0; i < STEPS; i++) {
            if (gsl_min_fminimizer_iterate(m) != GSL_SUCCESS) break;
            if (gsl_min_fminimizer_x_upper(m) - gsl_min_fminimizer_x_lower(m) < tolerance * (1 + fabs(at))) break;
        }
    double x = gsl_min_fminimizer_x_minimum(m);
    gsl_min_fminimizer_free(m);
    return x;
}

double minimum(Curve f, void *context, double lo, double hi, int n, double *value) {
    gsl_set_error_handler_off();
    double best = NAN, least = UNDEFINED, step = (hi - lo) / (n - 1);
    for (int i = 0; i < n; i++) {
        double x = lo + i * step, y = f(x, context);
        if (y < least) {
            least = y;
            best = x;
        }
    }
    if (value) *value = least;
    if (isnan(best)) return NAN;
    // At an edge of the scan the minimum may still lie inside the last cell: a point just within tells.
    if (best <= lo || best >= hi) {
        double inside = best + (best <= lo ? 1e-4 : -1e-4) * step, y = f(inside, context);
        if (!(y < least)) return best;
        least = y;
        best = inside;
    }
    gsl_function function = {f, context};
    double x = refine(&function, best, fmax(lo, best - step), fmin(hi, best + step)), y = f(x, context);
    if (!(y < least)) {
        x = best;
        y = least;
    }
    if (value) *value = y;
    return x;
}

bool root(Curve f, void *context, double lo, double hi, double *x) {
    gsl_set_error_handler_off();
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
