// fivefactor.c - see fivefactor.h.
#include "fivefactor.h"

#include <math.h>

bool five_factor(const Law *law, const double *parameters, FiveFactor *v) {
    const struct {
        const char *name;
        double *to;
    } wanted[] = {
        {"alpha", &v->alpha}, {"beta", &v->beta}, {"k", &v->k}, {"h", &v->h}, {"e", &v->e}, {"f", &v->f},
        {"m", &v->m},         {"n", &v->n},       {"a", &v->a}, {"b", &v->b}, {"c", &v->c}, {"epsilon", &v->epsilon},
    };
    if (law->kind != KIND_FIVE_FACTOR) return false;
    for (int i = 0; i < 12; i++) {
        int at = law_parameter_index(law, wanted[i].name);
        if (at < 0) return false;
        *wanted[i].to = parameters[at];
    }
    return true;
}

double five_factor_P(const FiveFactor *v, double G, double S) {
    return v->e * G + v->f / G + v->m * S * S + v->n * S;
}

double five_factor_loss(const FiveFactor *v, double N, double D, double ratio, double G, double S) {
    double n = pow(N, -v->alpha), na = pow(ratio * N, -v->alpha);
    return five_factor_P(v, G, S) * (n + v->k * na + v->h * ratio) + v->a * n + v->b * pow(D, -v->beta) + v->c * na +
           v->epsilon;
}

double five_factor_best_G(const FiveFactor *v) {
    return v->e > 0 && v->f > 0 ? sqrt(v->f / v->e) : NAN;
}

double five_factor_best_S(const FiveFactor *v) {
    if (!(v->m > 0)) return NAN;
    double S = -v->n / (2 * v->m);
    return S <= 0 ? 0 : S < 1 ? S : NAN;
}

double five_factor_best_ratio(const FiveFactor *v, double P, double N, double price) {
    double gain = v->alpha * (P * v->k + v->c), cost = P * v->h + price;
    if (!(gain > 0) || !(cost > 0)) return NAN;
    double ratio = pow(gain / cost, 1 / (1 + v->alpha)) * pow(N, -v->alpha / (1 + v->alpha));
    return fmin(ratio, 1);
}

FactorOptimum factor_optimum(const Law *law, const double *parameters, double D, const BestAt *at) {
    FiveFactor v;
    BestFactors b = best_factors(law, parameters, at);
    FactorOptimum o = {.N = at->N, .D = D, .G = b.at_G, .S = b.at_S, .ratio = b.ratio.x};
    o.G_inside = b.G.end == INSIDE;
    o.S_inside = b.S.end == INSIDE;
    o.ratio_inside = b.ratio.end == INSIDE;
    if (isnan(o.ratio)) o.ratio = 1;
    o.Na = o.ratio * o.N;
    o.loss = five_factor(law, parameters, &v) ? five_factor_loss(&v, o.N, D, o.ratio, o.G, o.S) : NAN;
    return o;
}

typedef struct {
    const FiveFactor *v;
    const FactorOptimum *o;
    enum { ALONG_G, ALONG_S, ALONG_RATIO } along;
} Slice;

static double along(double x, void *context) {
    const Slice *s = context;
    const FactorOptimum *o = s->o;
    switch (s->along) {
    case ALONG_G: return five_factor_loss(s->v, o->N, o->D, o->ratio, exp(x), o->S);
    case ALONG_S: return five_factor_loss(s->v, o->N, o->D, o->ratio, o->G, x);
    default: return five_factor_loss(s->v, o->N, o->D, exp(x), o->G, o->S);
    }
}

FactorBand factor_band(const FiveFactor *v, const FactorOptimum *best, double percent) {
    FactorBand band = {0};
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
