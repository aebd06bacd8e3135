// fallback.c - see fallback.h.
#include "fallback.h"

#include "optimum.h"

#include <math.h>

static double or_else(double x, double other) {
    return isfinite(x) ? x : other;
}

// Na/N in the middle of the fitted rows, as far as their ranges tell.
static double middle_ratio(const Fit *fit) {
    const double *N = fit->range[VAR_N], *Na = fit->range[VAR_NA];
    double ratio = sqrt(Na[0] * Na[1] / (N[0] * N[1]));
    return ratio > 0 && ratio < 1 ? ratio : 0.25;
}

void budget_fall_back(Budget *b, const Fit *fit, Warnings *w) {
    FiveFactor v;
    Warnings unused = {0};
    if (!w) w = &unused;
    if (!five_factor(b->law, b->parameters, &v)) return;
    const double edge_G[2] = {or_else(fit->range[VAR_G][0], 1), or_else(fit->range[VAR_G][1], 20)};
    const double edge_S[2] = {or_else(fit->range[VAR_S][0], 0), or_else(fit->range[VAR_S][1], 0.7)};
    Optimum o = optimum_at(b->law, b->parameters, 1e9, 1e10, 0, edge_G, edge_S);
    if (isnan(b->G) && !o.G_inside) {
        b->G = o.G;
        warning_add(w, "the fit gives no best G; held at the better edge of its runs, %.3g", o.G);
    }
    if (isnan(b->S) && !o.S_inside) {
        b->S = o.S;
        warning_add(w, "the fit gives no best S; held at the better edge of its runs, %.3g", o.S);
    }
    const Limits *l = &b->limits;
    if (!isnan(l->ratio) || isfinite(l->max_total) || isfinite(l->memory)) return;
    double P = five_factor_P(&v, isnan(b->G) ? o.G : b->G, isnan(b->S) ? o.S : b->S);
    double ratio = five_factor_best_ratio(&v, P, 1, 0), gain = v.alpha * (P * v.k + v.c);
    if (P * v.h > 0 && gain > 0 && isfinite(ratio)) return;
    b->limits.ratio = middle_ratio(fit);
    warning_add(w, "the fit gives no best Na/N; held at the middle of its runs, %.3g (--ratio or --max-total sets it)",
                b->limits.ratio);
}
