// derived.h - what follows from a law's coefficients: best G, S, Na/N, and compute-optimal N and D, with intervals.
//
// All numeric, from the law alone, so that every law with the variable has it. A best value that is an end of what was
// searched is none: the loss falls up to there and beyond.
#ifndef MOELAW_DERIVED_H
#define MOELAW_DERIVED_H

#include "fit.h"
#include "minimum.h"

enum { MAX_DERIVED = 8 };

typedef struct {
    const char *name; // "G", "S", "Na_over_N", "N_opt", "D_opt"
    double value;     // NAN unless end is INSIDE
    MinimumEnd end;
    Interval ci95;
    double at;    // the N (Na_over_N) or the C in FLOPs (N_opt, D_opt) that it is for; NAN for the others
    bool outside; // outside the fitted range
} Derived;

// At N = n (NAN: the largest of the fitted range) and C = flops (NAN: 6 N D of the largest fitted N and D).
int derive(const Fit *fit, double n, double flops, Derived derived[MAX_DERIVED]);

// The names that derive() uses, NULL-terminated.
extern const char *const derived_names[];
// Why there is no best one, for people; "" if there is.
const char *derived_end_text(const Derived *d);

// ---- at given N: G, S and Na/N --------------------------------------------------------------------------------------

// Where the best factors are asked for. Where a law has no best G or S inside what is searched, it stands at the better
// of these ends instead.
typedef struct {
    double N, price; // price: nats a unit of Na/N costs, 0 for the loss alone
    double G[2], S[2];
} BestAt;

// At the ends of the fitted range (1..20 and 0..0.7 where it is unknown), without a price.
BestAt best_at(const Fit *fit, double N);

// Each with the value in natural units; x of a variable that the law has not is NAN, end NOWHERE.
typedef struct {
    Minimum G, S, ratio;
    double at_G, at_S; // what G and S stand at for `ratio`: their best, or an end of BestAt
} BestFactors;
BestFactors best_factors(const Law *law, const double *parameters, const BestAt *at);

// The same as functions for fit_interval(): -INFINITY and +INFINITY for the ends, NAN where there is none.
double best_g(const Law *law, const double *parameters, void *none);
double best_s(const Law *law, const double *parameters, void *none);
double best_ratio(const Law *law, const double *parameters, void *at); // at: const BestAt *

// ---- at a given budget: N and D ------------------------------------------------------------------------------------

// The range that compute-optimal sizes are looked for in: no model and no text smaller than this.
static const double least_size = 1e3, least_tokens = 1e3;

// C = 6 Na D FLOPs (6 N D for laws without Na) to spend; what size does not decide stays as in base, Na/N included.
typedef struct {
    Point base;
    double flops;
} Budget;

// The point of size `size` (Na for laws that have it, else N) that spends the budget.
Point on_budget(const Law *law, const Point *base, double size, double flops);
// The size of least loss on a budget, ends as above; budget: const Budget *.
double best_size(const Law *law, const double *parameters, void *budget);

#endif
