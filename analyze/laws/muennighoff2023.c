// muennighoff2023.c - the data-constrained law (arXiv 2305.16264): text that is repeated is worth less each time.
//
//     D' = U + U R_D (1 - exp(-(D/U - 1)/R_D))       U unique tokens, D/U - 1 repetitions
//     N' = V + V R_N (1 - exp(-(N/V - 1)/R_N))       V = min(N, the size that U tokens are optimal for)
//
// That size follows from alpha, beta and B/A (least loss at 6 N D FLOPs). With the ratio B/A searched, linear in E and
// A.
#include "law.h"
#include "reference.h"

#include <math.h>
#include <string.h>

enum { ALPHA, BETA, RATIO, R_D, R_N, N_THETA };
enum { OFFSET, E, A, N_PHI, N_PARAMETERS = N_THETA + N_PHI - 1, SIZE = N_THETA + A - 1 };

// x repeated beyond `unique`: its worth; d[0] and d[1]: the derivatives of its logarithm to ln unique and to `half`.
static double worth(double x, double unique, double half, double d[2]) {
    if (x <= unique) {
        d[0] = d[1] = 0; // unique is x itself
        return x;
    }
    double repeats = (x / unique - 1) / half, fresh = exp(-repeats);
    double y = unique * (1 - half * expm1(-repeats));
    d[0] = (y - x * fresh) / y;
    d[1] = unique * (-expm1(-repeats) - repeats * fresh) / y;
    return y;
}

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double log_u = fmin(p->ln[VAR_U], p->ln[VAR_D]), along = log_u - log(reference_D), data_d[2], size_d[2];
    // The logarithm of the best size for U tokens, in units of the reference.
    double best = (log(theta[ALPHA] / theta[BETA] / theta[RATIO]) + theta[BETA] * along) / theta[ALPHA];
    double data = worth(p->x[VAR_D], exp(log_u), theta[R_D], data_d);
    double size = worth(p->x[VAR_N], reference_N * exp(best), theta[R_N], size_d);
    double log_data = log(data / reference_D), log_size = log(size / reference_N);
    double data_term = exp(-theta[BETA] * log_data), size_term = exp(-theta[ALPHA] * log_size);
    phi[OFFSET] = 0;
    phi[E] = 1;
    phi[A] = size_term + theta[RATIO] * data_term;
    if (!dphi) return;
    double *row = dphi + A * N_THETA, per_best = -theta[ALPHA] * size_term * size_d[0];
    for (int i = 0; i < N_PHI * N_THETA; i++) dphi[i] = 0;
    row[ALPHA] = -log_size * size_term + per_best * (1 / theta[ALPHA] - best) / theta[ALPHA];
    row[BETA] = -log_data * theta[RATIO] * data_term + per_best * (along - 1 / theta[BETA]) / theta[ALPHA];
    row[RATIO] = data_term - per_best / (theta[RATIO] * theta[ALPHA]);
    row[R_D] = -theta[BETA] * theta[RATIO] * data_term * data_d[1];
    row[R_N] = -theta[ALPHA] * size_term * size_d[1];
}

static void to_printed(const double *in, double *out) {
    memcpy(out, in, N_PARAMETERS * sizeof *out);
    terms_to_printed(in[SIZE], in[RATIO], in[ALPHA], in[BETA], &out[SIZE], &out[RATIO]);
}

static void from_printed(const double *in, double *out) {
    memcpy(out, in, N_PARAMETERS * sizeof *out);
    terms_from_printed(in[SIZE], in[RATIO], in[ALPHA], in[BETA], &out[SIZE], &out[RATIO]);
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_ALL, "parameters"},
    {VAR_D, COUNT_ALL, "training tokens, repetitions counted"},
    {VAR_U, COUNT_ALL, "unique training tokens"},
};
static const LawTheta theta[] = {
    {"alpha", 0.01, 2.0, false, "exponent of N'"},
    {"beta", 0.01, 2.0, false, "exponent of D'"},
    {"B", 1e-6, 1e6, true, "data term"},
    {"R_D", 0.05, 1e3, true, "repetitions of the text after which most of their worth is spent"},
    {"R_N", 0.05, 1e3, true, "the same of parameters beyond the best size for the unique tokens"},
};
static const LawCoef coef[] = {{"E", +1, "irreducible loss"}, {"A", +1, "size term"}};
static const LawSet sets[] = {
    {"muennighoff2023",
     "arXiv 2305.16264, C4, as its repository has the digits",
     "alpha = beta was imposed there",
     {.3526596, .3526596, 1487.71609378, 15.387756, 5.309743, 1.86914368, 520.82495166}},
};

const Law law_muennighoff2023 = {
    .name = "muennighoff2023",
    .title = "dense law of size, data and repeated data",
    .citation = "Muennighoff et al. 2023, arXiv 2305.16264",
    .formula = "L = E + A/N'^alpha + B/D'^beta\n"
               "D' = U (1 + R_D (1 - exp(-(D/U - 1)/R_D)))\n"
               "N' = V (1 + R_N (1 - exp(-(N/V - 1)/R_N))), V = min(N, best size for U tokens)",
    .asymptote = "E",
    .tex =
        "L &= E + A\\,N'^{-\\alpha} + B\\,D'^{-\\beta},\\quad D' = U + U R_D\\left(1 - e^{-(D/U - 1)/R_D}\\right),\\\\ "
        "N' &= V + V R_N\\left(1 - e^{-(N/V - 1)/R_N}\\right),\\quad V = \\min(N, N_{opt}(U))",
    .kind = KIND_DENSE,
    .n_variables = 3,
    .variables = variables,
    .n_theta = N_THETA,
    .theta = theta,
    .n_coef = N_PHI - 1,
    .coef = coef,
    .n_sets = 1,
    .sets = sets,
    .basis = basis,
    .to_printed = to_printed,
    .from_printed = from_printed,
};
LAW_REGISTER(law_muennighoff2023)
