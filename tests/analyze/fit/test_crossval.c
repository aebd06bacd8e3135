// test_crossval.c - what is held out is never fitted on; the planted law wins; equal laws cannot be told apart.
#include "fit/crossval.h"
#include "ground/random.h"
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

// The same shuffle written a second time: which configuration lies in which fold, and that folds keep their order.
static void folds_are_dealt_from_one_shuffle(void **state) {
    (void)state;
    enum { CLUSTERS = 40, K = 7 };
    Fit truth;
    Runs runs = planted("zhao2025", 120, 3, 0.003, 0, 1, &truth);
    int deck[CLUSTERS];
    Random r = random_stream(3, 0xf01d);
    for (int i = 0; i < CLUSTERS; i++) deck[i] = i;
    for (int left = CLUSTERS; left > 1; left--) {
        int at = (int)random_below(&r, (uint32_t)left), card = deck[at];
        deck[at] = deck[left - 1];
        deck[left - 1] = card;
    }
    Split s;
    split_folds(&runs, K, 3, &s);
    assert_int_equal(runs.n_clusters, CLUSTERS);
    for (int i = 0; i < CLUSTERS; i++) {
        const Fold *f = &s.folds[i % K];
        int found = 0;
        for (int k = 0; k < f->n_test; k++) found += runs.cluster[f->test[k]] == deck[i];
        assert_int_equal(found, 3);
    }
    for (int k = 0; k < K; k++) {
        char name[16];
        snprintf(name, sizeof name, "%d", k + 1);
        assert_string_equal(s.folds[k].name, name);
    }
    split_free(&s);
    planted_free(&runs, &truth);
}

// Ten runs of given sizes, in an order of their own.
static Runs ten_runs(const double *N) {
    Point points[10];
    double loss[10];
    int configuration[10];
    for (int i = 0; i < 10; i++) {
        for (int v = 0; v < N_VARIABLES; v++) points[i].x[v] = points[i].ln[v] = NAN;
        points[i].x[VAR_D] = 1e9 * (i + 1);
        points[i].x[VAR_N] = N[i];
        loss[i] = 3;
        configuration[i] = i;
    }
    Runs runs;
    runs_of_points("ten", 10, points, loss, configuration, &runs);
    return runs;
}

static int held_by(const double *N, const char *spec) {
    Runs runs = ten_runs(N);
    Split s;
    int rows = 0, configurations = 0;
    if (split_holdout(&runs, spec, &s) == OK) {
        split_size(&runs, &s, &rows, &configurations);
        assert_int_equal(rows, configurations);
        split_free(&s);
    }
    runs_free(&runs);
    return rows;
}

static void the_largest_part_is_what_was_asked(void **state) {
    (void)state;
    static const double sizes[] = {5, 3, 9, 1, 10, 2, 8, 4, 7, 6}, ties[] = {1, 1, 1, 1, 1, 1, 1, 9, 9, 9},
                        pair[] = {1, 2, 3, 4, 5, 6, 7, 7, 7, 9}, one[] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    assert_int_equal(held_by(sizes, "largest:N:0.2"), 2);
    assert_int_equal(held_by(sizes, "largest:N"), 2);
    assert_int_equal(held_by(sizes, "largest:N:0.3"), 3);
    assert_int_equal(held_by(sizes, "largest:N:0.39"), 3);
    assert_int_equal(held_by(sizes, "largest:N:0.01"), 1);
    assert_int_equal(held_by(sizes, "largest:N:0.9"), 9);
    assert_int_equal(held_by(sizes, "largest:D:0.5"), 5);
    assert_int_equal(held_by(pair, "largest:N:0.2"), 1); // three of equal size stay together
    assert_int_equal(held_by(ties, "largest:N:0.2"), 3); // the largest size, though more than was asked
    assert_int_equal(held_by(one, "largest:N:0.2"), 0);
    assert_int_equal(held_by(sizes, "N>8"), 2);
    assert_int_equal(held_by(sizes, "N<3"), 2);
    assert_int_equal(held_by(sizes, "run_id=point_0003"), 1);
}

