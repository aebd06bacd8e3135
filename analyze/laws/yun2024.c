// yun2024.c - the law behind inference-optimal experts (arXiv 2404.02852); its coefficients are not published.
//
// log L = log(A/N^alpha + B/Ehat^beta + C/D^gamma + F) + d log N log Ehat: L is linear in A, B, C, F.
#include "law.h"
#include "saturation.h"

enum { ALPHA, BETA, GAMMA, D, E_START, E_MAX, N_THETA };
enum { OFFSET, A, B, C, F, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double saturation[2], log_n = p->ln[VAR_N], log_d = p->ln[VAR_D];
    double log_e = saturated_log_experts(p->x[VAR_E], theta[E_START], theta[E_MAX], dphi ? saturation : NULL);
    double together = exp(theta[D] * log_n * log_e);
    phi[OFFSET] = 0;
    phi[A] = together * exp(-theta[ALPHA] * log_n);
    phi[B] = together * exp(-theta[BETA] * log_e);
    phi[C] = together * exp(-theta[GAMMA] * log_d);
    phi[F] = together;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    for (int i = A; i <= F; i++) {
        double *row = dphi + i * N_THETA;
        double per_log_e = phi[i] * (theta[D] * log_n - (i == B ? theta[BETA] : 0));
        row[D] = phi[i] * log_n * log_e;
        row[E_START] = per_log_e * saturation[0];
        row[E_MAX] = per_log_e * saturation[1];
    }
    dphi[A * N_THETA + ALPHA] = -log_n * phi[A];
    dphi[B * N_THETA + BETA] = -log_e * phi[B];
    dphi[C * N_THETA + GAMMA] = -log_d * phi[C];
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_NONEMB, "parameters of the corresponding dense model, embeddings not counted (--column N=...)"},
    {VAR_D, COUNT_ALL, "training tokens"},
    {VAR_E, COUNT_ALL, "experts a routed layer; 1 for a dense model"},
};
static const LawTheta theta[] = {
    {"alpha", 0.01, 2.0, false, "exponent of N"},
    {"beta", 0.01, 2.0, false, "exponent of the saturated expert count"},
    {"gamma", 0.01, 2.0, false, "exponent of D"},
    {"d", -0.05, 0.05, false, "interaction of size and experts (natural logarithms)"},
    {"E_start", 1.0, 32.0, true, "expert count below which more experts do not help yet"},
    {"E_max", 33.0, 1e5, true, "expert count above which more experts do not help any more"},
};
static const LawCoef coef[] = {
    {"A", +1, "size term"},
    {"B", +1, "expert term"},
    {"C", +1, "data term"},
    {"F", +1, "constant"},
};

const Law law_yun2024 = {
    .name = "yun2024",
    .title = "size, data and number of experts, for inference-optimal models",
    .citation = "Yun et al. 2024, arXiv 2404.02852",
    .formula = "log L = log(A/N^alpha + B/Ehat^beta + C/D^gamma + F) + d log N log Ehat\n"
               "1/Ehat = 1/(E - 1 + 1/(1/E_start - 1/E_max)) + 1/E_max",
    .tex = "\\log L &= \\log\\left(A\\,N^{-\\alpha} + B\\,\\hat{E}^{-\\beta} + C\\,D^{-\\gamma} + F\\right)"
           " + d\\,\\log N\\,\\log\\hat{E},\\\\ " SATURATION_TEX,
    .kind = KIND_DENSE_SIZE,
    .range = {[VAR_N] = {81.4e6, 680e6}, [VAR_D] = {2.5e9, 20e9}, [VAR_E] = {1, 32}},
    .range_source = "grid of arXiv 2404.02852",
    .n_variables = 3,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .basis = basis,
};
LAW_REGISTER(law_yun2024)
