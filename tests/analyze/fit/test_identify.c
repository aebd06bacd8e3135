// What is said of a fit's certainty: signs as bounds, the limit of a profile, and what counts as not identified.
#include "planted.h"

#include "fit/identify.h"
#include "fit/profile.h"

#include <gsl/gsl_cdf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void signs_are_bounds(void **state) {
    (void)state;
    const Law *law = law_find("zhao2025");
    Problem p = {.law = law};
    problem_bounds(&p);
    for (int j = 0; j < law->n_coef; j++) {
        int i = law->n_theta + j, sign = law->coef[j].sign;
        assert_true(p.lo[i] == (sign > 0 ? 0 : -INFINITY));
        assert_true(p.hi[i] == (sign < 0 ? 0 : INFINITY));
    }
}

static void a_profile_ends_where_chi_squared_says(void **state) {
    (void)state;
    Fitted f = {.problem.n = 2000000005};
    f.metrics.free_parameters = 5;
    assert_true(fabs(profile_limit(&f) - gsl_cdf_chisq_Qinv(0.05, 1)) < 1e-6); // of so many rows that noise is known
    f.problem.n = 10;
    assert_true(fabs(sqrt(profile_limit(&f)) - 2.570582) < 1e-6); // Student's t, 5 degrees of freedom
}

// A coefficient is not identified when its standard error is larger than itself, and not before.
static void unidentified_means_an_error_above_one(void **state) {
    (void)state;
    int above = 0, below = 0;
    for (int k = 0; k < 6; k++) {
        Fit truth;
        Runs runs = planted("hoffmann2022", 60, 3, 0.003 * (1 << k), 0, 5, &truth);
        FitOptions o = few_starts(20);
        Fitted f;
        assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
        Identifiability id = {0};
        identify(&f, &id);
        for (int i = 0; i < law_n_parameters(truth.law); i++) {
            if (isnan(id.relative_error[i])) continue;
            assert_int_equal(id.unidentified[i], id.relative_error[i] > 1);
            above += id.relative_error[i] > 1 && id.relative_error[i] < 10;
            below += id.relative_error[i] < 1;
        }
        fitted_free(&f);
        planted_free(&runs, &truth);
    }
    assert_true(above > 0 && below > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_are_bounds),
        cmocka_unit_test(a_profile_ends_where_chi_squared_says),
        cmocka_unit_test(unidentified_means_an_error_above_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
