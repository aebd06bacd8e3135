// power_N.c - marginal law: a power law in N alone, the other factors held (first step of arXiv 2509.23678).
#include "law.h"

#include <math.h>

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    phi[0] = 0;
    phi[1] = exp(-theta[0] * p->ln[VAR_N]);
    phi[2] = 1;
    if (!dphi) return;
    dphi[0] = dphi[2] = 0;
    dphi[1] = -p->ln[VAR_N] * phi[1];
}

static const LawVariable variables[] = {{VAR_N, COUNT_ALL, "total parameters"}};
static const LawTheta theta[] = {{"alpha", 0.01, 2.0, false, "exponent of N"}};
static const LawCoef coef[] = {{"a", +1, "size term"}, {"epsilon", +1, "what the factors that are held leave"}};

const Law law_power_N = {
    .name = "power_N",
    .title = "marginal power law in N",
    .citation = "building block of Zhao et al. 2025, arXiv 2509.23678",
    .formula = "L = a/N^alpha + epsilon",
    .asymptote = "epsilon",
    .tex = "L &= a\\,N^{-\\alpha} + \\epsilon",
    .n_variables = 1,
    .variables = variables,
    .n_theta = 1,
    .theta = theta,
    .n_coef = 2,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_power_N)
