// offers.h - the two budget problems of serving (arXiv 2404.02852): for each number of experts (or other structure) a
// model that reaches a loss for least serving cost, or least loss below a serving cost, all from one training budget.
//
// Over-training is the means: a smaller model than the loss-optimal one, on more tokens, costs the same to train.
#ifndef MOELAW_OFFERS_H
#define MOELAW_OFFERS_H

#include "allocated.h"
#include "serving.h"
#include "sheet.h"

typedef struct {
    Allocation model;
    Serving serving;
    double training_dollars;
    double of_optimal; // Na relative to the loss-optimal Na of this structure at the same training budget
    bool possible;
} Offer;

typedef struct {
    AllocationTask problem; // limits.flops: the training budget
    const Hardware *hardware;
    Workload workload;
    const Latencies *latencies; // NULL: roofline
    double bytes;
} Market;

// Where N is free and no Na/N is held: some to offer, as experts are for other laws.
void offers_structures(Market *m);
// What one model costs, in one row.
Sheet serving_sheet(const Served *m, const Serving *r);

// One per structure, at most CHOICES; returns how many. `possible` is false where no node holds the model, or the goal
// is out of reach for that structure.
int offers_optimal(const Market *m, Offer *list);
// Smallest (over-trained) model whose loss is at most `loss`, all budget spent.
int offers_at_loss(const Market *m, double loss, Offer *list);
// Least loss among models that serve a million tokens for at most `cost`.
int offers_at_cost(const Market *m, double cost, Offer *list);
// Each structure trained loss-optimally with just the compute that reaches `loss`.
int offers_equal_loss(const Market *m, double loss, Offer *list);

// Index of the possible offer with least cost or least loss; -1 if none.
int offers_cheapest(const Offer *list, int n);
int offers_best(const Offer *list, int n);

// All four, with the bounds that were asked for or those of a reference structure's loss-optimal model.
typedef struct {
    double reference;  // experts (granularity, sparsity, Na/N); the first that can be served where there is none such
    double loss, cost; // NAN: the reference's
} ServeQuestion;
enum { LOSS_OPTIMAL, BOUNDED_LOSS, EQUAL_LOSS, BOUNDED_COST, SERVE_PROBLEMS };
typedef struct {
    double loss, cost;
    Sheet sheet[SERVE_PROBLEMS];
    char title[SERVE_PROBLEMS][160];
} Offers;
// BAD_INPUT names the bound that leaves nothing. Free with offers_free().
Status offers_answer(const Market *m, const Fit *fit, const ServeQuestion *q, Offers *o, Warnings *w);
void offers_free(Offers *o);

#endif
