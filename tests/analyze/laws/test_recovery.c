// test_recovery.c - laws without a table of their own to come back from: planted without noise, they are found again.
#include "planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void comes_back(const char *name, const double *printed, double close) {
    enum { ROWS = 150 };
    Fit truth = fit_empty("planted");
    Point points[ROWS];
    int configuration[ROWS];
    double loss[ROWS], got[LAW_MAX_PARAMETERS];
    truth.law = law_find(name);
    law_from_printed(truth.law, printed, truth.parameters);
    plant_design(&truth, ROWS, 3, 1, points, configuration);
    plant_losses(&truth, ROWS, points, configuration, 0, 0, 1, loss);
    Runs runs;
    Fitted f;
    FitOptions o = few_starts(60);
    runs_of_points("planted", ROWS, points, loss, configuration, &runs);
    assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
    law_to_printed(truth.law, f.parameters, got);
    for (int i = 0; i < law_n_parameters(truth.law); i++)
        if (fabs(got[i] - printed[i]) > close * fabs(printed[i]))
            fail_msg("%s: %s is %.9g, planted %.9g (objective %g)", name, law_parameter_name(truth.law, i), got[i],
                     printed[i], f.value);
    fitted_free(&f);
    runs_free(&runs);
    fit_free(&truth);
}

static void planted_laws_come_back(void **state) {
    (void)state;
    comes_back("frontier", (const double[]){.0846, 1.429, 70}, 1e-4);
    comes_back("kappa", (const double[]){.9, .8, 3e7, .36, 1.7, 2e6}, 1e-3);
    comes_back("muennighoff2023", law_find("muennighoff2023")->sets[0].values, 1e-3);
}

// The public ladder of six budgets (laws of compute, arXiv 2203.15556's first approach): least squares of log losses.
static void the_frontier_of_a_ladder(void **state) {
    (void)state;
    const double C[] = {1e18, 3e18, 1e19, 3e19, 1e20, 3e20}, L[] = {3.5273, 3.3398, 3.1494, 3.0066, 2.8509, 2.7222};
    Point points[6];
    const int configuration[] = {0, 1, 2, 3, 4, 5};
    for (int i = 0; i < 6; i++) points[i] = (Point){.x = {[VAR_C] = C[i]}};
    Runs runs;
    Fitted f;
    FitOptions o = few_starts(50);
    o.objective = "l2";
    runs_of_points("ladder", 6, points, L, configuration, &runs);
    assert_int_equal(fitting_run(law_find("frontier"), &runs, &o, NULL, 0, &f), OK);
    assert_float_equal(f.parameters[0], .0846, 5e-5);
    assert_float_equal(f.parameters[1], 1.429, 5e-4);
    assert_float_equal(sqrt(f.value / 6), .00102, 5e-6);
    assert_float_equal(law_loss(f.law, f.parameters, &(Point){.x = {[VAR_C] = 1e23}}), 2.221, 5e-4);
    fitted_free(&f);
    runs_free(&runs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_laws_come_back),
        cmocka_unit_test(the_frontier_of_a_ladder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
