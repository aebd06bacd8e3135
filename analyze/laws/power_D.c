// power_D.c - marginal law: a power law in D alone, the other factors held (first step of arXiv 2509.23678).
#include "law.h"

#include <math.h>

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    phi[0] = 0;
    phi[1] = exp(-theta[0] * p->ln[VAR_D]);
    phi[2] = 1;
    if (!dphi) return;
    dphi[0] = dphi[2] = 0;
    dphi[1] = -p->ln[VAR_D] * phi[1];
}

static const LawVariable variables[] = {{VAR_D, COUNT_ALL, "training tokens"}};
static const LawTheta theta[] = {{"beta", 0.01, 2.0, false, "exponent of D"}};
static const LawCoef coef[] = {{"b", +1, "data term"}, {"epsilon", +1, "what the factors that are held leave"}};

const Law law_power_D = {
    .name = "power_D",
    .title = "marginal power law in D",
    .citation = "building block of Zhao et al. 2025, arXiv 2509.23678",
    .formula = "L = b/D^beta + epsilon",
    .asymptote = "epsilon",
    .tex = "L &= b\\,D^{-\\beta} + \\epsilon",
    .n_variables = 1,
    .variables = variables,
    .n_theta = 1,
    .theta = theta,
    .n_coef = 2,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_power_D)
