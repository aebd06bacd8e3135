// fivefactor.h - what the five-factor law (arXiv 2509.23678, Eq. 11) decides in closed form at given N and D.
//
//     G* = sqrt(f/e)    S* = -n/(2m)    P* = P(G*, S*)
//     (Na/N)* = [alpha (P k + c) / (P h + price)]^(1/(1+alpha)) N^(-alpha/(1+alpha))
// `price` is what one unit of Na/N costs in nats per token; 0 gives the optimum of the loss alone. G* and S* hold at a
// budget too; (Na/N)* does not (allocation.h).
#ifndef MOELAW_FIVEFACTOR_H
#define MOELAW_FIVEFACTOR_H

#include "fit/derived.h"

typedef struct {
    double alpha, beta, k, h, e, f, m, n, a, b, c, epsilon;
} FiveFactor;

// False if the law is not of this form (KIND_FIVE_FACTOR, with these twelve coefficients).
bool five_factor(const Law *law, const double *parameters, FiveFactor *v);

double five_factor_P(const FiveFactor *v, double G, double S);
double five_factor_loss(const FiveFactor *v, double N, double D, double ratio, double G, double S);
// NAN where the coefficients give no interior minimum (e or f is 0: the loss falls with G, or with 1/G, without end).
double five_factor_best_G(const FiveFactor *v);
// In [0, 1); 0 where more sharing only hurts; NAN where the parabola opens downwards.
double five_factor_best_S(const FiveFactor *v);
// At most 1; NAN where there is none (no price and P h <= 0, or nothing that rewards active parameters).
double five_factor_best_ratio(const FiveFactor *v, double P, double N, double price);

// The best model of N parameters.
typedef struct {
    double N, D;
    double G, S, ratio, Na, loss;
    bool G_inside, S_inside, ratio_inside; // false: the law has no minimum there; an edge is given instead
} FactorOptimum;
// best_factors() of a five-factor law, which `moelaw fit` prints too.
FactorOptimum factor_optimum(const Law *law, const double *parameters, double D, const BestAt *at);

// All settings within `percent` of the best loss, one factor moved at a time.
typedef struct {
    double G[2], S[2], ratio[2];
} FactorBand;
FactorBand factor_band(const FiveFactor *v, const FactorOptimum *best, double percent);

#endif
