// starts.h - many starts: the global part of a fit.
#ifndef MOELAW_STARTS_H
#define MOELAW_STARTS_H

#include "ground/random.h"
#include "objective.h"

enum { MAX_OPTIMA = 12 };

typedef struct {
    double parameters[LAW_MAX_PARAMETERS];
    double value; // the exact objective
    int starts;   // how many starts ended here
    bool converged;
} LocalMinimum;

typedef struct {
    int total, converged, at_bound, stalled, agree; // of the starts; agree: within 0.1 % of the best value
    int seeks, seeks_agree;                         // independent seeks after them, and how many found the best
    unsigned never_moved;                           // bit t: theta[t] of the best ended where it started
    int n_optima;
    LocalMinimum optima[MAX_OPTIMA]; // distinct, best first
    SearchEnd *ends;                 // [total], in order of start
    long evaluations;
} Starts;

typedef struct {
    int starts, threads;
    unsigned long seed;
    int n_warm; // answers to a like problem, polished beside the starts
    const double (*warm)[LAW_MAX_PARAMETERS];
} StartOptions;

// CANNOT_FINISH if no start can be computed.
Status run_starts(const Problem *p, const StartOptions *options, Starts *s);
void starts_free(Starts *s);

// Start number `index` of a scrambled low-discrepancy sequence over the bounds of theta.
typedef struct StartSequence StartSequence;
StartSequence *start_sequence(const Problem *p, int n, unsigned long seed);
void start_point(const StartSequence *q, int index, double *theta);
void start_sequence_free(StartSequence *q);
// A random one.
void start_anywhere(const Problem *p, Random *r, double *theta);

#endif
