// krajewski2024.c - the law of fine-grained experts (arXiv 2402.07871).
#include "law.h"

#include <math.h>

enum { ALPHA, BETA, GAMMA, N_THETA };
enum { OFFSET, G, A, B, C, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double log_n = p->ln[VAR_N], log_d = p->ln[VAR_D], log_g = p->ln[VAR_GRANULARITY];
    phi[OFFSET] = 0;
    phi[A] = exp(-theta[ALPHA] * log_n);
    phi[G] = phi[A] * exp(-theta[GAMMA] * log_g);
    phi[B] = exp(-theta[BETA] * log_d);
    phi[C] = 1;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    dphi[G * N_THETA + ALPHA] = -log_n * phi[G];
    dphi[G * N_THETA + GAMMA] = -log_g * phi[G];
    dphi[A * N_THETA + ALPHA] = -log_n * phi[A];
    dphi[B * N_THETA + BETA] = -log_d * phi[B];
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_NONEMB, "total parameters, embeddings not counted"},
    {VAR_D, COUNT_ALL, "training tokens"},
    {VAR_GRANULARITY, COUNT_ALL, "width of the dense block over width of an expert (here 4 d_model / d_ff_expert)"},
};
static const LawTheta theta[] = {
    {"alpha", 0.01, 1.5, false, "exponent of N"},
    {"beta", 0.01, 1.5, false, "exponent of D"},
    {"gamma", 0.01, 3.0, false, "exponent of granularity"},
};
static const LawCoef coef[] = {
    {"g", +1, "what coarse experts cost"},
    {"a", +1, "size term"},
    {"b", +1, "data term"},
    {"c", +1, "irreducible loss"},
};
static const LawSet sets[] = {
    {"krajewski2024",
     "arXiv 2402.07871, MoE at expansion rate 64",
     "rounded: losses come out 0.011-0.023 low",
     {0.115, 0.147, 0.58, 2.1, 18.1, 30.8, 0.47}},
    {"krajewski2024-dense",
     "arXiv 2402.07871, dense models",
     "c taken over from the MoE fit; g = 0",
     {0.126, 0.127, 0.58, 0, 16.3, 26.7, 0.47}},
};

const Law law_krajewski2024 = {
    .name = "krajewski2024",
    .title = "law of fine-grained experts",
    .citation = "Krajewski, Ludziejewski et al. 2024, arXiv 2402.07871",
    .formula = "L = c + (g/granularity^gamma + a)/N^alpha + b/D^beta",
    .asymptote = "c",
    .tex = "L &= c + \\left(g\\,G^{-\\gamma} + a\\right)N^{-\\alpha} + b\\,D^{-\\beta},\\qquad G\\ \\mathrm{the\\ "
           "granularity}",
    .kind = KIND_GRANULAR,
    .granularity = "g",
    .range = {[VAR_N] = {129e6, 3.7e9}, [VAR_D] = {16e9, 130e9}, [VAR_GRANULARITY] = {1, 16}},
    .range_source = "grid of arXiv 2402.07871",
    .n_variables = 3,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .n_sets = 2,
    .sets = sets,
    .basis = basis,
};
LAW_REGISTER(law_krajewski2024)
