// The synthetic source: its chain, its entropy rate, its statistics.
#include "data/markov.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "near.h"

// The stationary distribution is one: pi P = pi, sum 1.
static void test_stationary(void **state) {
    (void)state;
    Markov m;
    assert_int_equal(markov_create("markov:vocab=50;branches=3;seed=9", &m), OK);
    double sum = 0, *to = calloc(50, sizeof *to);
    for (int i = 0; i < 50; i++) {
        double row = 0;
        sum += m.pi[i];
        for (int b = 0; b < 3; b++) {
            row += m.p[i * 3 + b];
            to[m.next[i * 3 + b]] += m.pi[i] * m.p[i * 3 + b];
        }
        assert_near(row, 1, 1e-12);
    }
    assert_near(sum, 1, 1e-12);
    for (int i = 0; i < 50; i++) assert_near(to[i], m.pi[i], 1e-12);
    free(to);
    markov_destroy(&m);
}

// One branch is a cycle without surprise; its rate is exactly zero, its distribution uniform.
static void test_cycle(void **state) {
    (void)state;
    Markov m;
    assert_int_equal(markov_create("markov:vocab=8;branches=1", &m), OK);
    assert_near(m.entropy, 0, 0);
    for (int i = 0; i < 8; i++) assert_near(m.pi[i], 0.125, 1e-12);
    markov_destroy(&m);
}

// The mean surprise of a long sample is the rate.
static void test_rate(void **state) {
    (void)state;
    Markov m;
    assert_int_equal(markov_create("markov:vocab=64;branches=4;seed=1", &m), OK);
    enum { N = 400000 };
    int32_t *tokens = malloc(N * sizeof *tokens);
    Random r = random_stream(1, 2);
    markov_draw(&m, &r, N, tokens);
    double sum = 0;
    for (int i = 0; i + 1 < N; i++) sum += markov_surprise(&m, tokens[i], tokens[i + 1]);
    assert_true(m.entropy > 0.5 && m.entropy < log(4));
    assert_near(sum / (N - 1), m.entropy, 0.005);
    free(tokens);
    markov_destroy(&m);
}

static void expect_bad(const char *spec, const char *text) {
    Markov m;
    assert_int_equal(markov_create(spec, &m), BAD_INPUT);
    assert_non_null(strstr(status_message(), text));
}

static void test_bad_specs(void **state) {
    (void)state;
    expect_bad("markov:vocab=1", "at least 2");
    expect_bad("markov:vocab=4;branches=5", "1..vocab = 4");
    expect_bad("markov:states=4", "expected vocab, branches or seed");
    expect_bad("markov:vocab", "name=value");
    expect_bad("markov:vocab=many", "'many'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stationary),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_bad_specs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
