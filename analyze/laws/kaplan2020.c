// kaplan2020.c - the first joint law of size and data (arXiv 2001.08361).
//
// With p = alpha_N/alpha_D and r = N_c^p/D_c the law is D_c^alpha_D (r N^-p + 1/D)^alpha_D: linear in D_c^alpha_D.
#include "law.h"

#include <math.h>

enum { ALPHA_N, ALPHA_D, RATIO, N_THETA, SCALE = N_THETA };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double power = theta[ALPHA_N] / theta[ALPHA_D], log_n = p->ln[VAR_N];
    double size = theta[RATIO] * exp(-power * log_n), sum = size + 1 / p->x[VAR_D], log_sum = log(sum);
    phi[0] = 0;
    phi[1] = exp(theta[ALPHA_D] * log_sum);
    if (!dphi) return;
    double per_size = theta[ALPHA_D] * phi[1] / sum;
    dphi[0] = dphi[1] = dphi[2] = 0;
    dphi[N_THETA + ALPHA_N] = per_size * size * -log_n / theta[ALPHA_D];
    dphi[N_THETA + ALPHA_D] = phi[1] * log_sum + per_size * size * log_n * power / theta[ALPHA_D];
    dphi[N_THETA + RATIO] = per_size * size / theta[RATIO];
}

static void to_printed(const double *in, double *out) {
    double d_c = pow(in[SCALE], 1 / in[ALPHA_D]);
    out[ALPHA_N] = in[ALPHA_N];
    out[ALPHA_D] = in[ALPHA_D];
    out[RATIO] = pow(in[RATIO] * d_c, in[ALPHA_D] / in[ALPHA_N]);
    out[SCALE] = d_c;
}

static void from_printed(const double *in, double *out) {
    out[ALPHA_N] = in[ALPHA_N];
    out[ALPHA_D] = in[ALPHA_D];
    out[RATIO] = pow(in[RATIO], in[ALPHA_N] / in[ALPHA_D]) / in[SCALE];
    out[SCALE] = pow(in[SCALE], in[ALPHA_D]);
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_NONEMB, "parameters, embeddings not counted"},
    {VAR_D, COUNT_ALL, "training tokens"},
};
static const LawTheta theta[] = {
    {"alpha_N", 0.01, 1.0, false, "exponent of N when data are endless"},
    {"alpha_D", 0.01, 1.0, false, "exponent of D when the model is endless"},
    {"N_c", 1e-12, 1e6, true, "scale of N"},
};
static const LawCoef coef[] = {{"D_c", +1, "scale of D"}};
static const LawSet sets[] = {
    {"kaplan2020",
     "arXiv 2001.08361, joint fit",
     "its constants differ from those of the one-variable fits: do not mix",
     {0.076, 0.103, 6.4e13, 1.8e13}},
};

const Law law_kaplan2020 = {
    .name = "kaplan2020",
    .title = "dense law without an irreducible loss",
    .citation = "Kaplan et al. 2020, arXiv 2001.08361",
    .formula = "L = ((N_c/N)^(alpha_N/alpha_D) + D_c/D)^alpha_D",
    .tex = "L &= \\left[(N_c/N)^{\\alpha_N/\\alpha_D} + D_c/D\\right]^{\\alpha_D}",
    .kind = KIND_DENSE,
    .n_variables = 2,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = 1,
    .coef = coef,
    .n_sets = 1,
    .sets = sets,
    .basis = basis,
    .to_printed = to_printed,
    .from_printed = from_printed,
};
LAW_REGISTER(law_kaplan2020)
