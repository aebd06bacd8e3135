// optimum.c - see optimum.h.
#include "optimum.h"

#include "fit/derived.h"

#include <math.h>

double optimum_loss(const FiveFactor *v, double N, double D, double ratio, double G, double S) {
    double n = pow(N, -v->alpha), na = pow(ratio * N, -v->alpha);
    return five_factor_P(v, G, S) * (n + v->k * na + v->h * ratio) + v->a * n + v->b * pow(D, -v->beta) + v->c * na +
           v->epsilon;
}

Optimum optimum_at(const Law *law, const double *parameters, double N, double D, double price, const double edge_G[2],
                   const double edge_S[2]) {
    const BestAt at = {N, price, {edge_G[0], edge_G[1]}, {edge_S[0], edge_S[1]}};
    BestFactors b = best_factors(law, parameters, &at);
    Optimum o = {.N = N, .D = D, .G = b.at_G, .S = b.at_S, .ratio = isnan(b.ratio.x) ? 1 : b.ratio.x};
    o.G_inside = b.G.end == INSIDE;
    o.S_inside = b.S.end == INSIDE;
    o.ratio_inside = b.ratio.end == INSIDE;
    o.Na = o.ratio * N;
    FiveFactor v;
    o.loss = five_factor(law, parameters, &v) ? optimum_loss(&v, N, D, o.ratio, o.G, o.S) : NAN;
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
