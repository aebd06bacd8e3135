// allocation.h - least loss for a budget: how to split compute between size and tokens, and what structure to give it.
//
// One minimiser over log Na lies inside loops over the structures the law knows (experts, granularity, sparsity); the
// tokens follow from the budget. hoffmann2022 without limits has a closed form.
#ifndef MOELAW_ALLOCATION_H
#define MOELAW_ALLOCATION_H

#include "accounting.h"
#include "ground/status.h"

typedef struct {
    double flops;        // training and serving together
    double serve_tokens; // to be served over the model's life, at a third of a training token's FLOPs
    double memory;       // bytes for weights and cache; INFINITY: no limit
    double weight_bytes; // per parameter
    double cache_bytes;  // per cached value
    double context;      // cached tokens in all (keys and values of d_model values a layer)
    double max_active, max_total;
    double data, repeats; // distinct tokens, and how often each may be seen
    double ratio;         // Na/N held at this, for KIND_FREE; NAN: free
} Limits;
extern const Limits limits_default;

enum { CHOICES = 32 };
typedef struct {
    int n;
    double value[CHOICES];
} Choice;

typedef struct {
    const Law *law;
    const double *parameters;
    LawKind kind;
    Accounting accounting;
    Limits limits;
    Choice experts, granularity, sparsity; // tried one by one, where the law has the variable
    double G, S;                           // held at these; NAN: at the law's optimum
} Budget;

typedef struct {
    Setting setting;
    double loss;
    double flops_token; // training FLOPs per token
    double flops_train, flops_serve, memory;
    bool at_memory, at_active, at_total, at_data, at_edge; // which limit holds it; edge: of the choices tried
} Allocation;

// A problem with the paper's accounting and usual choices. BAD_INPUT if the law has no size or no tokens to allocate.
Status budget_open(Budget *p, const Law *law, const double *parameters);
// Least loss. BAD_INPUT names the limit that leaves no model.
Status allocation_best(const Budget *p, Allocation *best);
// Every structure apart, in the order of the choices; at most CHOICES. Those without a model have loss NAN.
int allocation_each(const Budget *p, Allocation each[CHOICES]);
// Least compute whose best loss is at most `loss`. BAD_INPUT if no budget below 1e32 FLOPs reaches it.
Status allocation_for_loss(const Budget *p, double loss, Allocation *best);
// With this Na and structure, the tokens that the budget leaves; loss NAN if none.
Allocation allocation_at(const Budget *p, const Setting *structure, double Na);
// Range of Na around the best one within `percent` of its loss, D following from the budget.
void allocation_band(const Budget *p, const Allocation *best, double percent, double Na[2], double D[2]);

// hoffmann2022 at C FLOPs, C = 6 N D.
void allocation_closed(const Law *law, const double *parameters, double C, Allocation *best);

#endif
