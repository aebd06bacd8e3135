// headlines_zhao.c - arXiv 2509.23678.
#include "decide/fivefactor.h"
#include "headlines.h"

#include <math.h>

static double loss_at(const FiveFactor *v, double N, double D, double Na, double G, double S) {
    return five_factor_loss(v, N, D, Na / N, G, S);
}

static void losses(Headlines *h, const FiveFactor *v) {
    static const double rows[][6] = {{1e9, 2e10, 2e8, 8, .125, 2.84412},
                                     {7e9, 1e11, 1e9, 8, .125, 2.41895},
                                     {3e10, 1e12, 3e9, 8, .125, 2.18833},
                                     {671e9, 14.8e12, 37e9, 9, 1.0 / 9, 1.99583}};
    for (int i = 0; i < 4; i++) {
        const double *r = rows[i];
        must_be(h, r[5], loss_at(v, r[0], r[1], r[2], r[3], r[4]), 1e-5, "loss at N=%.3g D=%.3g Na=%.3g G=%.3g S=%.3g",
                r[0], r[1], r[2], r[3], r[4]);
    }
    // What leaving the optimum costs.
    static const double away[][3] = {
        {30e9, .05, .0534}, {30e9, .09, .0299}, {30e9, .2, .0075}, {671e9, .05, .0162}, {671e9, .09, .0066}};
    double G = five_factor_best_G(v), S = five_factor_best_S(v), P = five_factor_P(v, G, S);
    for (int i = 0; i < 5; i++) {
        double N = away[i][0], best = five_factor_best_ratio(v, P, N, 0);
        double extra = five_factor_loss(v, N, 1e12, away[i][1], G, S) - five_factor_loss(v, N, 1e12, best, G, S);
        must_be(h, away[i][2], extra, 5.1e-5, "loss added by Na/N = %.2g at N = %.3g", away[i][1], N);
    }
}

void headlines_zhao(Headlines *h) {
    static const char *const unpublished = "losses of the 446 runs are not public";
    static const double ratios[][3] = {{20e9, .43, .4333}, {30e9, .40, .4007}, {671e9, .22, .2204}, {1e12, .20, .2041}};
    double p[LAW_MAX_PARAMETERS];
    FiveFactor v;
    h->paper = "zhao2025";
    h->provenance = PRINTED;
    five_factor(law_published("zhao2025", p, 0), p, &v);
    double G = five_factor_best_G(&v), S = five_factor_best_S(&v), P = five_factor_P(&v, G, S);
    must_be(h, 7, G, .5, "best G (printed: about 7)");
    h->provenance = ARITHMETIC;
    must_be(h, 6.7778, G, 1e-3, "best G from the printed coefficients");
    h->provenance = PRINTED;
    must_be(h, .31, S, .005, "best S");
    h->provenance = ARITHMETIC;
    must_be(h, .31485, S, 1e-3, "best S from the printed coefficients");
    must_be(h, 1.62826, P, 1e-4, "P at the best G and S");
    for (int i = 0; i < 4; i++) {
        double r = five_factor_best_ratio(&v, P, ratios[i][0], 0);
        h->provenance = PRINTED;
        must_be(h, ratios[i][1], r, .005, "best Na/N at N = %.3g", ratios[i][0]);
        h->provenance = ARITHMETIC;
        must_be(h, ratios[i][2], r, 1e-3, "the same from the printed coefficients");
    }
    must_be(h, .3626, five_factor_best_ratio(&v, five_factor_P(&v, 8, .125), 30e9, 0), 1e-3,
            "best Na/N at N = 30e9, G = 8, S = 1/8");
    must_be(h, .09, five_factor_best_ratio(&v, P, 30e9, .39), .0005,
            "efficient Na/N at 30e9 (our criterion: price 0.39)");
    must_be(h, .05, five_factor_best_ratio(&v, P, 671e9, .39), .0005, "efficient Na/N at 671e9 (the same price)");
    losses(h, &v);
    h->provenance = PRINTED;
    cannot_be(h, "5-9 %", NAN, "the paper states ranges, no criterion; ours are explicit",
              "efficiency-aware criterion");
    cannot_be(h, "13-31 %", S, "as above; the upper end is the best S", "efficiency-aware S");
    cannot_be(h, "12 values", NAN, unpublished, "coefficients refitted from the paper's runs");
    cannot_be(h, "in a figure", NAN, unpublished, "RMSE of the joint law against three earlier forms");
}
