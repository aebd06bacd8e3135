// test_solve.c - the solver: recovery of planted laws, the objective as the file format defines it, descent, bits.
#include "planted.h"

#include "ground/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

// Noise-free data return every coefficient, for every law whose coefficients are published.
static void noise_free_data_return_the_law(void **state) {
    (void)state;
    const char *const laws[] = {"kaplan2020",    "hoffmann2022", "clark2022",        "frantar2023",
                                "krajewski2024", "abnar2025",    "ludziejewski2025", "zhao2025"};
    for (int l = 0; l < 8; l++) {
        Fit truth;
        Runs runs = planted(laws[l], 240, 3, 0, 0, 1, &truth);
        FitOptions o = few_starts(60);
        Fitted f;
        assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
        for (int i = 0; i < law_n_parameters(truth.law); i++)
            if (fabs(f.parameters[i] / truth.parameters[i] - 1) > 1e-3)
                fail_msg("%s: %s is %.10g, planted %.10g", laws[l], law_parameter_name(truth.law, i), f.parameters[i],
                         truth.parameters[i]);
        fitted_free(&f);
        planted_free(&runs, &truth);
    }
}

// With noise the optimum cannot be worse than the planted coefficients, whatever the objective.
static void no_worse_than_the_planted(void **state) {
    (void)state;
    const char *const laws[] = {"hoffmann2022", "zhao2025", "krajewski2024", "clark2022", "abnar2025"};
    const char *const objectives[] = {"huber", "l2", "l1"}, *const residual[] = {"log", "linear"};
    for (int l = 0; l < 5; l++)
        for (int k = 0; k < 6; k++) {
            Fit truth;
            Runs runs = planted(laws[l], 150, 3, 0.003, 0, 2, &truth);
            FitOptions o = few_starts(40);
            o.objective = objectives[k % 3];
            o.residual = residual[k / 3];
            Fitted f;
            assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
            assert_true(f.value <= objective_value(&f.problem, truth.parameters));
            assert_float_equal(f.value, objective_value(&f.problem, f.parameters), 1e-9 * f.value);
            fitted_free(&f);
            planted_free(&runs, &truth);
        }
}

// At the optimum of a smooth objective every direction goes up.
static void the_optimum_is_one(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("zhao2025", 200, 4, 0.003, 0, 3, &truth);
    FitOptions o = few_starts(60);
    Fitted f;
    assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
    Random r = random_stream(9, 9);
    for (int trial = 0; trial < 500; trial++) {
        double x[LAW_MAX_PARAMETERS], size = pow(10, -2 - 4 * random_uniform(&r));
        for (int i = 0; i < law_n_parameters(f.law); i++) {
            x[i] = f.parameters[i] * (1 + size * random_normal(&r)) +
                   (f.parameters[i] == 0 ? size * random_uniform(&r) : 0);
            x[i] = fmin(fmax(x[i], f.problem.lo[i]), f.problem.hi[i]);
        }
        assert_true(objective_value(&f.problem, x) >= f.value * (1 - 1e-9));
    }
    fitted_free(&f);
    planted_free(&runs, &truth);
}

static void rho_is_as_the_file_format_says(void **state) {
    (void)state;
    Objective huber = {HUBER, true, 1e-3}, l2 = {L2, true, 1}, l1 = {L1, true, 1};
    assert_float_equal(objective_rho(&huber, 5e-4), 1.25e-7, 1e-20);
    assert_float_equal(objective_rho(&huber, -3e-3), 1e-3 * (3e-3 - 5e-4), 1e-18);
    assert_float_equal(objective_rho(&l2, -3), 9, 0);
    assert_float_equal(objective_rho(&l1, -3), 3, 0);
}

