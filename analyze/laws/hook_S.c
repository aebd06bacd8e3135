// hook_S.c - marginal law: the shared part, the other factors held. A parabola with its minimum at -n/(2m)
// (arXiv 2509.23678).
#include "law.h"

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    (void)theta;
    (void)dphi; // no exponent to derive to
    phi[0] = 0;
    phi[1] = p->x[VAR_S] * p->x[VAR_S];
    phi[2] = p->x[VAR_S];
    phi[3] = 1;
}

static const LawVariable variables[] = {{VAR_S, COUNT_ALL, "shared experts' part of G"}};
static const LawCoef coef[] = {
    {"m", +1, "quadratic term of S"},
    {"n", -1, "linear term of S"},
    {"epsilon", +1, "what the factors that are held leave"},
};

const Law law_hook_S = {
    .name = "hook_S",
    .title = "marginal hook in S",
    .citation = "building block of Zhao et al. 2025, arXiv 2509.23678",
    .formula = "L = m S^2 + n S + epsilon",
    .asymptote = "epsilon",
    .tex = "L &= m\\,S^2 + n\\,S + \\epsilon",
    .n_variables = 1,
    .variables = variables,
    .n_coef = 3,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_hook_S)
