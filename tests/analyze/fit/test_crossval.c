// test_crossval.c - what is held out is never fitted on; the planted law wins; equal laws cannot be told apart.
#include "fit/crossval.h"
#include "planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_apart(const Runs *runs, const Fold *f, bool whole_configurations) {
    assert_true(f->n_train > 0 && f->n_test > 0);
    for (int i = 0; i < f->n_test; i++)
        for (int j = 0; j < f->n_train; j++) {
            assert_int_not_equal(f->test[i], f->train[j]);
            if (whole_configurations) assert_int_not_equal(runs->cluster[f->test[i]], runs->cluster[f->train[j]]);
        }
}

static void folds_hold_whole_configurations_once(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("zhao2025", 120, 3, 0.003, 0, 1, &truth);
    Split s;
    split_folds(&runs, 7, 3, &s);
    int seen[120] = {0};
    assert_int_equal(s.n_folds, 7);
    for (int k = 0; k < 7; k++) {
        assert_apart(&runs, &s.folds[k], true);
        for (int i = 0; i < s.folds[k].n_test; i++) seen[s.folds[k].test[i]]++;
    }
    for (int i = 0; i < 120; i++) assert_int_equal(seen[i], 1);
    split_free(&s);
    planted_free(&runs, &truth);
}

static double size_of(const Runs *runs, int row) {
    return runs->points[row].x[VAR_N];
}

static void holdouts_are_what_they_say(void **state) {
    (void)state;
    Fit truth;
    Runs runs = planted("zhao2025", 150, 3, 0.003, 0, 2, &truth);
    Split s;
    assert_int_equal(split_holdout(&runs, "largest:N:0.2", &s), OK);
    assert_apart(&runs, &s.folds[0], true); // runs of one configuration have one size
    assert_in_range(s.folds[0].n_test, 20, 30);
    for (int i = 0; i < s.folds[0].n_test; i++)
        for (int j = 0; j < s.folds[0].n_train; j++)
            assert_true(size_of(&runs, s.folds[0].test[i]) > size_of(&runs, s.folds[0].train[j]));
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "N>1e9", &s), OK);
    for (int i = 0; i < s.folds[0].n_test; i++) assert_true(size_of(&runs, s.folds[0].test[i]) > 1e9);
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "expand:D", &s), OK);
    for (int k = 0; k < s.n_folds; k++)
        for (int i = 0; i < s.folds[k].n_test; i++)
            for (int j = 0; j < s.folds[k].n_train; j++)
                assert_true(runs.points[s.folds[k].test[i]].x[VAR_D] > runs.points[s.folds[k].train[j]].x[VAR_D]);
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "leave:G", &s), OK);
    for (int k = 0; k < s.n_folds; k++) {
        assert_apart(&runs, &s.folds[k], true);
        for (int i = 1; i < s.folds[k].n_test; i++)
            assert_true(runs.points[s.folds[k].test[i]].x[VAR_G] == runs.points[s.folds[k].test[0]].x[VAR_G]);
    }
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "leave:Na/N", &s), OK);
    split_free(&s);
    const char *const bad[] = {"largest:Q", "N>1e15", "N=3", "leave", "largest:N:2", "D>qx"};
    for (int i = 0; i < 6; i++) assert_int_equal(split_holdout(&runs, bad[i], &s), BAD_INPUT);
    planted_free(&runs, &truth);
}

static CrossVal *contest(const Runs *runs, const char *const *laws, int n, const char *fix) {
    CrossVal *cv = allocate(1, sizeof *cv);
    cv->runs = runs;
    cv->threads = 1;
    split_folds(runs, 5, 1, &cv->splits[cv->n_splits++]);
    assert_int_equal(split_holdout(runs, "largest:C", &cv->splits[cv->n_splits++]), OK);
    for (int i = 0; i < n; i++) {
        Contender *c = &cv->contenders[cv->n_contenders++];
        snprintf(c->name, sizeof c->name, "%s", laws[i]);
        c->law = law_find(laws[i]);
        c->options = few_starts(30);
        if (i == n - 1 && fix) c->options.fix.text[c->options.fix.n++] = fix;
    }
    crossval_run(cv);
    return cv;
}

static void the_planted_law_wins(void **state) {
    (void)state;
    const char *const laws[] = {"hoffmann2022", "zhao2025", "power_D"};
    Fit truth;
    Runs runs = planted("zhao2025", 200, 4, 0.003, 0, 3, &truth);
    CrossVal *cv = contest(&runs, laws, 3, NULL);
    assert_int_equal(cv->contenders[1].rank, 1);
    assert_true(cv->contenders[1].weight > 0.99);
    Errors e = cv->contenders[1].total[0];
    assert_int_equal(e.n, 200);
    // Held-out error is the noise and a little more.
    assert_true(e.rmse > 0.006 && e.rmse < 0.015);
    Difference d = crossval_difference(cv, 0, 0, 1);
    assert_true(d.told_apart && d.difference > 0 && d.ci95[0] > 0);
    crossval_free(cv);
    free(cv);
    planted_free(&runs, &truth);
}

// The same law with its true asymptote held is no other law: noise cannot tell them apart.
static void like_laws_cannot_be_told_apart(void **state) {
    (void)state;
    const char *const laws[] = {"hoffmann2022", "hoffmann2022"};
    Fit truth;
    Runs runs = planted("hoffmann2022", 120, 3, 0.004, 0, 4, &truth);
    CrossVal *cv = contest(&runs, laws, 2, "E=1.6934");
    Difference d = crossval_difference(cv, 0, 0, 1);
    assert_true(!d.told_apart || fabs(d.difference) < 3e-4);
    assert_true(cv->contenders[1].full.parameters[2] == 1.6934);
    crossval_free(cv);
    free(cv);
    planted_free(&runs, &truth);
}

// A law that cannot be fitted on these rows is said to have failed, and ranks last.
static void a_failure_is_named(void **state) {
    (void)state;
    const char *const laws[] = {"zhao2025", "hoffmann2022"};
    Fit truth;
    Runs runs = planted("hoffmann2022", 11, 1, 0.001, 0, 5, &truth);
    CrossVal *cv = contest(&runs, laws, 2, NULL);
    assert_true(cv->contenders[0].failed[0] != '\0');
    assert_int_equal(cv->contenders[0].rank, 2);
    crossval_free(cv);
    free(cv);
    planted_free(&runs, &truth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_hold_whole_configurations_once),
        cmocka_unit_test(holdouts_are_what_they_say),
        cmocka_unit_test(the_planted_law_wins),
        cmocka_unit_test(like_laws_cannot_be_told_apart),
        cmocka_unit_test(a_failure_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
