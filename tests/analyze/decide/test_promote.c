// test_promote.c - planted savings come back and their intervals hold; pairs against arithmetic by hand.
#include "decide/paired.h"
#include "decide/promote.h"
#include "planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static Runs ladder(const char *name, int n, double saving, double noise, Random *r) {
    Point points[16];
    double loss[16];
    int configuration[16];
    for (int i = 0; i < n; i++) {
        double C = 1e18 * pow(3, i);
        points[i] = (Point){.x = {[VAR_C] = C}};
        loss[i] = (1.5 + 60 * pow(saving * C, -0.08)) * exp(noise * (r ? random_normal(r) : 0));
        configuration[i] = i;
    }
    Runs runs;
    runs_of_points(name, n, points, loss, configuration, &runs);
    return runs;
}

static FitOptions squares(void) {
    FitOptions o = few_starts(20);
    o.objective = "l2";
    return o;
}

static void a_planted_saving_comes_back(void **state) {
    (void)state;
    Runs old_runs = ladder("old", 6, 1, 0, NULL), new_runs = ladder("new", 3, 1.3, 0, NULL);
    FitOptions o = squares();
    Promotion p;
    assert_int_equal(promote(law_find("frontier"), &old_runs, &new_runs, &o, &p), OK);
    assert_float_equal(p.saving, 1.3, 1e-3);
    assert_true(p.ci95.lo > 1.29 && p.ci95.hi < 1.31);
    for (int i = 0; i < 3; i++) assert_float_equal(p.each[i], 1.3, 1e-3);
    promotion_free(&p);
    assert_int_equal(promote(law_find("hoffmann2022"), &old_runs, &new_runs, &o, &p), BAD_INPUT);
    assert_non_null(strstr(status_message(), "no law of compute"));
    runs_free(&old_runs);
    runs_free(&new_runs);
}

// Nominal 95 %: of 60 replicates at least 51 hold it (fewer have a chance of 2e-3 if it is true).
static void intervals_of_savings_hold(void **state) {
    (void)state;
    int inside = 0;
    Random r = random_stream(11, 5);
    for (int k = 0; k < 60; k++) {
        Runs old_runs = ladder("old", 6, 1, 0.002, &r), new_runs = ladder("new", 4, 1.2, 0.002, &r);
        FitOptions o = squares();
        Promotion p;
        assert_int_equal(promote(law_find("frontier"), &old_runs, &new_runs, &o, &p), OK);
        inside += p.ci95.lo <= 1.2 && 1.2 <= p.ci95.hi;
        promotion_free(&p);
        runs_free(&old_runs);
        runs_free(&new_runs);
    }
    print_message("%d of 60 intervals hold the planted saving\n", inside);
    assert_true(inside >= 51);
}

static char path[2][64];

static void write_pair(const char *a, const char *b) {
    const char *text[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        strcpy(path[i], "/tmp/moelaw-paired-XXXXXX");
        int file = mkstemp(path[i]);
        assert_true(file >= 0 && write(file, text[i], strlen(text[i])) == (ssize_t)strlen(text[i]));
        close(file);
    }
}

static Status compared(const char *a, const char *b, const PairChoice *c, Paired *p) {
    write_pair(a, b);
    Status s = compare_tables(path[0], path[1], c, p);
    for (int i = 0; i < 2; i++) unlink(path[i]);
    return s;
}