// Outliers of ten times and a fifth of the loss must not hide the law from a robust objective. Over the paper's own
// wide ranges least squares ends far off from every start, so that what it takes for outliers are not only those.
static void outliers_do_not_hide_the_law(void **state) {
    (void)state;
    for (int own = 0; own < 2; own++)
        for (unsigned long seed = 4; seed < 8; seed++) {
            Fit truth;
            Runs runs = planted_over(own, "hoffmann2022", 150, 3, 0.001, 0, seed, &truth);
            for (int i = 0; i < 150; i += 25) {
                runs.loss[i] *= i % 2 ? 10 : 0.2;
                runs.log_loss[i] = log(runs.loss[i]);
            }
            FitOptions o = few_starts(40);
            Fitted f;
            assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
            assert_true(f.value <= objective_value(&f.problem, truth.parameters));
            assert_float_equal(f.parameters[0], truth.parameters[0], 0.02);
            fitted_free(&f);
            planted_free(&runs, &truth);
        }
}

static void held_and_bounded_coefficients_stay(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("hoffmann2022", 90, 3, 0.003, 0, 5, &truth);
    FitOptions o = few_starts(30);
    o.fix.text[o.fix.n++] = "E=1.5";
    o.fix.text[o.fix.n++] = "beta=0.3";
    o.bound.text[o.bound.n++] = "alpha=0.05:0.2";
    Fitted f;
    assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
    assert_true(f.parameters[2] == 1.5 && f.parameters[1] == 0.3);
    assert_true(f.parameters[0] >= 0.05 && f.parameters[0] <= 0.2);
    assert_int_equal(f.metrics.free_parameters, 3);
    fitted_free(&f);
    planted_free(&runs, &truth);
}

static void same_seed_same_bits_for_any_threads(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("zhao2025", 150, 3, 0.003, 0, 6, &truth);
    double first[LAW_MAX_PARAMETERS], *draws = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        FitOptions o = few_starts(40);
        o.threads = threads;
        Fitted f;
        assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
        bootstrap(&runs, 30, &f);
        size_t size = 30 * (size_t)law_n_parameters(f.law) * sizeof(double);
        if (threads == 1) {
            memcpy(first, f.parameters, sizeof first);
            draws = allocate(1, size);
            memcpy(draws, f.draws, size);
        }
        assert_memory_equal(first, f.parameters, (size_t)law_n_parameters(f.law) * sizeof(double));
        assert_memory_equal(draws, f.draws, size);
        fitted_free(&f);
    }
    free(draws);
    planted_free(&runs, &truth);
}

static void too_few_rows_are_refused(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("zhao2025", 11, 1, 0.003, 0, 7, &truth);
    FitOptions o = few_starts(10);
    Fitted f;
    assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), BAD_INPUT);
    assert_non_null(strstr(status_message(), "11 rows cannot tell 12 coefficients"));
    planted_free(&runs, &truth);
}

// Every row the same: nothing can be told, and nothing may be NAN.
static void constant_data_give_numbers(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("hoffmann2022", 40, 1, 0, 0, 8, &truth);
    for (int i = 0; i < runs.n; i++) {
        runs.points[i] = runs.points[0];
        runs.loss[i] = 3;
        runs.log_loss[i] = log(3);
    }
    FitOptions o = few_starts(20);
    Fitted f;
    assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
    bootstrap(&runs, 40, &f);
    for (int i = 0; i < law_n_parameters(f.law); i++) assert_true(isfinite(f.parameters[i]));
    for (int i = 0; i < 40 * law_n_parameters(f.law); i++) assert_true(isfinite(f.draws[i]));
    assert_true(f.value < 1e-20);
    fitted_free(&f);
    planted_free(&runs, &truth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_free_data_return_the_law),
        cmocka_unit_test(no_worse_than_the_planted),
        cmocka_unit_test(the_optimum_is_one),
        cmocka_unit_test(rho_is_as_the_file_format_says),
        cmocka_unit_test(outliers_do_not_hide_the_law),
        cmocka_unit_test(held_and_bounded_coefficients_stay),
        cmocka_unit_test(same_seed_same_bits_for_any_threads),
        cmocka_unit_test(too_few_rows_are_refused),
        cmocka_unit_test(constant_data_give_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
