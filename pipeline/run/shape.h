// shape.h - the shape of a decoder-only (MoE) transformer and what follows from it by exact counting.
//
// Layers 0..n_dense_layers-1 have one dense SwiGLU block of width d_ff_dense; the others have n_experts routed SwiGLU
// experts of width d_ff_expert, top_k of which serve a token, and a shared SwiGLU block of width d_ff_shared that
// serves every token. n_experts = 1 means dense: no router, the one expert is always on.
#ifndef MOELAW_SHAPE_H
#define MOELAW_SHAPE_H

#include "ground/status.h"

typedef struct {
    int vocab;
    int d_model, n_layers;
    int n_heads, n_kv_heads, d_head; // d_head need not be d_model / n_heads
    int n_dense_layers, d_ff_dense;
    int n_experts, top_k, d_ff_expert;
    int n_shared, d_ff_shared; // n_shared blocks, d_ff_shared their total width
    int seq_len;
    int tied; // 1: the output head is the transposed token embedding
} Shape;

// Parameter counts of the whole model (double: exact to 2^53), and the factors of the laws.
typedef struct {
    double embedding;     // vocab x d_model
    double head;          // the same, 0 if tied
    double attention;     // q, k, v, o projections of all layers
    double dense_ffn;     // of the dense layers
    double shared;        // shared blocks
    double routed;        // all routed experts (a dense model's only expert included)
    double routed_active; // those that serve one token
    double router;        // d_model x n_experts a MoE layer; 0 if dense
    double norms;         // RMSNorm gains: 2 a layer and a final one

    double N, Na;               // every parameter; every one that one token uses
    double N_nonemb, Na_nonemb; // without token embedding and output head
    double granularity;         // 4 d_model / d_ff_expert (2402.07871); 1 if dense
    double G;                   // active experts a token, shared ones in units of a routed expert (2509.23678)
    double S;                   // shared part of G
    double shared_ratio;        // d_ff_shared / d_ff_expert
    double M; // training FLOPs a token: 6 (Na_nonemb + d_model vocab) + 6 n_layers n_heads d_head seq_len
} Counts;

// BAD_INPUT names the field that is not possible (width < 1, top_k > n_experts, heads not divisible, odd d_head, ...).
Status shape_check(const Shape *s);
Counts shape_count(const Shape *s);

#endif
