// ludziejewski2025.c - the joint law of dense models and experts (arXiv 2502.05172). Signs as in the paper; two notes
// in circulation flip some of them.
#include "law.h"
#include "saturation.h"

enum { ALPHA, DELTA, GAMMA, BETA, OMEGA, ZETA, E_START, E_MAX, N_THETA };
enum { OFFSET, A, B, C, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double saturation[2], log_n = p->ln[VAR_NA], log_d = p->ln[VAR_D];
    double log_e = saturated_log_experts(p->x[VAR_E], theta[E_START], theta[E_MAX], dphi ? saturation : NULL);
    phi[OFFSET] = 0;
    phi[A] = exp(theta[DELTA] * log_e + (theta[ALPHA] + theta[GAMMA] * log_e) * log_n);
    phi[B] = exp(theta[OMEGA] * log_e + (theta[BETA] + theta[ZETA] * log_e) * log_d);
    phi[C] = 1;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    double *a = dphi + A * N_THETA, *b = dphi + B * N_THETA;
    a[ALPHA] = phi[A] * log_n;
    a[DELTA] = phi[A] * log_e;
    a[GAMMA] = phi[A] * log_e * log_n;
    b[BETA] = phi[B] * log_d;
    b[OMEGA] = phi[B] * log_e;
    b[ZETA] = phi[B] * log_e * log_d;
    for (int t = 0; t < 2; t++) {
        a[E_START + t] = phi[A] * (theta[DELTA] + theta[GAMMA] * log_n) * saturation[t];
        b[E_START + t] = phi[B] * (theta[OMEGA] + theta[ZETA] * log_d) * saturation[t];
    }
}

static const LawVariable variables[] = {
    {VAR_NA, COUNT_ALL, "parameters active for one token, embeddings counted"},
    {VAR_D, COUNT_ALL, "training tokens"},
    {VAR_E, COUNT_ALL, "experts a layer (top-1); 1 for a dense model"},
};
static const LawTheta theta[] = {
    {"alpha", -1.5, -0.01, false, "exponent of Na at Ehat = 1"},
    {"delta", -2.0, 2.0, false, "exponent of Ehat in the size term"},
    {"gamma", -0.2, 0.2, false, "how the exponent of Na changes with log Ehat"},
    {"beta", -1.5, -0.01, false, "exponent of D at Ehat = 1"},
    {"omega", -2.0, 2.0, false, "exponent of Ehat in the data term"},
    {"zeta", -0.2, 0.2, false, "how the exponent of D changes with log Ehat"},
    {"E_start", 1.0, 32.0, true, "expert count below which more experts do not help yet"},
    {"E_max", 33.0, 1e5, true, "expert count above which more experts do not help any more"},
};
static const LawCoef coef[] = {
    {"a", +1, "size term"},
    {"b", +1, "data term"},
    {"c", +1, "irreducible loss"},
};
static const LawSet sets[] = {
    {"ludziejewski2025",
     "arXiv 2502.05172",
     NULL,
     {-0.1889, -0.2285, 0.0098, -0.1775, 0.5529, -0.0259, 2.0732, 290.4521, 35.91, 35.98, 1.3637}},
};

const Law law_ludziejewski2025 = {
    .name = "ludziejewski2025",
    .title = "joint law of dense models and experts",
    .citation = "Ludziejewski et al. 2025, arXiv 2502.05172",
    .formula = "L = a Ehat^delta Na^(alpha + gamma ln Ehat) + b Ehat^omega D^(beta + zeta ln Ehat) + c\n"
               "1/Ehat = 1/(E - 1 + 1/(1/E_start - 1/E_max)) + 1/E_max",
    .asymptote = "c",
    .tex = "L &= a\\,\\hat{E}^{\\delta} N_a^{\\alpha + \\gamma\\ln\\hat{E}} + b\\,\\hat{E}^{\\omega} D^{\\beta + "
           "\\zeta\\ln\\hat{E}}"
           " + c,\\\\ " SATURATION_TEX,
    .kind = KIND_EXPERTS,
    .range = {[VAR_NA] = {79e6, 2.7e9}, [VAR_D] = {0.5e9, 80e9}, [VAR_E] = {1, 32}},
    .range_source = "grid of arXiv 2502.05172",
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
LAW_REGISTER(law_ludziejewski2025)
