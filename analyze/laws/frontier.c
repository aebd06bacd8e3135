// frontier.c - loss against compute alone, along runs that spend it well: what most teams fit before a large run.
#include "law.h"

#include <math.h>

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    phi[0] = 0;
    phi[1] = 1;
    phi[2] = exp(-theta[0] * p->ln[VAR_C]);
    if (!dphi) return;
    dphi[0] = dphi[1] = 0;
    dphi[2] = -p->ln[VAR_C] * phi[2];
}

static const LawVariable variables[] = {{VAR_C, COUNT_ALL, "training FLOPs of compute-optimal runs"}};
static const LawTheta theta[] = {{"a", 0.005, 1.0, false, "exponent of compute"}};
static const LawCoef coef[] = {{"E", +1, "irreducible loss"}, {"A", +1, "compute term"}};

const Law law_frontier = {
    .name = "frontier",
    .title = "compute-optimal frontier",
    .citation = "one power of compute over a floor, as most teams fit it",
    .formula = "L = E + A/C^a",
    .asymptote = "E",
    .tex = "L &= E + A\\,C^{-a}",
    .n_variables = 1,
    .variables = variables,
    .n_theta = 1,
    .theta = theta,
    .n_coef = 2,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_frontier)
