// optimum.c - see optimum.h.
#include "optimum.h"

#include "fit/minimum.h"

#include <math.h>

double optimum_loss(const FiveFactor *v, double N, double D, double ratio, double G, double S) {
    double n = pow(N, -v->alpha), na = pow(ratio * N, -v->alpha);
    return five_factor_P(v, G, S) * (n + v->k * na + v->h * ratio) + v->a * n + v->b * pow(D, -v->beta) + v->c * na +
           v->epsilon;
}

static double edge(double lo, double hi, bool high) {
    return high ? hi : lo;
}

Optimum optimum_at(const FiveFactor *v, double N, double D, double price, const double edge_G[2],
                   const double edge_S[2]) {
    Optimum o = {.N = N, .D = D, .G = five_factor_best_G(v), .S = five_factor_best_S(v)};
    o.G_inside = !isnan(o.G);
    o.S_inside = !isnan(o.S);
    // Without an interior minimum the better end of the range: P is monotone or bends downwards there.
    if (!o.G_inside) o.G = edge(edge_G[0], edge_G[1], five_factor_P(v, edge_G[1], 0) < five_factor_P(v, edge_G[0], 0));
    if (!o.S_inside) o.S = edge(edge_S[0], edge_S[1], five_factor_P(v, 1, edge_S[1]) < five_factor_P(v, 1, edge_S[0]));
    o.ratio = five_factor_best_ratio(v, five_factor_P(v, o.G, o.S), N, price);
    o.ratio_inside = o.ratio < 1;
    if (isnan(o.ratio)) o.ratio = 1;
    o.Na = o.ratio * N;
    o.loss = optimum_loss(v, N, D, o.ratio, o.G, o.S);
    return o;
}

typedef struct {
    const FiveFactor *v;
    const Optimum *o;
    enum { ALONG_G, ALONG_S, ALONG_RATIO } along;
} Slice;

static double along(double x, void *context) {
    const Slice *s = context;
    const Optimum *o = s->o;
    switch (s->along) {
    case ALONG_G: return optimum_loss(s->v, o->N, o->D, o->ratio, exp(x), o->S);
    case ALONG_S: return optimum_loss(s->v, o->N, o->D, o->ratio, o->G, x);
    default: return optimum_loss(s->v, o->N, o->D, exp(x), o->G, o->S);
    }
}

OptimumBand optimum_band(const FiveFactor *v, const Optimum *best, double percent) {
    OptimumBand band = {0};
    double limit = best->loss * (1 + percent / 100);
    Slice s = {v, best, ALONG_G};
    band_around(along, &s, log(best->G), limit, log(0.01), log(1e4), band.G);
    s.along = ALONG_S;
    band_around(along, &s, best->S, limit, 0, 1, band.S);
    s.along = ALONG_RATIO;
    band_around(along, &s, log(best->ratio), limit, log(1e-6), 0, band.ratio);
    for (int i = 0; i < 2; i++) {
        band.G[i] = exp(band.G[i]);
        band.ratio[i] = exp(band.ratio[i]);
    }
    return band;
}

double optimum_least_ratio(const FiveFactor *v, const Optimum *best, double percent) {
    return optimum_band(v, best, percent).ratio[0];
}
