// test_ops.c - every operation: cpu-double's forward against a plain reference, its gradients against finite
// differences, and the single-precision backends against cpu-double.
#include "case_checks.h"
#include "case_reference.h"

#include "run/run.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

// Forward of cpu-double against the plain reference.
static Status check_forward(const Case *c, double *difference, const char **worst) {
    CaseData x = case_data(c), y = case_data(c);
    Status s = case_run(c, &backend_cpu_double, &x, false);
    if (s == OK) {
        reference(c, &y);
        compare_results(c, &x, &y, false, difference, worst);
    }
    case_free(&x);
    case_free(&y);
    return s;
}

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
        double difference = 0;
        const char *worst = "";
        if (c.large) continue;
        assert_int_equal(check_forward(&c, &difference, &worst), OK);
        failures += bad(&c, "forward against the reference", worst, difference, 1e-11);
    }
    assert_int_equal(failures, 0);
}

static void backward_is_the_gradient_of_forward(void **state) {
    (void)state;
    int failures = 0, checked = 0;
    for (int i = 0; i < cases_count(); i++) {
        Case c = cases_get(i);
        double difference = 0;
        const char *worst = "";
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
        double difference = 0;
        const char *worst = "";
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

// The most experts there may be, on a small stack: nothing on it grows with their number.
static void *route_on_little_stack(void *good) {
    Shape shape = {.vocab = 2, .d_model = 2, .n_experts = 65536, .top_k = 8, .seq_len = 2, .d_head = 2};
    const Backend *b = &backend_cpu;
    Context *ctx;
    if (b->open(&ctx, &shape, 1) != OK) return NULL;
    long E = shape.n_experts, TE = 2 * E, S = 2 * shape.top_k;
    Routing r = {b->alloc(ctx, FULL, TE), b->alloc(ctx, INT32, S),     b->alloc(ctx, INT32, S), b->alloc(ctx, INT32, S),
                 b->alloc(ctx, FULL, S),  b->alloc(ctx, INT32, E + 1), b->alloc(ctx, INT32, E), b->alloc(ctx, FULL, 3)};
    void *h = b->alloc(ctx, ACT, 4), *w = b->alloc(ctx, FULL, TE), *bias = b->alloc(ctx, FULL, E);
    void *dh = b->alloc(ctx, ACT, 4), *dw = b->alloc(ctx, FULL, TE), *dweight = b->alloc(ctx, FULL, S);
    RouterSpec spec = {2, 2, (int)E, 8, 2, GATE_SIGMOID, 2, 0.1, 0.1};
    b->router(ctx, r, h, w, bias, spec);
    b->router_back(ctx, dh, dw, r, dweight, h, w, spec);
    int32_t end;
    b->get_ints(ctx, &end, (int32_t *)r.offset_E1 + E, 1);
    void *all[] = {r.logit_TE, r.index_TK, r.slot_TK, r.token_S, r.weight_S, r.offset_E1, r.count_E,
                   r.stats_3,  h,          w,         bias,      dh,         dw,          dweight};
    for (int i = 0; i < 14; i++) b->release(ctx, all[i]);
    b->close(ctx);
    return end == S ? good : NULL;
}

static void many_experts_need_no_stack(void **state) {
    pthread_attr_t small;
    pthread_t thread;
    void *good = NULL;
    int token;
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 192 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &small, route_on_little_stack, &token), 0);
    assert_int_equal(pthread_join(thread, &good), 0);
    pthread_attr_destroy(&small);
    assert_ptr_equal(good, &token);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_what_the_header_says),
        cmocka_unit_test(backward_is_the_gradient_of_forward),
        cmocka_unit_test(fast_single_precision_agrees_with_double),
        cmocka_unit_test(plain_single_precision_agrees_with_double),
        cmocka_unit_test(same_call_gives_the_same_bits),
        cmocka_unit_test(many_experts_need_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
