// experiment.h - which runs to do next: greedy choice by Fisher information.
//
// A run at x with noise sigma in log L adds g g'/sigma^2 to the information, g = d log L / d parameter in units of its
// size (a parameter that is 0 moves in units that change the loss by one per cent). The
// variance of a quantity with gradient c is c' M^-1 c. The next run is the one that lowers its logarithm most per FLOP;
// since that favours many small runs, a second pass ignores price, and the better of both designs is kept.
#ifndef MOELAW_EXPERIMENT_H
#define MOELAW_EXPERIMENT_H

#include "laws/law.h"

typedef struct {
    const Law *law;
    const double *parameters; // internal
    const Point *have;        // [n_have] runs done
    int n_have;
    double sigma;            // of log L
    const Point *candidates; // [n_candidates], distinct: each is run once
    const double *cost;      // [n_candidates] FLOPs
    int n_candidates;
    double budget;          // FLOPs
    int most;               // runs
    const double *gradient; // [n_parameters] of the quantity over internal parameters
} Experiment;

enum { MOST_RUNS = 64 };
typedef struct {
    int n, run[MOST_RUNS]; // candidates, in order of choice
    double cost;
    double before, after[MOST_RUNS]; // standard deviation of the quantity, and after each run
} RunPlan;

RunPlan experiment_plan(const Experiment *e);
// Standard deviation of the quantity after the given candidates.
double experiment_deviation(const Experiment *e, const int *runs, int n);

#endif