// Differences -.03 -.01 -.02: mean -.02, deviation .01, t_.975,2 = 4.302653.
static void pairs_by_hand(void **state) {
    (void)state;
    PairChoice c = {.by = "seed", .wanted = 0.01};
    Paired p;
    assert_int_equal(
        compared("seed,loss\n1,2.03\n2,2.11\n3,2.22\n9,3\n", "seed,loss\n3,2.20\n1,2.00\n2,2.10\n", &c, &p), OK);
    assert_int_equal(p.pairs, 3);
    assert_int_equal(p.alone_a, 1);
    assert_int_equal(p.alone_b, 0);
    assert_float_equal(p.mean, -0.02, 1e-12);
    assert_float_equal(p.sd, 0.01, 1e-12);
    assert_float_equal(p.ci95[0], -0.02 - 4.302652729911275 * 0.01 / sqrt(3), 1e-9);
    assert_float_equal(p.ci95[1], -0.02 + 4.302652729911275 * 0.01 / sqrt(3), 1e-9);
    assert_float_equal(p.p, 0.0741799, 1e-6); // t = 3.4641 on two degrees of freedom
    assert_true(p.sd_alone > 0.1 && p.correlation > 0.99);
    // R: power.t.test(delta = .01, sd = .01, power = .8, type = "paired") says 9.94.
    assert_float_equal(p.needed, 10, 0);
    // Turned round, all turns round.
    Paired q;
    assert_int_equal(
        compared("seed,loss\n3,2.20\n1,2.00\n2,2.10\n", "seed,loss\n1,2.03\n2,2.11\n3,2.22\n9,3\n", &c, &q), OK);
    assert_float_equal(q.mean, -p.mean, 1e-15);
    assert_int_equal(q.alone_b, 1);
}

static void pairs_of_one_table(void **state) {
    (void)state;
    const char table[] = "seed,D,lr,loss\n1,10,a,2\n1,20,a,1.5\n1,10,b,2.1\n1,20,b,1.7\n2,10,a,2\n2,10,b,\n";
    PairChoice c = {.by = "seed,D", .where_a = {1, {"lr=a"}}, .where_b = {1, {"lr=b"}}, .wanted = NAN};
    Paired p;
    assert_int_equal(compared(table, table, &c, &p), OK);
    assert_int_equal(p.pairs, 2);
    assert_int_equal(p.alone_a, 1); // its partner has no loss
    assert_float_equal(p.mean, 0.15, 1e-12);
    assert_true(isnan(p.needed) && isnan(p.correlation));
    c.by = "seed";
    assert_int_equal(compared(table, table, &c, &p), BAD_INPUT);
    assert_non_null(strstr(status_message(), "is alike to line"));
    c.by = "nothing";
    assert_int_equal(compared(table, table, &c, &p), BAD_INPUT);
    c.by = "lr";
    c.where_a = c.where_b = (TextList){1, {"D=20"}};
    c.where_b.text[0] = "D=10";
    c.where_a.n = 2;
    c.where_a.text[1] = "lr=a";
    c.where_b.n = 3;
    c.where_b.text[1] = "lr=b";
    c.where_b.text[2] = "seed=1";
    assert_int_equal(compared(table, table, &c, &p), BAD_INPUT);
    assert_non_null(strstr(status_message(), "has a partner"));
}

// What the formula says against trials: 80 % of them see the difference, within what 400 trials can tell.
static void needed_pairs_see_the_difference(void **state) {
    (void)state;
    int n = (int)pairs_needed(0.004, 0.003), seen = 0;
    Random r = random_stream(2, 8);
    for (int k = 0; k < 400; k++) {
        char a[4096] = "seed,loss\n", b[4096] = "seed,loss\n";
        for (int i = 0; i < n; i++) {
            double common = random_normal(&r) * 0.02;
            snprintf(a + strlen(a), 64, "%d,%.9f\n", i, 2 + common);
            snprintf(b + strlen(b), 64, "%d,%.9f\n", i, 2 + common + 0.003 + 0.004 * random_normal(&r));
        }
        PairChoice c = {.by = "seed", .wanted = NAN};
        Paired p;
        assert_int_equal(compared(a, b, &c, &p), OK);
        seen += p.ci95[0] > 0;
    }
    print_message("%d pairs: %d of 400 trials see it\n", n, seen);
    assert_true(seen > 295 && seen < 350);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planted_saving_comes_back),
        cmocka_unit_test(intervals_of_savings_hold),
        cmocka_unit_test(pairs_by_hand),
        cmocka_unit_test(pairs_of_one_table),
        cmocka_unit_test(needed_pairs_see_the_difference),
    };
    quiet = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
