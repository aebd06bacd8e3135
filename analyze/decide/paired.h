// paired.h - two settings over the same seeds: what alike seeds have in common does not blur their difference.
#ifndef MOELAW_PAIRED_H
#define MOELAW_PAIRED_H

#include "runs/runs.h"

enum { MOST_KEYS = 8 };

typedef struct {
    int pairs, alone_a, alone_b; // runs whose partner is missing
    double mean, sd;             // of loss of B less that of A, nats
    double ci95[2];              // Student's t; NANs for fewer than two pairs
    double p;                    // of no difference, two-sided
    double correlation;          // of the pairs' losses; NAN for fewer than three
    double sd_alone;             // of the difference if runs were not paired
    double needed;               // pairs to see `wanted` in 80 % of trials at 5 %; NAN where not known
} Paired;

typedef struct {
    const char *by;   // "seed,D": columns that must agree in a pair
    const char *loss; // column
    TextList where_a, where_b;
    double wanted; // nats; NAN: not asked
} PairChoice;

// BAD_INPUT: a column that is missing, two runs of one key, no pair at all.
Status compare_tables(const char *a, const char *b, const PairChoice *choice, Paired *out);

// Pairs of which a mean difference `wanted` is told from none: the least n with
// wanted >= (t_.975,n-1 + t_.8,n-1) sd / sqrt(n).
double pairs_needed(double sd, double wanted);

#endif
