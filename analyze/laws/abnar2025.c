// abnar2025.c - the law of parameters against FLOPs: expert sparsity (arXiv 2501.12370).
#include "law.h"

#include <math.h>

enum { ALPHA, BETA, LAMBDA, DELTA, GAMMA, N_THETA };
enum { OFFSET, A, B, C, D, E, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double log_n = p->ln[VAR_N], log_d = p->ln[VAR_D], log_kept = log1p(-p->x[VAR_SPARSITY]);
    phi[OFFSET] = 0;
    phi[A] = exp(-theta[ALPHA] * log_n);
    phi[B] = exp(-theta[BETA] * log_d);
    phi[C] = exp(-theta[LAMBDA] * log_kept);
    phi[D] = exp(-theta[DELTA] * log_kept - theta[GAMMA] * log_n);
    phi[E] = 1;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    dphi[A * N_THETA + ALPHA] = -log_n * phi[A];
    dphi[B * N_THETA + BETA] = -log_d * phi[B];
    dphi[C * N_THETA + LAMBDA] = -log_kept * phi[C];
    dphi[D * N_THETA + DELTA] = -log_kept * phi[D];
    dphi[D * N_THETA + GAMMA] = -log_n * phi[D];
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_ALL, "total parameters"},
    {VAR_D, COUNT_ALL, "training tokens"},
    {VAR_SPARSITY, COUNT_ALL, "share of experts that is off: (E - K)/E"},
};
static const LawTheta theta[] = {
    {"alpha", 0.01, 2.0, false, "exponent of N"},
    {"beta", 0.01, 2.0, false, "exponent of D"},
    {"lambda", -2.0, 2.0, false, "exponent of the active share alone (negative: more sparsity, less loss)"},
    {"delta", -2.0, 2.0, false, "exponent of the active share in its term with N"},
    {"gamma", 0.01, 2.0, false, "exponent of N in that term"},
};
static const LawCoef coef[] = {
    {"a", +1, "size term"},        {"b", +1, "data term"},
    {"c", +1, "sparsity term"},    {"d", +1, "sparsity and size term"},
    {"e", +1, "irreducible loss"},
};
static const LawSet sets[] = {
    {"abnar2025",
     "arXiv 2501.12370",
     "one source; budgets counted as 6 (1 - S) N D",
     {.5962, .3954, -.1666, .1603, .1595, 16612.50, 5455.67, .4598, 17.26, .94}},
};

const Law law_abnar2025 = {
    .name = "abnar2025",
    .title = "law of size, data and expert sparsity",
    .citation = "Abnar et al. 2025, arXiv 2501.12370",
    .formula = "L = a/N^alpha + b/D^beta + c/(1-sparsity)^lambda + d/((1-sparsity)^delta N^gamma) + e",
    .asymptote = "e",
    .tex =
        "L &= a\\,N^{-\\alpha} + b\\,D^{-\\beta} + c\\,(1-S)^{-\\lambda} + d\\,(1-S)^{-\\delta}N^{-\\gamma} + e,\\qquad"
        " S\\ \\mathrm{the\\ sparsity}",
    .kind = KIND_SPARSE,
    .range = {[VAR_SPARSITY] = {0, 0.98}},
    .range_source = "grid of arXiv 2501.12370",
    .n_variables = 3,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .n_sets = 1,
    .sets = sets,
    .basis = basis,
};
LAW_REGISTER(law_abnar2025)