// Runs marked in a column: a fold for each mark, fitted on the unmarked alone.
static void marked_runs_are_held_out(void **state) {
    (void)state;
    static const char *const marks[] = {"", "largest", "", "far", "0", "largest", "", "no", "far", ""};
    static const double sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    Runs runs = ten_runs(sizes);
    for (int i = 0; i < 10; i++) runs.table->cells[i] = (char *)(size_t)marks[i];
    strcpy(runs.table->columns[0], "held");
    Split s;
    assert_int_equal(split_holdout(&runs, "column:held", &s), OK);
    assert_int_equal(s.n_folds, 2);
    assert_string_equal(s.folds[0].name, "largest");
    static const int test[2][2] = {{1, 5}, {3, 8}}, train[] = {0, 2, 4, 6, 7, 9};
    for (int k = 0; k < 2; k++) {
        assert_int_equal(s.folds[k].n_test, 2);
        assert_int_equal(s.folds[k].n_train, 6);
        assert_memory_equal(s.folds[k].test, test[k], sizeof test[k]);
        assert_memory_equal(s.folds[k].train, train, sizeof train);
    }
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "column:held:far", &s), OK);
    assert_int_equal(s.n_folds, 1);
    assert_memory_equal(s.folds[0].test, test[1], sizeof test[1]);
    assert_memory_equal(s.folds[0].train, train, sizeof train);
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "column:held:near", &s), BAD_INPUT);
    assert_int_equal(split_holdout(&runs, "held=far", &s), OK);
    assert_int_equal(s.folds[0].n_test, 2);
    assert_int_equal(s.folds[0].n_train, 8);
    split_free(&s);
    assert_int_equal(split_holdout(&runs, "column:other", &s), BAD_INPUT);
    assert_int_equal(split_holdout(&runs, "held=nothing", &s), BAD_INPUT);
    runs_free(&runs);
}

// What the column `holdout` marks no split fits, and no fold holds; whose cluster is all marked is in no fold.
static void no_fit_sees_what_is_marked(void **state) {
    (void)state;
    static const double sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    Runs runs = ten_runs(sizes);
    runs.held[1] = runs.held[4] = true;
    static const char *const specs[] = {"largest:N:0.2", "N<3", "expand:N", "leave:N"};
    for (int i = 0; i < 5; i++) {
        Split s;
        if (i < 4)
            assert_int_equal(split_holdout(&runs, specs[i], &s), OK);
        else
            split_folds(&runs, 10, 1, &s);
        if (i == 4) assert_int_equal(s.n_folds, 8);
        for (int k = 0; k < s.n_folds; k++) {
            for (int j = 0; j < s.folds[k].n_train; j++) assert_false(runs.held[s.folds[k].train[j]]);
            if (i == 4) assert_int_equal(s.folds[k].n_test, 1);
            for (int j = 0; i == 4 && j < s.folds[k].n_test; j++) assert_false(runs.held[s.folds[k].test[j]]);
        }
        split_free(&s);
    }
    runs_free(&runs);
}

// Totals by hand: law 0 is best everywhere but on the last split, where it fails by a factor of a thousand.
static void no_one_split_decides(void **state) {
    (void)state;
    static const double rmse[3][5] = {{1, 1, 1, 1, 1000}, {1.1, 1.1, 1.1, 1.1, 1}, {1.5, 1.05, 1.2, 1.2, 2}};
    CrossVal *cv = allocate(1, sizeof *cv);
    cv->n_contenders = 3;
    cv->n_splits = 5;
    for (int i = 0; i < 3; i++)
        for (int s = 0; s < 5; s++) cv->contenders[i].total[s].rmse = rmse[i][s];
    crossval_rank(cv);
    static const double scores[] = {1, 1.1, 1.2};
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(cv->contenders[i].score - scores[i]) < 1e-12);
        assert_int_equal(cv->contenders[i].rank, i + 1);
        assert_int_equal(cv->order[i], i);
        assert_int_equal(cv->contenders[i].rank_range[0], i + 1);
        assert_int_equal(cv->contenders[i].rank_range[1], i + 1);
    }
    // With three splits the middle one counts; leaving one out changes who comes first, and the range says so.
    cv->n_splits = 3;
    static const double close[3][3] = {{1, 1.3, 1}, {1.1, 1, 1.2}, {3, 3, 3}};
    for (int i = 0; i < 3; i++)
        for (int s = 0; s < 3; s++) cv->contenders[i].total[s].rmse = close[i][s];
    crossval_rank(cv);
    assert_int_equal(cv->contenders[0].rank, 1);
    assert_int_equal(cv->contenders[0].rank_range[1], 2);
    assert_int_equal(cv->contenders[1].rank_range[0], 1);
    assert_int_equal(cv->contenders[2].rank_range[0], 3);
    cv->contenders[0].total[1].rmse = NAN; // unjudged ranks last
    crossval_rank(cv);
    assert_int_equal(cv->order[2], 0);
    free(cv);
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

