// test_coverage.c - do nominal 95 % intervals contain the truth 90-98 % of the time? By bootstrap, by profile, and of
// new runs' losses, on planted laws with noise.
#include "fit/derived.h"
#include "fit/predict.h"
#include "fit/profile.h"
#include "planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

enum { REPLICATES = 200, DRAWS = 200 };

static void assert_covers(const char *what, int inside, int n) {
    double share = 100.0 * inside / n;
    print_message("# %s: %.1f %%\n", what, share);
    if (share < 90 || share > 98) fail_msg("%s: %.1f %% of nominal 95 %% intervals contain the truth", what, share);
}

static double value_of(const Law *law, const double *parameters, void *index) {
    (void)law;
    return parameters[*(int *)index];
}

// Objectives one after the other; noise partly common to configurations, as in real sweeps.
static void check_law(const char *name, int rows, const char *objective, double shared) {
    int inside[LAW_MAX_PARAMETERS] = {0}, best_size = 0, new_runs = 0, curves = 0, p = 0;
    for (int k = 0; k < REPLICATES; k++) {
        Fit truth;
        Runs runs = planted(name, rows, 3, 0.004, shared, 100 + (unsigned long)k, &truth);
        FitOptions o = few_starts(8);
        o.objective = objective;
        o.seed = k;
        Fitted f;
        assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
        bootstrap(&runs, DRAWS, &f);
        Fit view = fitted_view(&f, &runs);
        p = law_n_parameters(truth.law);
        for (int i = 0; i < p; i++) {
            double ci[2];
            fit_interval(&view, value_of, &i, ci);
            inside[i] += truth.parameters[i] >= ci[0] && truth.parameters[i] <= ci[1];
        }
        Derived planted_best[MAX_DERIVED], best[MAX_DERIVED];
        truth.range[VAR_N][1] = view.range[VAR_N][1];
        truth.range[VAR_D][1] = view.range[VAR_D][1];
        int n = derive(&truth, NAN, NAN, planted_best);
        derive(&view, NAN, NAN, best);
        if (n) best_size += planted_best[0].value >= best[0].ci95.lo && planted_best[0].value <= best[0].ci95.hi;
        Point next = {.x = {[VAR_N] = 2e9, [VAR_D] = 4e10, [VAR_NA] = 4e8, [VAR_G] = 6, [VAR_S] = .2}};
        int one = 0;
        double loss, exact = law_loss(truth.law, truth.parameters, &next);
        plant_losses(&truth, 1, &next, &one, 0.004, 0, 7000 + (unsigned long)k, &loss);
        Prediction at = predict(&view, &next);
        new_runs += loss >= at.interval95[0] && loss <= at.interval95[1];
        curves += exact >= at.band95[0] && exact <= at.band95[1];
        fitted_free(&f);
        planted_free(&runs, &truth);
    }
    char what[80];
    const Law *law = law_find(name);
    for (int i = 0; i < p; i++) {
        snprintf(what, sizeof what, "%s %s by %s", name, law_parameter_name(law, i), objective);
        assert_covers(what, inside[i], REPLICATES);
    }
    assert_covers("best size", best_size, REPLICATES);
    assert_covers("curve", curves, REPLICATES);
    assert_covers("new run", new_runs, REPLICATES);
}

static void bootstrap_huber(void **state) {
    (void)state;
    check_law("hoffmann2022", 180, "huber", 0);
}

static void bootstrap_least_squares_with_common_noise(void **state) {
    (void)state;
    check_law("hoffmann2022", 180, "l2", 0.5);
}

static void jackknife_of_twelve_clusters(void **state) {
    (void)state;
    check_law("hoffmann2022", 36, "huber", 0.5);
}

static void profile_intervals(void **state) {
    (void)state;
    int inside[2] = {0};
    for (int k = 0; k < REPLICATES / 2; k++) {
        Fit truth;
        Runs runs = planted("hoffmann2022", 150, 3, 0.004, 0, 900 + (unsigned long)k, &truth);
        FitOptions o = few_starts(6);
        if (k % 2) o.objective = "l2";
        Fitted f;
        assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
        for (int i = 0; i < 2; i++) {
            Profile at;
            profile(&f, i, &at);
            inside[i] += truth.parameters[i] >= at.ci95.lo && truth.parameters[i] <= at.ci95.hi;
        }
        fitted_free(&f);
        planted_free(&runs, &truth);
    }
    assert_covers("profile of alpha", inside[0], REPLICATES / 2);
    assert_covers("profile of beta", inside[1], REPLICATES / 2);
}

// The statistic at the truth is below its 95 % limit in 93-97 % of tables, by least squares and by the robust
// objective.
static void the_limit_is_that_of_95_per_cent(void **state) {
    (void)state;
    enum { TABLES = 1200 };
    for (int robust = 0; robust < 2; robust++) {
        int below = 0;
        for (int k = 0; k < TABLES; k++) {
            Fit truth;
            Runs runs = planted("hoffmann2022", 60, 3, 0.004, 0, 5000 + (unsigned long)k, &truth);
            FitOptions o = few_starts(1);
            o.objective = robust ? "huber" : "l2";
            Fitted f;
            assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
            below += profile_rise(&f, k % 2, truth.parameters[k % 2]) < profile_limit(&f);
            fitted_free(&f);
            planted_free(&runs, &truth);
        }
        double share = 100.0 * below / TABLES;
        print_message("# profile at the truth, %s: %.1f %%\n", robust ? "huber" : "l2", share);
        if (share < 93 || share > 97) fail_msg("%.1f %% of statistics at the truth are below the 95 %% limit", share);
    }
}

int main(void) {

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bootstrap_huber),
        cmocka_unit_test(bootstrap_least_squares_with_common_noise),
        cmocka_unit_test(jackknife_of_twelve_clusters),
        cmocka_unit_test(profile_intervals),
        cmocka_unit_test(the_limit_is_that_of_95_per_cent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
