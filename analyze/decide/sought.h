// sought.h - a quantity that runs are to narrow: a coefficient, a best factor, or a loss.
#ifndef MOELAW_SOUGHT_H
#define MOELAW_SOUGHT_H

#include "fit/fit.h"

typedef struct {
    const Law *law;
    enum { COEFFICIENT, BEST_G, BEST_S, BEST_RATIO, LOSS } kind;
    int index; // of the coefficient
    double N;  // for Na_over_N
    Point at;  // for loss
    char name[128];
} Sought;

// "alpha", "G", "S", "Na_over_N@N=30e9", "loss@N=7e9,D=1e12,..."; BAD_INPUT lists what there is.
Status sought_parse(const char *text, const Fit *fit, Sought *s);
// NAN where the law has none: an optimum that is not inside.
double sought_value(const Sought *s, const double *parameters);
// Over the internal parameters. BAD_INPUT if the fit has no value: says why, and which runs would determine it.
Status sought_gradient(const Sought *s, const Fit *fit, double *gradient);

#endif
