// derive.h - what follows from a law's coefficients: best G, S, Na/N, and compute-optimal N and D, with intervals.
//
// All numeric, from the law alone, so that every law with the variable has it.
#ifndef MOELAW_DERIVE_H
#define MOELAW_DERIVE_H

#include "fit.h"

enum { MAX_DERIVED = 8 };

typedef struct {
    const char *name; // "G", "S", "Na_over_N", "N_opt", "D_opt"
    double value, ci95[2];
    double at;    // the N (Na_over_N) or the C in FLOPs (N_opt, D_opt) that it is for; NAN for the others
    bool at_edge; // the least loss is at the edge of what is possible: there is no optimum inside
    bool outside; // outside the fitted range
} Derived;

// At N = n (NAN: the largest of the fitted range) and C = flops (NAN: 6 N D of the largest fitted N and D).
int derive(const Fit *fit, double n, double flops, Derived derived[MAX_DERIVED]);

// The range that compute-optimal sizes are looked for in: no model and no text smaller than this.
static const double least_size = 1e3, least_tokens = 1e3;

// Argument of the least value of f on lo..hi by golden section.
typedef double (*LineFunction)(double x, void *context);
double line_minimum(LineFunction f, void *context, double lo, double hi);

// Best G and S of a law (NAN if it has no such variable), and the best Na/N at a given N with those.
double best_g(const Law *law, const double *parameters, void *none);
double best_s(const Law *law, const double *parameters, void *none);
double best_ratio(const Law *law, const double *parameters, void *n); // n: const double *

// C = 6 Na D FLOPs (6 N D for laws without Na) to spend; what size does not decide stays as in base, Na/N included.
typedef struct {
    Point base;
    double flops;
} Budget;

// The point of size `size` (Na for laws that have it, else N) that spends the budget.
Point on_budget(const Law *law, const Point *base, double size, double flops);
// The size of least loss on a budget; budget: const Budget *.
double best_size(const Law *law, const double *parameters, void *budget);

#endif
