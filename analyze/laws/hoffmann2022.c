// hoffmann2022.c - the Chinchilla law, approach 3 (arXiv 2203.15556), with its replication (2404.10102).
#include "law.h"

#include <math.h>

static void basis(const Point *p, const double *theta, double *phi, double *dphi) {
    double log_n = p->ln[VAR_N], log_d = p->ln[VAR_D];
    phi[0] = 0;
    phi[1] = 1;
    phi[2] = exp(-theta[0] * log_n);
    phi[3] = exp(-theta[1] * log_d);
    if (!dphi) return;
    const double d[] = {0, 0, 0, 0, -log_n * phi[2], 0, 0, -log_d * phi[3]};
    for (int i = 0; i < 8; i++) dphi[i] = d[i];
}

static const LawVariable variables[] = {
    {VAR_N, COUNT_ALL, "parameters, embeddings counted"},
    {VAR_D, COUNT_ALL, "training tokens"},
};
static const LawTheta theta[] = {
    {"alpha", 0.01, 2.0, false, "exponent of N"},
    {"beta", 0.01, 2.0, false, "exponent of D"},
};
static const LawCoef coef[] = {
    {"E", +1, "irreducible loss"},
    {"A", +1, "size term"},
    {"B", +1, "data term"},
};
static const LawSet sets[] = {
    {"hoffmann2022",
     "arXiv 2203.15556, approach 3, unrounded values of the paper's source",
     NULL,
     {0.3392, 0.2849, 1.6934, 406.4, 410.7}},
    {"hoffmann2022-printed",
     "arXiv 2203.15556, approach 3, as printed",
     "rounded hard",
     {0.34, 0.28, 1.69, 406.4, 410.7}},
    {"besiroglu2024", "arXiv 2404.10102, 240 points", NULL, {0.3478, 0.3658, 1.8172, 482.01, 2085.43}},
    {"besiroglu2024-245", "arXiv 2404.10102, all 245 points", "rounded", {0.345, 0.452, 1.89, 463.3, 12530}},
};

const Law law_hoffmann2022 = {
    .name = "hoffmann2022",
    .title = "dense law of size and data (Chinchilla)",
    .citation = "Hoffmann et al. 2022, arXiv 2203.15556",
    .formula = "L = E + A/N^alpha + B/D^beta",
    .asymptote = "E",
    .tex = "L &= E + A\\,N^{-\\alpha} + B\\,D^{-\\beta}",
    .kind = KIND_DENSE,
    .range = {[VAR_N] = {57e6, 16e9}, [VAR_D] = {0.25e9, 320e9}},
    .range_source = "the 245 runs read off the paper's figure in arXiv 2404.10102",
    .n_variables = 2,
    .variables = variables,
    .n_theta = 2,
    .theta = theta,
    .n_coef = 3,
    .coef = coef,
    .n_sets = 4,
    .sets = sets,
    .basis = basis,
};
LAW_REGISTER(law_hoffmann2022)
