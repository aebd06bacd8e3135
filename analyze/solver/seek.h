// seek.h - restarts from perturbed optima. An objective of nearly absolute errors has many optima where few rows
// decide, and many starts that agree prove little: they may all have slid into the same one.
#ifndef MOELAW_SEEK_H
#define MOELAW_SEEK_H

#include "objective.h"

#include <stdint.h>

typedef struct {
    int most;   // restarts at most
    int enough; // stop when so many came back to the best for each one that stayed above it, and one more
    uint64_t seed;
} SeekOptions;

// Each restart polishes the objective with rows weighed at random, from the best optimum so far, and then the true one
// from there. `value` is the objective at `parameters`; returns the best, and leaves it in `parameters`.
double seek(const Problem *p, Workspace *w, double *parameters, double value, const SeekOptions *o);

// Restarts that a problem is worth: few rows and many coefficients make many optima, and few rows are quickly polished.
int seek_most(const Problem *p, int work);

#endif
