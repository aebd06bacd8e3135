// solve.h - from wished factors (N, Na, G, S) to a concrete shape by exact counting.
//
// Widths, depths and expert counts are whole numbers, so wishes are met as closely as these allow: the shape with the
// smallest squared distance in log N, log Na, log G and in S (counted double, since it lives in [0, 1)) is taken. What
// the four wishes leave open is settled by two mild preferences, so that shapes stay buildable.
#ifndef MOELAW_SOLVE_H
#define MOELAW_SOLVE_H

#include "run/run.h"

#include <stdbool.h>

typedef struct {
    double N, Na, G, S; // NAN: no wish; embeddings counted
} Wish;

// Fields of the run that a design sets by hand; the solver leaves them alone.
typedef struct {
    bool d_model, n_layers, n_experts, top_k, n_shared, d_ff_expert;
} FixedFields;

typedef struct {
    int d_model_multiple, d_ff_multiple; // 8
    double width_ratio;                  // preferred active width of a layer over d_model: 3 (2603.21862: 3 to 3.5)
    double depth_ratio;                  // preferred d_model / n_layers: 32
} SolveOptions;

SolveOptions solve_defaults(void);

// Fills the open shape fields of `run` (others must be set; those that follow from others may still be -1).
// BAD_INPUT if no shape comes within a factor of two of N and Na.
Status solve_shape(const Wish *wish, const FixedFields *fixed, const SolveOptions *options, Run *run);

#endif
