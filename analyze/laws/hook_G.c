// hook_G.c - marginal law: active experts, the other factors held. A U shape with its minimum at sqrt(f/e)
// (arXiv 2509.23678).
#include "law.h"

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    (void)theta;
    (void)dphi; // no exponent to derive to
    phi[0] = 0;
    phi[1] = p->x[VAR_G];
    phi[2] = 1 / p->x[VAR_G];
    phi[3] = 1;
}

static const LawVariable variables[] = {{VAR_G, COUNT_ALL, "experts active for one token, shared ones included"}};
static const LawCoef coef[] = {
    {"e", +1, "linear term of G"},
    {"f", +1, "inverse term of G"},
    {"epsilon", +1, "what the factors that are held leave"},
};

const Law law_hook_G = {
    .name = "hook_G",
    .title = "marginal hook in G",
    .citation = "building block of Zhao et al. 2025, arXiv 2509.23678",
    .formula = "L = e G + f/G + epsilon",
    .asymptote = "epsilon",
    .tex = "L &= e\\,G + f/G + \\epsilon",
    .n_variables = 1,
    .variables = variables,
    .n_coef = 3,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_hook_G)
