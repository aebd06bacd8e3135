// fit.c - see fit.h.
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Fit fit_empty(const char *origin) {
    Fit fit = {.origin = copy_text(origin), .noise = noise_unknown};
    for (int v = 0; v < N_VARIABLES; v++) fit.range[v][0] = fit.range[v][1] = NAN;
    return fit;
}

void fit_free(Fit *fit) {
    free(fit->origin);
    free(fit->draws);
    *fit = (Fit){0};
}

const char *fit_no_intervals(const Fit *fit) {
    if (fit->n_draws) return "";
    if (fit->withheld) return "No intervals: the fit's clusters of runs are too few for its coefficients.";
    return strncmp(fit->origin, "published:", 10)
               ? "No intervals: the fit was made with --bootstrap 0."
               : "No intervals: published coefficients come without bootstrap draws.";
}

Interval fit_interval_of(const Fit *fit, FitFunction f, void *context) {
    if (!fit->n_draws) return interval_unknown;
    double *values = allocate(fit->n_draws, sizeof *values);
    int p = law_n_parameters(fit->law);
    for (int b = 0; b < fit->n_draws; b++) values[b] = f(fit->law, fit->draws + (long)b * p, context);
    Interval x = interval_of(values, fit->n_draws);
    free(values);
    return x;
}

void interval95(double *values, int n, double ci95[2]) {
    Interval x = interval_of(values, n);
    ci95[0] = x.lo;
    ci95[1] = x.hi;
}

void fit_interval(const Fit *fit, FitFunction f, void *context, double ci95[2]) {
    Interval x = fit_interval_of(fit, f, context);
    ci95[0] = x.lo;
    ci95[1] = x.hi;
}
