// Warmup, stable, decay.
#include "jobs/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "near.h"

static Run run_of(double steps, double decay, double warmup_steps) {
    Run run = run_default();
    double step = run_batch_tokens(&run);
    run.tokens = steps * step;
    run.decay_fraction = decay;
    run.warmup_tokens = warmup_steps * step;
    assert_int_equal(run_finish(&run), OK);
    return run;
}

static void test_shape(void **state) {
    (void)state;
    Run run = run_of(100, 0.25, 10);
    assert_near(schedule(&run, 0), 0.1, 1e-12);
    assert_near(schedule(&run, 8), 0.9, 1e-12);
    for (long s = 9; s < 75; s++) assert_near(schedule(&run, s), 1, 0);
    assert_near(schedule(&run, 75), 25.0 / 26, 1e-12);
    assert_near(schedule(&run, 99), 1.0 / 26, 1e-12);
    for (long s = 76; s < 100; s++) assert_near(schedule(&run, s - 1) - schedule(&run, s), 1.0 / 26, 1e-12);
}

// Before either decays, runs of different length have the same rates.
static void test_trunk(void **state) {
    (void)state;
    Run shorter = run_of(100, 0.3, 20), longer = run_of(400, 0.3, 20);
    for (long s = 0; s < run_decay_start(&shorter); s++) assert_near(schedule(&shorter, s), schedule(&longer, s), 0);
    assert_true(schedule(&shorter, 99) < schedule(&longer, 99));
}

static void test_extremes(void **state) {
    (void)state;
    Run none = run_of(50, 0, 0), all = run_of(50, 1, 0);
    for (long s = 0; s < 50; s++) assert_near(schedule(&none, s), 1, 0);
    assert_near(schedule(&all, 0), 50.0 / 51, 1e-12);
    assert_near(schedule(&all, 49), 1.0 / 51, 1e-12);
}

// A warmup that reaches into the decay multiplies it.
static void test_warmup_within_decay(void **state) {
    (void)state;
    Run run = run_of(40, 1, 20);
    assert_near(schedule(&run, 9), 10.0 / 20 * 31 / 41, 1e-12);
    assert_near(schedule(&run, 30), 10.0 / 41, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_trunk),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_warmup_within_decay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
