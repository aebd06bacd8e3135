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
