// zhao2025.c - the five-factor joint MoE law (arXiv 2509.23678, Eq. 11).
//
// The product P(G,S) * (1/N^alpha + k/Na^alpha + h Na/N) is bilinear; with k and h among theta the rest is linear.
#include "law.h"

#include <math.h>

enum { ALPHA, BETA, K, H, N_THETA };
enum { OFFSET, E, F, M, N, A, B, C, EPSILON, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double n = p->x[VAR_N], na = p->x[VAR_NA], g = p->x[VAR_G], s = p->x[VAR_S];
    double log_n = p->ln[VAR_N], log_na = p->ln[VAR_NA], log_d = p->ln[VAR_D];
    double n_power = exp(-theta[ALPHA] * log_n), na_power = exp(-theta[ALPHA] * log_na),
           d_power = exp(-theta[BETA] * log_d);
    double bracket = n_power + theta[K] * na_power + theta[H] * na / n;
    const double shape[] = {g, 1 / g, s * s, s}; // what e, f, m, n multiply
    phi[OFFSET] = 0;
    for (int i = 0; i < 4; i++) phi[E + i] = shape[i] * bracket;
    phi[A] = n_power;
    phi[B] = d_power;
    phi[C] = na_power;
    phi[EPSILON] = 1;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    for (int i = 0; i < 4; i++) {
        double *row = dphi + (E + i) * N_THETA;
        row[ALPHA] = shape[i] * (-log_n * n_power - theta[K] * log_na * na_power);
        row[K] = shape[i] * na_power;
        row[H] = shape[i] * na / n;
    }
    dphi[A * N_THETA + ALPHA] = -log_n * n_power;
    dphi[B * N_THETA + BETA] = -log_d * d_power;
    dphi[C * N_THETA + ALPHA] = -log_na * na_power;
}

static const LawVariable variables[] = {
    {VAR_D, COUNT_ALL, "training tokens"},
    {VAR_N, COUNT_ALL, "total parameters (the paper does not say whether embeddings count)"},
    {VAR_NA, COUNT_ALL, "parameters active for one token, attention included"},
    {VAR_G, COUNT_ALL, "experts active for one token, shared ones included"},
    {VAR_S, COUNT_ALL, "shared experts' part of G"},
};
static const LawTheta theta[] = {
    {"alpha", 0.02, 1.5, false, "exponent of N and of Na"},
    {"beta", 0.02, 1.5, false, "exponent of D"},
    {"k", 0, 10, false, "weight of Na in the bracket that G and S act on"},
    {"h", 0, 10, false, "weight of Na/N in that bracket"},
};
static const LawCoef coef[] = {
    {"e", +1, "linear term of G"}, {"f", +1, "inverse term of G"},      {"m", +1, "quadratic term of S"},
    {"n", -1, "linear term of S"}, {"a", +1, "total size term"},        {"b", +1, "data term"},
    {"c", +1, "active size term"}, {"epsilon", +1, "irreducible loss"},
};
static const LawSet sets[] = {
    {"zhao2025",
     "arXiv 2509.23678, Eq. 11 and appendix table",
     NULL,
     {0.2383, 0.4694, 0.0013, 0.0450, 0.1577, 7.2446, 5.1395, -3.2363, 38.051, 27129.05, 31.096, 1.8182}},
};

const Law law_zhao2025 = {
    .name = "zhao2025",
    .title = "five-factor joint MoE law",
    .citation = "Zhao et al. 2025, arXiv 2509.23678",
    .formula = "L = P(G,S) (1/N^alpha + k/Na^alpha + h Na/N) + a/N^alpha + b/D^beta + c/Na^alpha + epsilon\n"
               "P(G,S) = e G + f/G + m S^2 + n S",
    .asymptote = "epsilon",
    .tex =
        "L &= P(G,S)\\left(N^{-\\alpha} + k\\,N_a^{-\\alpha} + h\\,N_a/N\\right) + a\\,N^{-\\alpha} + b\\,D^{-\\beta}"
        " + c\\,N_a^{-\\alpha} + \\epsilon,\\\\ P(G,S) &= e\\,G + f/G + m\\,S^2 + n\\,S",
    .kind = KIND_FIVE_FACTOR,
    .range = {[VAR_D] = {10e9, 50e9},
              [VAR_N] = {133e6, 3.4e9},
              [VAR_NA] = {30e6, 2.2e9},
              [VAR_G] = {1, 20},
              [VAR_S] = {0, 0.7}},
    .range_source = "fit set of arXiv 2509.23678",
    .n_variables = 5,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .n_sets = 1,
    .sets = sets,
    .basis = basis,
};
LAW_REGISTER(law_zhao2025)
