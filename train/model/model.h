// model.h - the MoE transformer and its optimiser, whatever backend runs them.
//
// The shell (data, schedule, records, checkpoints, jobs) talks to a model through this header alone.
#ifndef MOELAW_MODEL_H
#define MOELAW_MODEL_H

#include "run/run.h"
#include "ground/status.h"

#include <stdint.h>

typedef struct Model Model;
struct Backend; // backend.h: the table of operations, CPU or CUDA
struct Ranks;   // ranks.h

// What one optimiser step reports; everything is always recorded.
typedef struct {
    double loss;           // mean cross-entropy of the batch, nats per token, before the update
    double aux_loss;       // balancing and z losses as added to it, 0 if none
    double grad_norm;      // before clipping
    double router_entropy; // mean over tokens and layers of the gate's entropy, nats; 0 if dense
    double load_entropy;   // mean over layers of the entropy of expert loads / log n_experts; 1: perfectly even
    int dead_experts;      // experts (over all layers) that no token of this batch chose
    double seconds[6];     // time spent in: routing, permutation, products (GEMM), attention, other, whole step
} StepStats;

// Allocates and initialises from run->seed (width-aware, muP style). CANNOT_FINISH if memory or device fails.
// ranks (NULL: alone): those that train this model together; model_step() and model_create() are then for all of
// them, with the same weights on each.
Status model_create(const Run *run, const struct Backend *backend, struct Ranks *ranks, Model **model);
void model_destroy(Model *model);

// One AdamW step on tokens[batch][seq_len + 1] (inputs and next tokens; of several ranks each its share of the batch)
// at rate `lr` (run->lr times the schedule). Never fails on divergence: the caller looks at stats->loss and grad_norm
// being finite.
Status model_step(Model *model, const int32_t *tokens, double lr, StepStats *stats);

// Cross-entropy sums over sequences of seq_len + 1 tokens: sums[i] is the sum over the seq_len predictions of sequence
// i. averaged: use the average of weights where run->average asks for one: after step t it moves towards the weights by
// 1 / (average t), so its window is always the share `average` of the steps done (1: their plain mean) and nothing
// about it depends on how many are to come: runs of different D can share a trunk.
// Leaves no trace in the training state.
Status model_evaluate(Model *model, const int32_t *tokens, int n_sequences, bool averaged, double *sums);

// Tokens that each expert got in the last step: loads[n_moe_layers][n_experts], model_n_loads() of them. They are no
// part of what determines the future, and are set where a run goes on from a checkpoint.
int64_t model_n_loads(const Model *model);
void model_loads(const Model *model, int64_t *loads);
void model_set_loads(Model *model, const int64_t *loads);

// Everything that determines the future (weights, moments, averages, balancing bias, counters) as named arrays of
// floats, for checkpoints, branches and export. `trained` tells weights from state. Order: all weights ("embedding",
// "layers.0.norm1", "layers.0.attention.qkv", ..., "norm", "head" unless tied), then "first.", "second." and, if
// run->average > 0, "average." of each, "balance.bias" [MoE layer][expert], "step" (low and high part).
// Matrices are [in][out], y = x w, but for "embedding" and "head", [vocab][d_model]. "attention.qkv" has columns
// [q heads | k heads | v heads]; ".up" has [gate | up], silu(gate) x up goes into ".down". Experts come first:
// "layers.0.experts.up" [n_experts][d_model][2 d_ff_expert].
typedef struct {
    const char *name; // "layers.0.attention.q", in a fixed order
    int n_dims;
    long dims[4];
    long count;
    bool trained;
} ModelArray;
int model_n_arrays(const Model *model);
ModelArray model_array(const Model *model, int i);
Status model_get(const Model *model, int i, float *values);
Status model_set(Model *model, int i, const float *values);

#endif
