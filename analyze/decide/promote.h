// promote.h - how much compute a change saves at equal loss.
//
// The two tables are one law of compute but for a factor on the new runs' C: with it at its best the new runs lie on
// the old runs' curve. A factor of 1.2 says that the old recipe needs 1.2 times the compute for the same loss. Its
// interval is that of the profile likelihood with Student's t, so it holds for few runs too, if their noises are
// independent.
#ifndef MOELAW_PROMOTE_H
#define MOELAW_PROMOTE_H

#include "fit/fitting.h"

typedef struct {
    double saving;
    Interval ci95; // open where the runs set no limit within a factor of MOST_SAVING
    double rms;    // of log residuals, of both tables
    int n_old, n_new, coefficients;
    // The change is taken to save the same factor at every scale. Whether it does: the factor of each new run alone by
    // the old runs' own curve; INFINITY where the old recipe never comes so low.
    double *each; // [n_new]
} Promotion;

static const double most_saving = 100;

// A law with C among its variables. BAD_INPUT: another law, too few runs.
Status promote(const Law *law, const Runs *old_runs, const Runs *new_runs, const FitOptions *o, Promotion *out);
void promotion_free(Promotion *p);

#endif
