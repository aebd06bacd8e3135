// allocation.h - the one allocator: least loss for a budget, under limits, for every law.
//
// Sought are the active size Na; the total size N where the law has it apart; G and S where the law has them and they
// are not held; and, one by one, the structures tried (experts, granularity, sparsity, Na/N). Tokens follow from the
// budget. Where the loss falls for ever as N grows there is no least loss, and that is said:
// docs/decisions/allocator.md.
#ifndef MOELAW_ALLOCATION_H
#define MOELAW_ALLOCATION_H

#include "accounting.h"
#include "fit/fit.h"

typedef struct {
    double flops;        // training and serving together
    double serve_tokens; // to be served over the model's life, each at serving_flops()
    double serve_batch;  // tokens that one decode step serves, and for which it reads all weights once
    double memory;       // bytes for weights and cache; INFINITY: no limit
    double weight_bytes; // per parameter
    double cache_bytes;  // per cached value
    double context;      // cached tokens in all
    double max_active, max_total;
    double least_ratio;   // Na/N at least this: what a pool of experts can hold; 0: no limit
    double data, repeats; // distinct tokens, and how often each may be seen
} Limits;
extern const Limits limits_default;

enum { CHOICES = 64 };
typedef struct {
    int n;
    double value[CHOICES];
} Choice;

typedef struct {
    const Law *law;
    const double *parameters;
    Accounting accounting;
    Limits limits;
    Choice experts, granularity, sparsity; // tried one by one, where the law has the variable
    Choice ratio;                          // Na/N, where the law has both; none: sought
    double G, S;                           // held at these; NAN: sought
    double edge_G[2], edge_S[2];           // where the law has no best G or S inside: the better of these is held
} AllocationTask;

typedef struct {
    Setting setting;
    double loss;        // NAN: no model within the limits
    double flops_token; // training FLOPs per token
    double flops_train, flops_serve, memory;
    bool at_memory, at_active, at_total, at_ratio, at_data; // the limits that hold it
    bool at_edge;                                           // the best structure is the first or last of those tried
    bool G_at_edge, S_at_edge;                              // the law has no best one: held at an edge
    bool sizeless;                                          // the loss falls for ever with size or with data alone
    bool endless;                                           // the loss falls for ever as N grows
} Allocation;

// The law with its paper's accounting and usual choices. BAD_INPUT if it has no size or no tokens to allocate.
Status allocation_open(AllocationTask *t, const Law *law, const double *parameters);
// The same of a fit, with its range.
Status allocation_of_fit(AllocationTask *t, const Fit *fit);
// Everything but sizes and tokens as in this point: experts, granularity, sparsity, G, S and Na/N.
void allocation_hold(AllocationTask *t, const Point *like);
// The size of least loss on a budget of 6 FLOPs a parameter and token, all else as in a point: what figures and tables
// show. A FitFunction for fit_interval(); context: const Budget * (fit/derived.h). NAN where there is none.
double allocated_size(const Law *law, const double *parameters, void *budget);
// Least loss. BAD_INPUT names the limit that leaves no model, or those that would bound N.
Status allocation_best(const AllocationTask *t, Allocation *best);
// Every structure apart, in the order of the choices; at most CHOICES. Those without a model have loss NAN.
int allocation_each(const AllocationTask *t, Allocation each[CHOICES]);
// The task with the choices of one structure alone.
AllocationTask allocation_only(const AllocationTask *t, const Setting *structure);
// Least compute whose best loss is at most `loss`. BAD_INPUT if no budget below 1e32 FLOPs reaches it.
Status allocation_for_loss(const AllocationTask *t, double loss, Allocation *best);
// With this Na and structure: the best N, and the tokens that the budget leaves; loss NAN if none.
Allocation allocation_at(const AllocationTask *t, const Setting *structure, double Na);
// Range of Na around the best one within `percent` of its loss, N at its best and D following from the budget.
void allocation_band(const AllocationTask *t, const Allocation *best, double percent, double Na[2], double D[2]);
// "total parameters": the limit that holds it; "budget" if only that.
const char *allocation_binding(const Allocation *a);
// FLOPs that a served token takes: a third of a training token's, or the time in which a step reads all weights.
double serving_flops(const AllocationTask *t, const Setting *s);

#endif
