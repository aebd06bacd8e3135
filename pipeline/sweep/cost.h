// cost.h - what training a set of runs costs: FLOPs, with stable phases that runs share counted once, and time.
#ifndef MOELAW_COST_H
#define MOELAW_COST_H

#include "ground/table.h"
#include "run/idset.h"

typedef struct {
    double flops, trained_flops; // sum of M D; the same, a shared stable phase counted once
    double eval_flops;           // of the evaluations at the ends: a third of M a token
    IdSet trunks;
    double *stable; // [trunks.n] the longest stable phase so far, in steps
} Cost;

// The longest run of a trunk carries its stable phase, the others add their decays alone.
void cost_add(Cost *c, const Run *run);
// Of training and evaluation, at so many model FLOPs / 1e9 a second.
double cost_seconds(const Cost *c, double gflops);
void cost_free(Cost *c);

// Model FLOPs a second of processor time, in units of 1e9: the median of M x tokens_per_cpu_s over the rows of a run
// table; NAN where no row has both.
Status cost_gflops(const Table *t, double *gflops);
// The median of rates[n], which it sorts; NAN of none.
double cost_median(double *rates, int n);

#endif
