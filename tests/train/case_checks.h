// case_checks.h - a case on a backend against cpu-double, and its gradients against finite differences.
#ifndef MOELAW_CASE_CHECKS_H
#define MOELAW_CASE_CHECKS_H

#include "cases/cases.h"
#include "ground/random.h"

#include <math.h>
#include <stdlib.h>

static inline double array_difference(const CaseArray *a, const CaseData *x, const CaseData *y, int i) {
    double error = 0, size = 0;
    if (a->kind == INT32) {
        for (long j = 0; j < a->count; j++) error += x->ints[i][j] != y->ints[i][j];
        return error > 0;
    }
    for (long j = 0; j < a->count; j++) {
        double e = x->real[i][j] - y->real[i][j];
        error += e * e;
        size += y->real[i][j] * y->real[i][j];
    }
    if (!isfinite(error)) return INFINITY;
    return error == 0 ? 0 : sqrt(error / (size > 0 ? size : 1));
}

static inline void compare_results(const Case *c, const CaseData *x, const CaseData *y, bool backward,
                                   double *difference, const char **worst) {
    *difference = 0;
    *worst = "nothing";
    for (int i = 0; i < c->n; i++) {
        const CaseArray *a = &c->array[i];
        if (a->role != ROLE_OUT && !(backward && a->role == ROLE_GRAD)) continue;
        double e = array_difference(a, x, y, i);
        if (!(e > *difference)) continue;
        *difference = e;
        *worst = a->name;
    }
}

// The worst normalised difference of any result from cpu-double's, sqrt(sum (x - y)^2 / sum y^2); integers differ by 0
// or by 1. *worst names the array.
static inline Status case_compare(const Case *c, const Backend *b, double *difference, const char **worst) {
    CaseData x = case_data(c), y = case_data(c);
    Status s = case_run(c, b, &x, true);
    if (s == OK) s = case_run(c, &backend_cpu_double, &y, true);
    if (s == OK) compare_results(c, &x, &y, true, difference, worst);
    case_free(&x);
    case_free(&y);
    return s;
}

// The loss after moving input `i` by `by` along `way`.
static inline Status loss_at(const Case *c, int i, const double *way, double by, double *loss) {
    CaseData d = case_data(c);
    for (long j = 0; j < c->array[i].count; j++) d.real[i][j] += by * way[j];
    Status s = case_run(c, &backend_cpu_double, &d, false);
    *loss = 0;
    for (int k = 0; k < c->n; k++)
        for (long j = 0; c->array[k].role == ROLE_DOUT && j < c->array[k].count; j++)
            *loss += d.real[c->array[k].pair][j] * d.real[k][j];
    case_free(&d);
    return s;
}

// |measured - claimed| / scale along one direction, where scale is the gradient's size.
static inline Status slope_error(const Case *c, int input, const double *way, const double *gradient, double *error) {
    const double step = 1e-5;
    double up, down, claimed = 0, size = 0;
    TRY(loss_at(c, input, way, step, &up));
    TRY(loss_at(c, input, way, -step, &down));
    for (long j = 0; j < c->array[input].count; j++) {
        claimed += gradient[j] * way[j];
        size += gradient[j] * gradient[j];
    }
    *error = fabs((up - down) / (2 * step) - claimed) / fmax(sqrt(size), 1e-3);
    return OK;
}

static inline Status input_error(const Case *c, int input, const double *gradient, double *error) {
    enum { ELEMENTS = 8 };
    long n = c->array[input].count;
    double *way = allocate(n, sizeof *way);
    Random r = random_stream(11, (uint64_t)input);
    Status s = OK;
    *error = 0;
    for (int k = 0; k <= ELEMENTS && s == OK; k++) {
        long at = (long)random_below(&r, (uint32_t)n);
        for (long j = 0; j < n; j++) way[j] = k == ELEMENTS ? 2 * random_uniform(&r) - 1 : j == at;
        double e = 0;
        s = slope_error(c, input, way, gradient, &e);
        *error = fmax(*error, e);
    }
    free(way);
    return s;
}

// cpu-double's gradients against central differences of the loss (a few elements and one random direction of each
// input).
static inline Status case_check_gradient(const Case *c, double *difference, const char **worst) {
    CaseData before = case_data(c), after = case_data(c);
    Status s = case_run(c, &backend_cpu_double, &after, true);
    *difference = 0;
    *worst = "nothing";
    for (int i = 0; i < c->n && s == OK; i++) {
        const CaseArray *a = &c->array[i];
        if (a->role != ROLE_GRAD || a->pair < 0) continue;
        for (long j = 0; j < a->count; j++) after.real[i][j] -= before.real[i][j];
        double e = 0;
        s = input_error(c, a->pair, after.real[i], &e);
        if (e > *difference) {
            *difference = e;
            *worst = a->name;
        }
    }
    case_free(&before);
    case_free(&after);
    return s;
}

#endif
