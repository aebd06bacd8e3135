// holistic.h - the counting of arXiv 2603.21862 (wan2026), its identities, and its ratio laws.
//
// Embedding, router and norms are left out. With L = L_d + L_m layers, s shared and K routed experts active of Ne:
//     Na = 2 (Nq + Nkv) d_qkv d L + 3 d d_d L_d + 3 d d_m (K + s) L_m
//     N  = Na + 3 d d_m (Ne - K) L_m
//     M  = 6 Na + 6 T Nq d_qkv L      FLOPs per token at sequence length T, forward and backward
// d_ff_shared may be any width here: s = d_ff_shared / d_ff_expert.
#ifndef MOELAW_HOLISTIC_H
#define MOELAW_HOLISTIC_H

#include "relations.h"
#include "run/shape.h"

typedef struct {
    double Na, N, M;
    double x, y;          // M/Na, N/Na
    double r_a, r_d, r_m; // shares of M: attention (projections and scores), dense FFN, active experts
} Holistic;
Holistic holistic_count(const Shape *s);

// Largest N/Na there can be: every active parameter in experts.
double holistic_most_y(int n_experts, int top_k, int n_shared);

// How M/Na and N/Na trade against the loss at a budget C:
//     L = a/(x - 6) + b x + e/(y - 1) + f/(y_max - y) + const
// with minima x* = 6 + sqrt(a/b) and y*; written as minima and one slope each, all power laws of C.
typedef struct {
    Power above_6; // x* - 6
    Power share;   // rho = (y* - 1)/(y_max - 1), the experts' share of Na, which carries over to other Ne and K
    bool measured; // from a table of runs; else published minima, and slopes must come from a loss law
    Power slope_x; // b, nats per unit of M/Na
    Power gain_y;  // e/(y* - 1)^2, nats per unit of N/Na
    int n_scales, n_rows;
} Ratios;
Ratios ratios_published(void);
// From a run table with columns M, D (or C), N, Na, loss, num_experts, top_k, num_shared; non-embedding counts are
// preferred. Scales are runs of equal C within 10 %, at least 6 runs each. BAD_INPUT if none has an interior minimum.
Status ratios_read(const char *path, Ratios *r);

#endif
