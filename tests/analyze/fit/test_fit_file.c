// test_fit_file.c - fit.json read back is the fit that was written, and the problem it was.
#include "fit/fit_file.h"

#include "ground/output.h"
#include "planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static char *written(const FitReport *r, size_t *length) {
    char *text;
    FILE *f = open_memstream(&text, length);
    assert_non_null(f);
    fit_file_write(f, r);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void write_read_write_is_the_same_bytes(void **state) {
    (void)state;
    const char *const laws[] = {"hoffmann2022", "zhao2025", "frantar2023", "clark2022"};
    for (int l = 0; l < 4; l++) {
        Fit truth;
        Runs runs = planted(laws[l], 90, 3, 0.003, 0, 11, &truth);
        FitOptions o = few_starts(10);
        o.delta = 2e-3;
        if (l == 0) o.bound.text[o.bound.n++] = "alpha=0.05:0.2"; // an end that is open
        if (l == 1) o.fix.text[o.fix.n++] = "m=0";
        RunChoice choice = {.where = {2, {"D>1e9", "source~\"a\\b\""}}, .columns = {1, {"N=notes.N_dense"}}};
        choice.weight = "w";
        choice.cluster = "notes.trunk";
        Fitted f;
        assert_int_equal(fitting_run(truth.law, &runs, &o, NULL, 0, &f), OK);
        bootstrap(&runs, 30, &f);
        FitReport first, second;
        size_t length, again_length;
        fit_report(&f, &runs, &o, &choice, &first);
        first.has_profile = l == 0;
        first.profile95[0] = (Interval){-INFINITY, 0.5};
        char *text = written(&first, &length);
        assert_int_equal(fit_file_parse("fit.json", text, length, &second), OK);
        char *again = written(&second, &again_length);
        assert_string_equal(text, again);
        assert_string_equal(second.choice.weight, "w");
        assert_string_equal(second.choice.cluster, "notes.trunk");
        assert_string_equal(second.choice.where.text[1], "source~\"a\\b\"");
        assert_int_equal(second.fit.n_draws, 30);
        for (int i = 0; i < law_n_parameters(truth.law); i++)
            assert_int_equal(interval_kind(&first.ci95[i]), interval_kind(&second.ci95[i]));
        if (l == 0) assert_int_equal(interval_kind(&second.ci95[0]), UNDETERMINED);
        if (l == 1) assert_int_equal(interval_kind(&second.ci95[law_parameter_index(truth.law, "m")]), UNKNOWN);
        free(text);
        free(again);
        fit_report_free(&second);
        fitted_free(&f);
        planted_free(&runs, &truth);
    }
}

// A table with weights and clusters of its own.
static void write_table(const char *path) {
    Fit truth;
    Runs runs = planted("hoffmann2022", 60, 3, 0.01, 0, 12, &truth);
    Output out;
    assert_int_equal(output_open(&out, path), OK);
    fprintf(out.file, "run_id,N,D,loss,importance,trunk\n");
    for (int i = 0; i < runs.n; i++)
        fprintf(out.file, "r%d,%.17g,%.17g,%.17g,%g,t%d\n", i, runs.points[i].x[VAR_N], runs.points[i].x[VAR_D],
                runs.loss[i], 0.1 + i % 7, i / 2);
    assert_int_equal(output_commit(&out), OK);
    planted_free(&runs, &truth);
}

// With weights, bounds, a held coefficient and clusters, read back: the same objective on the same problem.
static void the_problem_survives(void **state) {
    (void)state;
    char path[64], file[64];
    snprintf(path, sizeof path, "/tmp/fit_file_%d.csv", (int)getpid());
    snprintf(file, sizeof file, "/tmp/fit_file_%d.json", (int)getpid());
    write_table(path);
    const Law *laws[] = {law_find("hoffmann2022"), NULL};
    RunChoice choice = {.weight = "importance", .cluster = "trunk"};
    FitOptions o = few_starts(20);
    o.bound.text[o.bound.n++] = "alpha=0.1:0.3";
    o.fix.text[o.fix.n++] = "E=1.5";
    Runs runs, runs_again;
    Fitted f, again;
    FitReport report, back;
    assert_int_equal(runs_read(path, &choice, laws, &runs), OK);
    assert_int_equal(runs.n_clusters, 30);
    assert_int_equal(fitting_run(laws[0], &runs, &o, NULL, 0, &f), OK);
    bootstrap(&runs, 20, &f);
    fit_report(&f, &runs, &o, &choice, &report);
    Output out;
    assert_int_equal(output_open(&out, file), OK);
    fit_file_write(out.file, &report);
    assert_int_equal(output_commit(&out), OK);

    assert_int_equal(fit_file_read(file, &back), OK);
    assert_int_equal(runs_read(path, &back.choice, laws, &runs_again), OK);
    assert_int_equal(runs_again.n_clusters, 30);
    Point *points = runs_points(&runs_again, laws[0], false);
    assert_int_equal(fit_again(&back, &runs_again, points, &again), OK);
    assert_float_equal(again.value / f.value, 1, 1e-12);
    for (int i = 0; i < law_n_parameters(laws[0]); i++) {
        assert_true(again.problem.lo[i] == f.problem.lo[i] && again.problem.hi[i] == f.problem.hi[i]);
        assert_int_equal(again.held[i], f.held[i]);
    }
    assert_int_equal(again.metrics.free_parameters, f.metrics.free_parameters);
    free(points);
    fit_report_free(&back);
    fitted_free(&f);
    runs_free(&runs);
    runs_free(&runs_again);
    unlink(path);
    unlink(file);
}

static void intervals_say_what_they_are(void **state) {
    (void)state;
    char text[INTERVAL_TEXT_ROOM];
    const struct {
        Interval x;
        const char *text;
    } cases[] = {{{1.25, 3.5}, "[1.25, 3.5]"},
                 {{-INFINITY, 3.5}, "at most 3.5"},
                 {{1.25, INFINITY}, "at least 1.25"},
                 {{-INFINITY, INFINITY}, "not determined"},
                 {{NAN, NAN}, ""}};
    for (int i = 0; i < 5; i++) {
        assert_string_equal(interval_text(&cases[i].x, text), cases[i].text);
        assert_int_equal(interval_kind_of(interval_word(&cases[i].x)), interval_kind(&cases[i].x));
    }
    double values[40];
    for (int low = 0; low <= 40; low += 20) {
        for (int i = 0; i < 40; i++) values[i] = i < low ? -INFINITY : i;
        Interval x = interval_of(values, 40);
        assert_int_equal(interval_kind(&x), low == 0 ? BOTH_ENDS : low == 20 ? AT_MOST : UNDETERMINED);
        if (low < 40) assert_float_equal(x.hi, 0.975 * 41 - 1, 1e-12);
    }
    // 39 draws cut the line into 40 equal parts: 2.5 % lie below the least of them, and 2.5 % above the greatest.
    for (int i = 0; i < 39; i++) values[i] = i;
    Interval ends = interval_of(values, 39);
    assert_float_equal(ends.lo, 0, 1e-12);
    assert_float_equal(ends.hi, 38, 1e-12);
    for (int i = 0; i < 40; i++) values[i] = i < 21 ? NAN : i;
    Interval none = interval_of(values, 40);
    assert_int_equal(interval_kind(&none), UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_read_write_is_the_same_bytes),
        cmocka_unit_test(the_problem_survives),
        cmocka_unit_test(intervals_say_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
