// test_minimum.c - one-dimensional minima: inside, at an end, nowhere; never a maximum. And the best factors that rest
// on them, against closed forms.
#include "decide/fivefactor.h"
#include "decide/fivefactor.h"
#include "fit/derived.h"
#include "fit/fit_file.h"

#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static double parabola(double x, void *at) {
    double d = x - *(double *)at;
    return 2 + d * d;
}

static double hill(double x, void *at) {
    return 10 - parabola(x, at);
}

static double two_valleys(double x, void *unused) {
    (void)unused;
    return cos(x) + 0.05 * x; // minima near pi and 3 pi; the first is lower
}

static double holes(double x, void *at) {
    return x < 1 ? UNDEFINED : parabola(x, at);
}

static double flat(double x, void *unused) {
    (void)x;
    (void)unused;
    return 2;
}

static void minima_and_ends(void **state) {
    (void)state;
    for (double at = -0.95; at < 3; at += 0.13) {
        Minimum m = find_minimum(parabola, &at, -1, 3, 20);
        assert_int_equal(m.end, INSIDE);
        assert_float_equal(m.x, at, 1e-8);
        assert_float_equal(m.value, 2, 1e-12);
        // A hill has no minimum inside: the lower end is an end, and its top is never an answer.
        if (fabs(at - 1) < 0.01) continue; // both ends alike
        m = find_minimum(hill, &at, -1, 3, 20);
        assert_int_equal(m.end, at - -1 > 3 - at ? AT_LOW_END : AT_HIGH_END);
    }
    double at = 5;
    assert_int_equal(find_minimum(parabola, &at, -1, 3, 20).end, AT_HIGH_END);
    at = -5;
    assert_int_equal(find_minimum(parabola, &at, -1, 3, 20).end, AT_LOW_END);
    assert_float_equal(find_minimum(two_valleys, NULL, 0, 12, 30).x, M_PI - asin(0.05), 1e-7);
    at = 1.01;
    assert_float_equal(find_minimum(holes, &at, 0, 5, 50).x, 1.01, 2e-3);
    assert_int_equal(find_minimum(flat, NULL, 0, 1, 10).end, NOWHERE);
    at = 100;
    assert_true(isnan(find_minimum(holes, &at, -2, 0.5, 10).x));
}

// The numeric best G, S and Na/N of the five-factor law are its closed forms, with and without a price.
static void best_factors_are_the_closed_forms(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    const Law *law = law_published("zhao2025", p, NULL);
    Random r = random_stream(3, 3);
    for (int trial = 0; trial < 200; trial++) {
        double q[LAW_MAX_PARAMETERS];
        for (int i = 0; i < law_n_parameters(law); i++) q[i] = p[i] * exp(0.3 * random_normal(&r));
        FiveFactor v;
        assert_true(five_factor(law, q, &v));
        BestAt at = {pow(10, 8 + 4 * random_uniform(&r)), trial % 2 ? 0.3 : 0, {1, 20}, {0, 0.7}};
        BestFactors b = best_factors(law, q, &at);
        double G = five_factor_best_G(&v), S = five_factor_best_S(&v), P = five_factor_P(&v, b.at_G, b.at_S),
               ratio = five_factor_best_ratio(&v, P, at.N, at.price);
        assert_float_equal(b.G.x / G, 1, 1e-5);
        if (S > 0 && S < 0.99) assert_float_equal(b.S.x, S, 1e-5);
        assert_int_equal(b.ratio.end, ratio < 1 ? INSIDE : AT_HIGH_END);
        assert_float_equal(b.ratio.x / ratio, 1, 1e-4);
    }
}

// Without a best G or S, `fit` and `optimum` say the same of one fit: which end, and that it is one.
static void fit_and_optimum_agree_on_ends(void **state) {
    (void)state;
    const char *const gone[] = {"e", "f", "m", "h", "c"};
    for (int i = 0; i < 5; i++) {
        Fit fit;
        double edge_G[2] = {1, 20}, edge_S[2] = {0, 0.7};
        assert_int_equal(fit_load("published:zhao2025", &fit), OK);
        fit.parameters[law_parameter_index(fit.law, gone[i])] = 0;
        Derived d[MAX_DERIVED];
        assert_int_equal(derive(&fit, 30e9, NAN, d), 3);
        FactorOptimum o = factor_optimum(fit.law, fit.parameters, 1e12,
                                         &(BestAt){30e9, 0, {edge_G[0], edge_G[1]}, {edge_S[0], edge_S[1]}});
        assert_int_equal(d[0].end == INSIDE, o.G_inside);
        assert_int_equal(d[1].end == INSIDE, o.S_inside);
        assert_int_equal(d[2].end == INSIDE, o.ratio_inside);
        assert_int_equal(d[0].end, i == 0 ? AT_HIGH_END : i == 1 ? AT_LOW_END : INSIDE);
        if (i == 0) assert_float_equal(o.G, 20, 0);
        if (i == 1) assert_float_equal(o.G, 1, 0);
        for (int k = 0; k < 3; k++) assert_int_equal(isnan(d[k].value), d[k].end != INSIDE);
        if (d[0].end == INSIDE) assert_float_equal(d[0].value, o.G, 1e-12);
        if (d[2].end == INSIDE) assert_float_equal(d[2].value, o.ratio, 1e-12);
        fit_free(&fit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minima_and_ends),
        cmocka_unit_test(best_factors_are_the_closed_forms),
        cmocka_unit_test(fit_and_optimum_agree_on_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
