// Ticks are round, lie inside the axis and are labelled as a reader writes numbers.
#include "draw/axis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static Axis axis(int scale, double lo, double hi) {
    AxisSpec spec = {.scale = scale, .base = 10, .min = lo, .max = hi};
    Axis a = axis_new(&spec);
    axis_include(&a, lo);
    axis_include(&a, hi);
    axis_finish(&a);
    a.from = 0;
    a.to = 100;
    return a;
}

static void expect_labels(const Axis *a, int target, const char *expected) {
    Ticks t;
    axis_ticks(a, target, &t);
    char got[1024] = "";
    for (int i = 0; i < t.n; i++) {
        strcat(got, i ? " " : "");
        strcat(got, t.label[i]);
    }
    assert_string_equal(got, expected);
}

static void test_linear(void **state) {
    (void)state;
    Axis a = axis(SCALE_LINEAR, 0, 1);
    expect_labels(&a, 5, "0.0 0.2 0.4 0.6 0.8 1.0");
    a = axis(SCALE_LINEAR, -1.3, 2.9);
    expect_labels(&a, 5, "−1 0 1 2");
    a = axis(SCALE_LINEAR, 2.113, 2.192);
    expect_labels(&a, 4, "2.12 2.14 2.16 2.18");
    a = axis(SCALE_LINEAR, 0, 128);
    expect_labels(&a, 8, "0 20 40 60 80 100 120");
}

static void test_common_power_of_ten(void **state) {
    (void)state;
    Axis a = axis(SCALE_LINEAR, 0, 3.2e9);
    Ticks t;
    axis_ticks(&a, 4, &t);
    assert_int_equal(t.exponent, 9);
    expect_labels(&a, 4, "0 1 2 3");
    a = axis(SCALE_LINEAR, 1.00e-3 / 4, 1.25e-3 / 4);
    axis_ticks(&a, 5, &t);
    assert_int_equal(t.exponent, -4);
}

static void test_linear_ticks_are_round_and_inside(void **state) {
    (void)state;
    for (int i = 0; i < 2000; i++) {
        double range = (0.01 + fabs(cos(i))) * pow(10, i % 21 - 10), lo = 200 * sin(i * 1.7) * range, hi = lo + range;
        Axis a = axis(SCALE_LINEAR, lo, hi);
        Ticks t;
        axis_ticks(&a, 6, &t);
        assert_in_range(t.n, 2, 8);
        double step = t.at[1] - t.at[0], lead = step / pow(10, floor(log10(step) + 1e-9));
        assert_true(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6);
        for (int k = 0; k < t.n; k++) assert_true(t.at[k] >= lo - 1e-5 * step && t.at[k] <= hi + 1e-5 * step);
    }
}

static void test_decades(void **state) {
    (void)state;
    Axis a = axis(SCALE_LOG, 3e5, 2e8);
    expect_labels(&a, 6, "10^{6} 10^{7} 10^{8}");
    Ticks t;
    axis_ticks(&a, 6, &t);
    // 3..9 e5, 2..9 e6, 2..9 e7 and 2e8
    assert_int_equal(t.n_minor, 7 + 8 + 8 + 1);
    a = axis(SCALE_LOG, 1e-3, 1);
    expect_labels(&a, 6, "10^{−3} 10^{−2} 10^{−1} 10^{0}");
    a = axis(SCALE_LOG, 1e2, 1e20);
    expect_labels(&a, 5, "10^{2} 10^{6} 10^{10} 10^{14} 10^{18}");
}

static void test_less_than_a_decade(void **state) {
    (void)state;
    Axis a = axis(SCALE_LOG, 0.11, 0.6);
    expect_labels(&a, 6, "0.2 0.3 0.5");
    a = axis(SCALE_LOG, 2.0e8, 6e8); // short: round steps, still as powers
    expect_labels(&a, 4, "2×10^{8} 3×10^{8} 4×10^{8} 5×10^{8} 6×10^{8}");
    a = axis(SCALE_LOG, 2.1, 3.4);
    expect_labels(&a, 4, "2.5 3.0");
}

