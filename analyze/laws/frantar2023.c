// frantar2023.c - the law of sparse weights (arXiv 2309.08520). Printed a_D is inside the power; linear is a_D^b_D.
#include "law.h"

#include <math.h>
#include <string.h>

enum { B_S, B_N, B_D, N_THETA };
enum { OFFSET, A_S, C_S, A_D, C, N_PHI };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double log_n = p->ln[VAR_N], log_d = p->ln[VAR_D], log_kept = log1p(-p->x[VAR_SPARSITY]);
    double n_power = exp(-theta[B_N] * log_n), kept = exp(theta[B_S] * log_kept);
    phi[OFFSET] = 0;
    phi[A_S] = kept * n_power;
    phi[C_S] = n_power;
    phi[A_D] = exp(-theta[B_D] * log_d);
    phi[C] = 1;
    if (!dphi) return;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    dphi[A_S * N_THETA + B_S] = log_kept * phi[A_S];
    dphi[A_S * N_THETA + B_N] = -log_n * phi[A_S];
    dphi[C_S * N_THETA + B_N] = -log_n * phi[C_S];
    dphi[A_D * N_THETA + B_D] = -log_d * phi[A_D];
}

static void to_printed(const double *in, double *out) {
    memcpy(out, in, (N_THETA + N_PHI - 1) * sizeof *out);
    out[N_THETA + A_D - 1] = pow(in[N_THETA + A_D - 1], 1 / in[B_D]);
}

static void from_printed(const double *in, double *out) {
    memcpy(out, in, (N_THETA + N_PHI - 1) * sizeof *out);
    out[N_THETA + A_D - 1] = pow(in[N_THETA + A_D - 1], in[B_D]);
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_NONEMB, "parameters that are not zero (for experts: --column N=Na_nonemb)"},
    {VAR_D, COUNT_ALL, "training tokens (images in the vision set)"},
    {VAR_SPARSITY, COUNT_ALL, "share of weights that is zero (for experts: (E - K)/E)"},
};
static const LawTheta theta[] = {
    {"b_S", 0.01, 3.0, false, "exponent of the kept share"},
    {"b_N", 0.01, 2.0, false, "exponent of N"},
    {"b_D", 0.01, 2.0, false, "exponent of D"},
};
static const LawCoef coef[] = {
    {"a_S", +1, "size term that sparsity lowers"},
    {"c_S", +1, "size term that sparsity leaves"},
    {"a_D", +1, "scale of D"},
    {"c", +1, "irreducible loss"},
};
static const LawSet sets[] = {
    {"frantar2023", "arXiv 2309.08520, T5 on C4", NULL, {.722, .245, .203, 16.8, 45.0, 6.90e8, .651}},
    {"frantar2023-vit",
     "arXiv 2309.08520, ViT on JFT",
     "loss and D of another task",
     {.821, .392, .890, 294, 468, 2.37e8, 4.517}},
};

const Law law_frantar2023 = {
    .name = "frantar2023",
    .title = "law of sparsely connected models",
    .citation = "Frantar et al. 2023, arXiv 2309.08520",
    .formula = "L = (a_S (1 - sparsity)^b_S + c_S) (1/N)^b_N + (a_D/D)^b_D + c",
    .asymptote = "c",
    .tex = "L &= \\left(a_S(1-S)^{b_S} + c_S\\right)N^{-b_N} + (a_D/D)^{b_D} + c,\\qquad S\\ \\mathrm{the\\ sparsity}",
    .kind = KIND_PRUNED,
    .n_variables = 3,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .n_sets = 2,
    .sets = sets,
    .basis = basis,
    .to_printed = to_printed,
    .from_printed = from_printed,
};
LAW_REGISTER(law_frantar2023)
