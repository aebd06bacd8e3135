// pass.h - inside the solver: one pass of a law's basis over the rows of a problem.
#ifndef MOELAW_PASS_H
#define MOELAW_PASS_H

#include "linear.h"
#include "objective.h"

#include <math.h>

// Fills phi (columns, zero beyond n) and dphi (rows) of a state.
static inline void basis_pass(const Problem *p, Workspace *w, const double *theta, State *s) {
    const Law *law = p->law;
    int terms = 1 + law->n_coef, stride = padded(p->n);
    w->evaluations++;
    law_basis_rows(law, p->points, p->n, theta, s->phi, stride, s->dphi);
    for (int i = p->n; i < stride; i++)
        for (int j = 0; j < terms; j++) s->phi[(long)j * stride + i] = 0;
}

// d y / d theta of row i: phi_0 and all terms.
static inline double tangent(const Law *law, const State *s, int i, int t, const double *c) {
    const double *d = s->dphi + (long)i * (1 + law->n_coef) * law->n_theta + t;
    double sum = d[0];
    for (int j = 0; j < law->n_coef; j++) sum += c[j] * d[(j + 1) * law->n_theta];
    return sum;
}

// The scale on which theta[t] is moved: its logarithm where the law says so.
static inline double to_scale(const Law *law, int t, double theta) {
    return law->theta[t].log_scale ? log(theta) : theta;
}
static inline double from_scale(const Law *law, int t, double u) {
    return law->theta[t].log_scale ? exp(u) : u;
}

#endif