static void test_base_two(void **state) {
    (void)state;
    Axis a = axis(SCALE_LOG, 0.9, 70);
    a.spec.base = 2;
    expect_labels(&a, 8, "1 2 4 8 16 32 64");
    expect_labels(&a, 4, "1 4 16 64");
}

static void test_given_ticks(void **state) {
    (void)state;
    Axis a = axis(SCALE_LINEAR, 0, 10);
    double at[] = {-5, 0, 2.5, 10, 20};
    a.spec.ticks = (Numbers){5, at};
    expect_labels(&a, 8, "0 2.5 10");
}

static void test_places(void **state) {
    (void)state;
    Axis a = axis(SCALE_LOG, 1, 100);
    assert_float_equal(axis_at(&a, 10), 50, 1e-9);
    a = axis(SCALE_LINEAR, -1, 3);
    assert_float_equal(axis_at(&a, 0), 25, 1e-9);
    assert_true(isnan(axis_at(&a, NAN)));
    assert_false(axis_holds(&a, NAN));
}

static void test_one_value_still_has_an_axis(void **state) {
    (void)state;
    double values[] = {0, 3.5, -2, 1e-30};
    for (int scale = SCALE_LINEAR; scale <= SCALE_LOG; scale++)
        for (int i = 0; i < 4; i++) {
            if (scale == SCALE_LOG && values[i] <= 0) continue;
            AxisSpec spec = {.scale = scale, .base = 10, .min = NAN, .max = NAN};
            Axis a = axis_new(&spec);
            axis_include(&a, values[i]);
            axis_finish(&a);
            assert_true(a.lo < values[i] && values[i] < a.hi);
            Ticks t;
            axis_ticks(&a, 5, &t);
            assert_true(t.n >= 1);
        }
}

// Limits closer than doubles can step between must not loop for ever.
static void test_limits_without_room(void **state) {
    (void)state;
    Axis a = axis(SCALE_LINEAR, 1e17, 1e17 + 32);
    Ticks t;
    axis_ticks(&a, 6, &t);
    assert_in_range(t.n, 0, MOST_TICKS);
}

static void test_symmetric_and_margin(void **state) {
    (void)state;
    AxisSpec spec = {.scale = SCALE_LINEAR, .base = 10, .min = NAN, .max = NAN, .symmetric = true};
    Axis a = axis_new(&spec);
    axis_include(&a, -0.5);
    axis_include(&a, 2);
    axis_finish(&a);
    assert_float_equal(a.lo, -2.2, 1e-9);
    assert_float_equal(a.hi, 2.2, 1e-9);
}

static void test_categories(void **state) {
    (void)state;
    AxisSpec spec = {.scale = SCALE_CATEGORY, .base = 10, .min = NAN, .max = NAN};
    Axis a = axis_new(&spec);
    assert_int_equal(axis_category(&a, "zhao2025"), 0);
    assert_int_equal(axis_category(&a, "kaplan2020"), 1);
    assert_int_equal(axis_category(&a, "zhao2025"), 0);
    axis_finish(&a);
    expect_labels(&a, 6, "zhao2025 kaplan2020");
    char names[MOST_CATEGORIES][8];
    for (int i = 2; i < MOST_CATEGORIES; i++) {
        snprintf(names[i], sizeof names[i], "c%d", i);
        assert_int_equal(axis_category(&a, names[i]), i);
    }
    assert_int_equal(axis_category(&a, "one more"), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_common_power_of_ten),
        cmocka_unit_test(test_linear_ticks_are_round_and_inside),
        cmocka_unit_test(test_decades),
        cmocka_unit_test(test_less_than_a_decade),
        cmocka_unit_test(test_base_two),
        cmocka_unit_test(test_given_ticks),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_one_value_still_has_an_axis),
        cmocka_unit_test(test_limits_without_room),
        cmocka_unit_test(test_symmetric_and_margin),
        cmocka_unit_test(test_categories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
