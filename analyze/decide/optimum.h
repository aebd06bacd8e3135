// optimum.h - the best G, S and Na/N of the five-factor law, what leaving them costs, and cheaper choices close to
// them.
#ifndef MOELAW_OPTIMUM_H
#define MOELAW_OPTIMUM_H

#include "fivefactor.h"

typedef struct {
    double N, D;
    double G, S, ratio, Na, loss;
    bool G_inside, S_inside, ratio_inside; // false: the law has no minimum there; an edge is given instead
} Optimum;

// best_factors() of a five-factor law, which `moelaw fit` prints too. `edge_G`, `edge_S`: what to give where the
// coefficients have no interior minimum (the fitted range). `price` in nats per unit of Na/N.
Optimum optimum_at(const Law *law, const double *parameters, double N, double D, double price, const double edge_G[2],
                   const double edge_S[2]);

double optimum_loss(const FiveFactor *v, double N, double D, double ratio, double G, double S);

// Smallest Na/N whose loss (at the optimum's N, D, G, S) is within `percent` of the optimum's.
double optimum_least_ratio(const FiveFactor *v, const Optimum *best, double percent);

// All settings within `percent` of the best loss, one factor moved at a time.
typedef struct {
    double G[2], S[2], ratio[2];
} OptimumBand;
OptimumBand optimum_band(const FiveFactor *v, const Optimum *best, double percent);

#endif