// Errors and differences worked out again from the predictions that were kept.
static void errors_are_of_the_predictions(void **state) {
    (void)state;
    const char *const laws[] = {"power_D", "hoffmann2022"};
    Fit truth;
    Runs runs = planted("hoffmann2022", 60, 3, 0.004, 0, 6, &truth);
    CrossVal *cv = contest(&runs, laws, 2, NULL);
    double rmse[2][2] = {{0}};
    for (int law = 0; law < 2; law++)
        for (int split = 0; split < 2; split++) {
            const Contender *c = &cv->contenders[law];
            double squares = 0, bias = 0, mape = 0;
            int n = 0;
            for (int i = 0; i < runs.n; i++) {
                double error = c->predicted[split][i] - runs.loss[i];
                if (isnan(error)) continue;
                n++;
                squares += error * error;
                bias += 100 * error / runs.loss[i];
                mape += 100 * fabs(error) / runs.loss[i];
            }
            rmse[law][split] = sqrt(squares / n);
            assert_int_equal(c->total[split].n, n);
            assert_true(fabs(c->total[split].rmse - rmse[law][split]) < 1e-12);
            assert_true(fabs(c->total[split].bias - bias / n) < 1e-9);
            assert_true(fabs(c->total[split].mape - mape / n) < 1e-9);
        }
    assert_true(fabs(cv->contenders[0].total[1].bias) > 0.5); // so that its sign is tested
    for (int split = 0; split < 2; split++) {
        Difference d = crossval_difference(cv, split, 0, 1);
        assert_true(fabs(d.difference - (rmse[0][split] - rmse[1][split])) < 1e-12);
        assert_true(d.ci95[0] <= d.difference && d.difference <= d.ci95[1]);
        assert_int_equal(d.n, cv->contenders[0].total[split].n);
        int rows, configurations;
        split_size(&runs, &cv->splits[split], &rows, &configurations);
        assert_int_equal(d.configurations, configurations);
        assert_int_equal(d.n, rows);
    }
    crossval_free(cv);
    free(cv);
    planted_free(&runs, &truth);
}

// Two or five configurations tell nothing apart, however clear their runs seem; and intervals stay numbers.
static void few_configurations_tell_nothing(void **state) {
    (void)state;
    for (int held = 2; held <= 7; held++) {
        CrossVal *cv = allocate(1, sizeof *cv);
        static const double sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        Runs runs = ten_runs(sizes);
        double bad[10], good[10];
        for (int i = 0; i < 10; i++) {
            bad[i] = i < held ? 3.5 + 0.01 * i : NAN;
            good[i] = i < held ? 3.001 : NAN;
        }
        cv->runs = &runs;
        cv->contenders[0].predicted[0] = bad;
        cv->contenders[1].predicted[0] = good;
        Difference d = crossval_difference(cv, 0, 0, 1);
        assert_int_equal(d.configurations, held);
        assert_true(d.ci95[0] > 0.4 && d.ci95[1] < 0.6);
        assert_true(d.told_apart == (held >= 6));
        runs_free(&runs);
        free(cv);
    }
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
        cmocka_unit_test(folds_are_dealt_from_one_shuffle),
        cmocka_unit_test(the_largest_part_is_what_was_asked),
        cmocka_unit_test(marked_runs_are_held_out),
        cmocka_unit_test(no_one_split_decides),
        cmocka_unit_test(errors_are_of_the_predictions),
        cmocka_unit_test(few_configurations_tell_nothing),
        cmocka_unit_test(holdouts_are_what_they_say),
        cmocka_unit_test(no_fit_sees_what_is_marked),
        cmocka_unit_test(the_planted_law_wins),
        cmocka_unit_test(like_laws_cannot_be_told_apart),
        cmocka_unit_test(a_failure_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
