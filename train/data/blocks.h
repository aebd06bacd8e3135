// blocks.h - a validation cut into stretches of its text: its loss by block, so that two runs can be compared in pairs,
// and a standard error that knows that neighbours are alike.
#ifndef MOELAW_BLOCKS_H
#define MOELAW_BLOCKS_H

#include <stdint.h>

// 32 clusters: long enough for what neighbours share (of the default text each spans more than a million tokens), and
// many enough that the error is itself known to one part in eight, 1 / sqrt(2 (32 - 1)). Blocks are quarters of them.
enum { EVAL_BLOCKS = 128, EVAL_CLUSTERS = 32 };

// mean_B[b] = the mean of the b-th of B = min(n, blocks) stretches of x_N, as equal as n allows; returns B.
int block_means(const double *x_N, int64_t n, int blocks, double *mean_B);

// Standard error of the mean of x_N, numbers in the order of a text, from how the means of EVAL_CLUSTERS stretches (of
// fewer numbers: each) differ: likeness within a stretch is counted, likeness across its ends is not. 0 if n < 2.
double clustered_error(const double *x_N, int64_t n);

#endif
