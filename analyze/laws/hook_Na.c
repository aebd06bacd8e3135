// hook_Na.c - marginal law: active parameters at fixed N and D. Loss falls, then rises (arXiv 2509.23678).
#include "law.h"

#include <math.h>

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    phi[0] = 0;
    phi[1] = exp(-theta[0] * p->ln[VAR_NA]);
    phi[2] = p->x[VAR_NA] / p->x[VAR_N];
    phi[3] = 1;
    if (!dphi) return;
    dphi[0] = dphi[2] = dphi[3] = 0;
    dphi[1] = -p->ln[VAR_NA] * phi[1];
}

static const LawVariable variables[] = {
    {VAR_NA, COUNT_ALL, "parameters active for one token"},
    {VAR_N, COUNT_ALL, "total parameters, held"},
};
static const LawTheta theta[] = {{"alpha", 0.01, 2.0, false, "exponent of Na"}};
static const LawCoef coef[] = {
    {"c", +1, "falling term"},
    {"h", +1, "rising term, of Na/N"},
    {"epsilon", +1, "what the factors that are held leave"},
};

const Law law_hook_Na = {
    .name = "hook_Na",
    .title = "marginal hook in Na",
    .citation = "building block of Zhao et al. 2025, arXiv 2509.23678",
    .formula = "L = c/Na^alpha + h Na/N + epsilon",
    .asymptote = "epsilon",
    .tex = "L &= c\\,N_a^{-\\alpha} + h\\,N_a/N + \\epsilon",
    .n_variables = 2,
    .variables = variables,
    .n_theta = 1,
    .theta = theta,
    .n_coef = 3,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_hook_Na)
