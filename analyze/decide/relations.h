// relations.h - published relations that are no loss laws: compute allocation and ratios of the holistic architecture
// study (wan2026, arXiv 2603.21862), efficiency leverage (tian2025, arXiv 2507.17702), size multiplier of sparse
// weights (arXiv 2309.08520).
#ifndef MOELAW_RELATIONS_H
#define MOELAW_RELATIONS_H

#include "decision.h"
#include "sheet.h"

// A power law y = factor * C^exponent.
typedef struct {
    double factor, exponent;
} Power;
double power_at(Power p, double C);

// wan2026: C in raw FLOPs, M in FLOPs per token (forward and backward), D in tokens; M D = C to 4e-5.
extern const Power wan_M, wan_D;

enum { WAN_SCALES = 6 };
typedef struct {
    double C;                        // FLOPs
    double M, D;                     // printed: FLOPs per token, tokens
    double x, y, y_adopted;          // M/Na (median of the listed architectures), N/Na optimum, N/Na adopted
    int d_head, n_heads, n_kv_heads; // at this scale
    int widest[4], narrowest[4];     // d_model, dense layers, MoE layers, d_ff_expert
} WanScale;
extern const WanScale wan_scales[WAN_SCALES];

// The optimum of M/Na over C: 6 + a power law through the medians of the published architectures (the paper prints its
// own only as a figure). M/Na > 6 always, so what is fitted is the part above 6.
double wan_x(double C);
// The same for N/Na, through the printed optima of the six scales.
Power wan_y(void);

// tian2025: EL = compute of a dense model / compute of the MoE at equal loss. A: activation ratio (shared experts in
// both counts), granularity as the paper defines it, C in FLOPs. log2 of the granularity and log10 of C are inferred:
// the paper prints no bases; of nine combinations only this one gives its headlines.
double tian_leverage(double A, double granularity, double C);
double tian_best_granularity(void);
// Allocations printed by the same paper: M in FLOPs per token, D in tokens.
extern const Power tian_moe_M, tian_moe_D, tian_dense_M, tian_dense_D, tian_lr, tian_batch;

// The split of compute printed by a paper: published:wan2026, published:tian2025, published:tian2025-dense.
bool published_split(const char *spec, Power *M, Power *D);

// What these papers say for a budget, in one row.
Sheet tian_answer(double C, double activation);
Sheet wan_answer(double C, Warnings *w);
void warn_outside_wan(Warnings *w, double C);

// Least squares of log y on log x: y = factor x^exponent.
Power power_fit(const double *x, const double *y, int n);

#endif
