// kappa.c - one exponent over the sum of the terms: hoffmann2022 is kappa = 1, kaplan2020 is E = 0, beta = 1.
//
// With r the ratio of the data term to the size term it is E + A^kappa (N^-alpha + r D^-beta)^kappa: linear in E and
// A^kappa.
#include "law.h"
#include "reference.h"

#include <math.h>
#include <string.h>

enum { ALPHA, BETA, RATIO, KAPPA, N_THETA };
enum { OFFSET, E, A, N_PHI, N_PARAMETERS = N_THETA + N_PHI - 1, SIZE = N_THETA + A - 1 };

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double log_n = p->ln[VAR_N] - log(reference_N), log_d = p->ln[VAR_D] - log(reference_D);
    double size = exp(-theta[ALPHA] * log_n), data = exp(-theta[BETA] * log_d), sum = size + theta[RATIO] * data;
    double log_sum = log(sum);
    phi[OFFSET] = 0;
    phi[E] = 1;
    phi[A] = exp(theta[KAPPA] * log_sum);
    if (!dphi) return;
    double per_sum = theta[KAPPA] * phi[A] / sum, *row = dphi + A * N_THETA;
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    row[ALPHA] = -per_sum * log_n * size;
    row[BETA] = -per_sum * log_d * theta[RATIO] * data;
    row[RATIO] = per_sum * data;
    row[KAPPA] = phi[A] * log_sum;
}

static void to_printed(const double *in, double *out) {
    memcpy(out, in, N_PARAMETERS * sizeof *out);
    terms_to_printed(pow(in[SIZE], 1 / in[KAPPA]), in[RATIO], in[ALPHA], in[BETA], &out[SIZE], &out[RATIO]);
}

static void from_printed(const double *in, double *out) {
    double size;
    memcpy(out, in, N_PARAMETERS * sizeof *out);
    terms_from_printed(in[SIZE], in[RATIO], in[ALPHA], in[BETA], &size, &out[RATIO]);
    out[SIZE] = pow(size, in[KAPPA]);
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_ALL, "parameters, embeddings counted"},
    {VAR_D, COUNT_ALL, "training tokens"},
};
static const LawTheta theta[] = {
    {"alpha", 0.01, 4.0, false, "exponent of N inside the sum"},
    {"beta", 0.01, 4.0, false, "exponent of D inside the sum"},
    {"B", 1e-6, 1e6, true, "data term"},
    {"kappa", 0.02, 3.0, false, "exponent over the sum; 1 where the terms add"},
};
static const LawCoef coef[] = {{"E", +1, "irreducible loss"}, {"A", +1, "size term"}};

const Law law_kappa = {
    .name = "kappa",
    .title = "dense law with one exponent over the sum",
    .citation = "between arXiv 2001.08361 and arXiv 2203.15556; no coefficients are published",
    .formula = "L = E + (A/N^alpha + B/D^beta)^kappa",
    .asymptote = "E",
    .tex = "L &= E + \\left(A\\,N^{-\\alpha} + B\\,D^{-\\beta}\\right)^{\\kappa}",
    .kind = KIND_DENSE,
    .n_variables = 2,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .basis = basis,
    .to_printed = to_printed,
    .from_printed = from_printed,
};
LAW_REGISTER(law_kappa)
