// fit.h - a fitted (or published) law with what is known of its uncertainty, and its file.
#ifndef MOELAW_FIT_H
#define MOELAW_FIT_H

#include "ground/status.h"
#include "laws/law.h"

typedef struct {
    const Law *law;
    char *origin;                          // path of fit.json, or "published:NAME"
    double parameters[LAW_MAX_PARAMETERS]; // internal: theta, then c
    int n_draws;                           // bootstrap replicates, 0 if none
    double *draws;                         // [n_draws * law_n_parameters], internal
    double sigma;                          // robust standard deviation of log residuals of single runs; NAN if unknown
    double range[N_VARIABLES][2];          // smallest and largest value in the fitted rows (published: Law.range); NAN
                                           // if unknown
} Fit;

// `spec` is a path or published:NAME. BAD_INPUT if unreadable, of another schema, or not a fit.
Status fit_load(const char *spec, Fit *fit);
// The same from text already in memory; `path` is for messages.
Status fit_parse(const char *path, const char *text, size_t length, Fit *fit);
void fit_free(Fit *fit);

// 2.5 % and 97.5 % quantiles of `values`, which are sorted in place; NANs among them are left out. NANs if fewer than
// 20 or less than half remain.
void interval95(double *values, int n, double ci95[2]);

// 2.5 % and 97.5 % quantiles over the draws of any function of the parameters; NANs without draws.
typedef double (*FitFunction)(const Law *law, const double *parameters, void *context);
void fit_interval(const Fit *fit, FitFunction f, void *context, double ci95[2]);

#endif
