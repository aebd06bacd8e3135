// fit.h - a fitted (or published) law with what is known of its uncertainty. Its file: fit_file.h.
#ifndef MOELAW_FIT_H
#define MOELAW_FIT_H

#include "ground/status.h"
#include "interval.h"
#include "noise.h"

typedef struct {
    const Law *law;
    char *origin;                          // path of fit.json, or "published:NAME"
    double parameters[LAW_MAX_PARAMETERS]; // internal: theta, then c
    int n_draws;                           // bootstrap replicates, 0 if none
    double *draws;                         // [n_draws * law_n_parameters], internal
    Noise noise;                           // of single runs
    bool withheld;                         // too few clusters for any interval (bootstrap.h)
    double range[N_VARIABLES][2];          // smallest and largest value in the fitted rows (published: Law.range); NAN
                                           // if unknown
} Fit;

// `spec` is a path or published:NAME (fit_file.c). BAD_INPUT if unreadable, of another schema, or not a fit.
Status fit_load(const char *spec, Fit *fit);
// Nothing known yet but where it is from.
Fit fit_empty(const char *origin);
void fit_free(Fit *fit);

// Why it has no intervals, a sentence; "" where it has.
const char *fit_no_intervals(const Fit *fit);

// Any function of the parameters; -INFINITY and +INFINITY say "at the low (high) end of what is searched", NAN "none".
typedef double (*FitFunction)(const Law *law, const double *parameters, void *context);
// From 2.5 % to 97.5 % of it over the draws; unknown without draws.
Interval fit_interval_of(const Fit *fit, FitFunction f, void *context);

// The same as two numbers (NAN: unknown, infinite: open), for those who need no more.
void interval95(double *values, int n, double ci95[2]);
void fit_interval(const Fit *fit, FitFunction f, void *context, double ci95[2]);

#endif
