// accounting.h - what a setting of a law's variables costs: parameters, shape, training FLOPs, memory.
//
// Laws mean different things by N (laws.md calls it the definition trap); here they are brought to one Setting. The
// FLOPs of a token are those of the paper unless `exact` asks for attention scores, router and all.
#ifndef MOELAW_ACCOUNTING_H
#define MOELAW_ACCOUNTING_H

#include "laws/law.h"

typedef struct {
    bool exact;          // count attention scores and router, leave embedding look-ups out
    double seq_len;      // tokens in a training sequence, for the attention scores
    double aspect;       // d_model of the standard shape per layer (64 in 2402.07871 and 2502.05172)
    double c_f, c_r;     // krajewski2024: FLOPs per weight and token, and of routing (14 is inferred from its table)
    double expansion;    // krajewski2024: expert parameters / dense FFN parameters
    double vocab;        // ludziejewski2025 counts embeddings: 2 vocab d_model of Na
    double top_k;        // yun2024
    double expert_share; // yun2024: part of a dense model's parameters that experts replace
    double kv_group;     // query heads to a key-value head
    double latent;       // values a token keeps in a layer with latent attention; 0: keys and values of heads
    double flops_scale;  // all FLOPs times this: M/Na over 6, once a shape is known
    bool plain;          // 6 FLOPs for each of Na (of N where the law has no Na), as figures count runs
} Accounting;
extern const Accounting accounting_default;

enum { STANDARD_KV_GROUP = 2 }; // where nothing else is said (arXiv 2603.21862)

typedef struct {
    double N, Na, D; // total and active parameters in the law's own count, training tokens
    double E, granularity, G, S, sparsity;
    double ratio;             // Na/N where it is held; else not above 0
    double d_model, n_layers; // of the standard shape, not rounded
} Setting;

// From Na (and N where the law has it apart) and the structure: N, d_model, n_layers.
void setting_complete(LawKind kind, const Accounting *a, Setting *s);
// Training FLOPs per token, forward and backward; a third of it serves a token.
double setting_flops(LawKind kind, const Accounting *a, const Setting *s);
// Values that a token keeps in each layer's cache.
double setting_cache(const Accounting *a, const Setting *s);
Point setting_point(LawKind kind, const Accounting *a, const Setting *s);

#endif
