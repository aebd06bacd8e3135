// isoflop.c - see isoflop.h.
#include "isoflop.h"

#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit.h>
#include <math.h>

double surface_best_N(const Surface *s, double C) {
    double sum = s->alpha + s->beta;
    return pow(s->alpha * s->A / (s->beta * s->B), 1 / sum) * pow(C / 6, s->beta / sum);
}

// Minimum of the least-squares parabola through loss over x.
static double parabola_minimum(const double *x, const double *loss, int n) {
    gsl_matrix *X = gsl_matrix_alloc((size_t)n, 3), *covariance = gsl_matrix_alloc(3, 3);
    gsl_vector *y = gsl_vector_alloc((size_t)n), *c = gsl_vector_alloc(3);
    gsl_multifit_linear_workspace *w = gsl_multifit_linear_alloc((size_t)n, 3);
    double middle = (x[0] + x[n - 1]) / 2, sum;
    for (int i = 0; i < n; i++) {
        double t = x[i] - middle;
        gsl_matrix_set(X, (size_t)i, 0, 1);
        gsl_matrix_set(X, (size_t)i, 1, t);
        gsl_matrix_set(X, (size_t)i, 2, t * t);
        gsl_vector_set(y, (size_t)i, loss[i]);
    }
    gsl_multifit_linear(X, y, c, covariance, &sum, w);
    double at = middle - gsl_vector_get(c, 1) / (2 * gsl_vector_get(c, 2));
    gsl_multifit_linear_free(w);
    gsl_matrix_free(X);
    gsl_matrix_free(covariance);
    gsl_vector_free(y);
    gsl_vector_free(c);
    return at;
}

double isoflop_ratio(const Surface *s, const IsoflopGrid *grid, double C, double *exponent) {
    double log_C[16], best[16], x[64], loss[64], c0, c1, c00, c01, c11, sum;
    for (int i = 0; i < grid->n_budgets; i++) {
        double budget = pow(10, 17 + i), off = (i - (grid->n_budgets - 1) / 2.0) * grid->drift;
        double centre = log10(surface_best_N(s, budget)) + off;
        for (int k = 0; k < grid->n_sizes; k++) {
            x[k] = centre + grid->half_width * (2.0 * k / (grid->n_sizes - 1) - 1);
            double N = pow(10, x[k]), D = budget / (6 * N);
            loss[k] = s->E + s->A * pow(N, -s->alpha) + s->B * pow(D, -s->beta);
        }
        log_C[i] = log10(budget);
        best[i] = parabola_minimum(x, loss, grid->n_sizes);
    }
    gsl_fit_linear(log_C, 1, best, 1, (size_t)grid->n_budgets, &c0, &c1, &c00, &c01, &c11, &sum);
    if (exponent) *exponent = c1;
    return pow(10, c0 + c1 * log10(C)) / surface_best_N(s, C);
}
