// model_inside.h - what the files of the model share; nobody else includes it.
#ifndef MOELAW_MODEL_INSIDE_H
#define MOELAW_MODEL_INSIDE_H

#include "backend.h"
#include "model.h"
#include "ranks/ranks.h"

// A weight tensor: where it lies in the flat buffers, how it starts and how fast it learns.
typedef struct {
    char name[48];
    int n_dims;
    long dims[4];
    long offset, count; // offset is a multiple of 16 elements
    double start;       // uniform with this standard deviation; NORM_GAIN: all ones
    double rate, decay; // as in Tensor
} Weight;

#define NORM_GAIN (-1.0)

// Indices into Layout.weight; -1 where a layer has no such tensor.
typedef struct {
    int norm1, qkv, out, norm2, router, up, down, shared_up, shared_down;
    int moe; // position among the layers with a router, -1: none
} LayerWeights;

typedef struct {
    int n_weights, n_moe_layers; // n_moe_layers: layers with a router
    long total;                  // elements of a flat buffer, padding included
    Weight *weight;
    LayerWeights *layer;
    int embedding, norm, head; // head == embedding if tied
    double logit_scale;
} Layout;

void layout_create(const Run *run, Layout *layout);
void layout_free(Layout *layout);

// What a layer keeps from its forward pass for its backward pass; T = micro-batch tokens, S = T top_k.
typedef struct {
    void *in_TD, *h1_TD, *rstd1_T;       // residual stream before attention, its norm
    void *qkv, *attended_TQ, *lse_TH;    // rotated projections, attention's output
    void *rstd_TM;                       // of the heads of q and k; NULL unless they are normalised
    void *mid_TD, *h2_TD, *rstd2_T;      // residual stream before the experts, its norm
    Routing routing;                     // NULLs without a router
    void *x_SD, *up_S2F, *act_SF;        // of the experts; no x_SD without a router: they read h2_TD
    void *shared_up_T2F, *shared_act_TF; // of the shared block
} LayerState;

// Buffers used again by every layer.
typedef struct {
    void *token_T, *target_T, *loss_T, *sum_M;
    void *branch_TD;     // a block's output on its way into the residual stream
    void *y_SD;          // experts' outputs, and gradients in expert order
    void *ds_TD, *dh_TD; // gradient of the residual stream and of a normed input
    void *dattended_TQ, *dqkv;
    void *dact_SF, *dweight_S;         // wide enough for routed and shared blocks
    void *all_2;                       // {0, T}: the offsets of an ordinary product
    void *out_TD, *hidden_TD, *rstd_T; // last residual stream and its norm
} Scratch;

struct Model {
    Run run;
    const Backend *b;
    Context *c;
    Layout layout;
    Ranks *ranks;
    int batch, micro;                                       // sequences of this rank in a step, and in a micro-batch
    long T, S;                                              // its tokens and slots
    long step;                                              // optimiser steps done
    void *param, *weight, *grad, *first, *second, *average; // flat; weight: the products' copy, param if one_copy
    void *average_weight;                                   // the products' copy of average
    void *tensors;                                          // the backend's list of them
    Tensor *tensor;
    void *bias_LE, *count_LE, *stats_L3, *eval_count_E, *eval_stats_3;
    void *hyper, *norm_1;
    LayerState *layer;
    Scratch s;
    int n_buffers, room;
    void **buffers;                   // everything to release
    int32_t *token, *target, *counts; // host
    double *host;                     // [max of tensors and losses] for get and put
    int n_arrays, step_array;
    bool short_of_memory, stale; // stale: weight does not follow param yet
    ModelArray *arrays;
    char (*array_names)[64];
    void **array_buffers; // [n_arrays]; NULL for the step counter
};

// The parameters that a pass reads: the trained ones or their average.
typedef struct {
    const void *param, *weight;
} Source;

// Forward over n sequences already in s.token_T and s.target_T; train: keep routing statistics for the step.
void model_forward(Model *m, Source from, int n, bool train);
// Loss and, with train, gradients of all weights (added up) for the forward pass just done.
void model_loss(Model *m, Source from, int n, bool train);
void model_backward(Model *m, int n);

Status model_buffers(Model *m);
void model_list_arrays(Model *m);

static inline const void *element(const void *base, Kind kind, const Backend *b, long i) {
    return (const char *)base + (size_t)i * b->size[kind];
}
static inline void *element_of(void *base, Kind kind, const Backend *b, long i) {
    return (char *)base + (size_t)i * b->size[kind];
}

#endif
