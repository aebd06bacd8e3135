// clark2022.c - the unified law of routed models (arXiv 2202.01169). Printed, and kept here, in logarithms of base 10.
#include "law.h"
#include "saturation.h"

#define LN10 2.302585092994045684

enum { E_START, E_MAX, N_THETA };
enum { OFFSET, A, B, C, D, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double d[2], log_n = p->ln[VAR_N];
    double log_e = saturated_log_experts(p->x[VAR_E], theta[E_START], theta[E_MAX], dphi ? d : NULL);
    phi[OFFSET] = 0;
    phi[A] = log_n;
    phi[B] = log_e;
    phi[C] = log_n * log_e / LN10;
    phi[D] = LN10;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    for (int t = 0; t < N_THETA; t++) {
        dphi[B * N_THETA + t] = d[t];
        dphi[C * N_THETA + t] = log_n * d[t] / LN10;
    }
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_NONEMB, "parameters of the dense backbone (what one token uses at k = 1), embeddings not counted"},
    {VAR_E, COUNT_ALL, "experts a routed layer; 1 for a dense model"},
};
static const LawTheta theta[] = {
    {"E_start", 1.0, 32.0, true, "expert count below which more experts do not help yet"},
    {"E_max", 33.0, 1e5, true, "expert count above which more experts do not help any more"},
};
static const LawCoef coef[] = {
    {"a", 0, "exponent of N"},
    {"b", 0, "exponent of the saturated expert count"},
    {"c", 0, "interaction of size and experts"},
    {"d", 0, "constant"},
};
static const LawSet sets[] = {
    {"clark2022-sbase",
     "arXiv 2202.01169, S-BASE",
     "c is rounded too hard to return the losses",
     {1.847, 314.478, -0.082, -0.108, 0.009, 1.104}},
    {"clark2022-rlr",
     "arXiv 2202.01169, RL-R",
     "c is rounded too hard to return the losses",
     {1.880, 469.982, -0.083, -0.126, 0.012, 1.111}},
    {"clark2022-hash",
     "arXiv 2202.01169, HASH",
     "c is rounded too hard to return the losses",
     {4.175, 477.741, -0.087, -0.136, 0.012, 1.157}},
};

const Law law_clark2022 = {
    .name = "clark2022",
    .title = "routed models at fixed data: size and number of experts",
    .citation = "Clark et al. 2022, arXiv 2202.01169",
    .formula = "log10 L = a log10 N + b log10 Ehat + c log10 N log10 Ehat + d\n"
               "1/Ehat = 1/(E - 1 + 1/(1/E_start - 1/E_max)) + 1/E_max",
    .log_target = true,
    .tex = "\\log_{10} L &= a\\log_{10} N + b\\log_{10}\\hat{E} + c\\,\\log_{10} N\\,\\log_{10}\\hat{E} + "
           "d,\\\\ " SATURATION_TEX,
    .kind = KIND_DENSE_SIZE,
    .range = {[VAR_N] = {16.5e6, 1.31e9}, [VAR_E] = {1, 512}},
    .range_source = "released runs of arXiv 2202.01169",
    .n_variables = 2,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .n_sets = 3,
    .sets = sets,
    .basis = basis,
};
LAW_REGISTER(law_clark2022)
