// test_ops.c - every operation: cpu-double's forward against a plain reference, its gradients against finite
// differences, and the single-precision backends against cpu-double.
#include "cases/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

// What went wrong, in one line; the caller fails.
static int bad(const Case *c, const char *what, const char *worst, double difference, double limit) {
    if (difference <= limit) return 0;
    print_error("%s (%s): %s: %s differs by %.3g, at most %.3g is good\n", c->op, c->name, what, worst, difference,
                limit);
    return 1;
}

static void forward_is_what_the_header_says(void **state) {
    (void)state;
    int failures = 0;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double difference;
        const char *worst;
        if (c.large) continue;
        assert_int_equal(case_check_forward(&c, &difference, &worst), OK);
        failures += bad(&c, "forward against the reference", worst, difference, 1e-11);
    }
    assert_int_equal(failures, 0);
}

static void backward_is_the_gradient_of_forward(void **state) {
    (void)state;
    int failures = 0, checked = 0;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double difference;
        const char *worst;
        if (c.large || c.no_gradient) continue;
        assert_int_equal(case_check_gradient(&c, &difference, &worst), OK);
        failures += bad(&c, "backward against finite differences", worst, difference, 1e-6);
        checked++;
    }
    assert_int_equal(failures, 0);
    assert_true(checked > 30);
}

static int failures_of(const Backend *b, double limit) {
    int failures = 0;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double difference;
        const char *worst;
        if (c.large && b != &backend_cpu) continue;
        assert_int_equal(case_compare(&c, b, &difference, &worst), OK);
        failures += bad(&c, b->name, worst, difference, limit);
    }
    return failures;
}

static void fast_single_precision_agrees_with_double(void **state) {
    (void)state;
    assert_int_equal(failures_of(&backend_cpu, 3e-6), 0);
}

static void plain_single_precision_agrees_with_double(void **state) {
    (void)state;
    assert_int_equal(failures_of(&backend_cpu_plain, 3e-6), 0);
}

static void same_call_gives_the_same_bits(void **state) {
    (void)state;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        CaseData x = case_data(&c), y = case_data(&c);
        if (!c.large) {
            assert_int_equal(case_run(&c, &backend_cpu, &x, true), OK);
            assert_int_equal(case_run(&c, &backend_cpu, &y, true), OK);
            for (int a = 0; a < c.n; a++)
                if (x.real[a])
                    assert_memory_equal(x.real[a], y.real[a], (size_t)c.array[a].count * sizeof(double));
                else
                    assert_memory_equal(x.ints[a], y.ints[a], (size_t)c.array[a].count * sizeof(int32_t));
        }
        case_free(&x);
        case_free(&y);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_what_the_header_says),
        cmocka_unit_test(backward_is_the_gradient_of_forward),
        cmocka_unit_test(fast_single_precision_agrees_with_double),
        cmocka_unit_test(plain_single_precision_agrees_with_double),
        cmocka_unit_test(same_call_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
