// Buildable shapes: identities and multiples hold, bands are bands, ratio laws come back from planted runs; and the
// next runs chosen by information beat random ones when the law is really refitted.
#include "decide/architecture.h"
#include "decide/experiment.h"
#include "decide/latency.h"
#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>

#include <cmocka.h>

#define assert_near(a, b, tolerance)                                                                                   \
    do {                                                                                                               \
        double a_ = (a), b_ = (b);                                                                                     \
        if (!(fabs(a_ - b_) <= (tolerance))) fail_msg("%s = %.9g, expected %.9g", #a, a_, b_);                         \
    } while (0)

static Rules rules(int n_experts, int top_k, int n_shared) {
    Rules r = rules_default;
    r.n_experts = n_experts;
    r.top_k = top_k;
    r.n_shared = n_shared;
    return r;
}

static Goal goal(double C, double *p, const Ratios *ratios, const Rules *r) {
    const Law *law = law_published("zhao2025", p, NULL);
    Goal g = {.C = C,
              .law = law,
              .parameters = p,
              .kind = law->kind,
              .accounting = accounting_default,
              .y = NAN,
              .M = power_at(wan_M, C),
              .structure = {.G = r->top_k + r->n_shared, .S = 1.0 / 9}};
    goal_ratios(&g, ratios, r);
    return g;
}

static void test_ratios_are_minima(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Ratios ratios = ratios_published();
    Rules r = rules(288, 8, 1);
    for (double C = 1e17; C < 1e26; C *= 50) {
        Goal g = goal(C, p, &ratios, &r);
        double best = goal_loss(&g, g.M, g.x, g.y), M[2], x[2], y[2];
        assert_true(g.x > 6 && g.y > 1 && g.y < g.y_most);
        for (double step = .98; step < 1.03; step += .04) {
            assert_true(goal_loss(&g, g.M * step, g.x, g.y) > best);
            assert_true(goal_loss(&g, g.M, 6 + (g.x - 6) * step, g.y) > best);
            assert_true(goal_loss(&g, g.M, g.x, 1 + (g.y - 1) * step) > best);
        }
        goal_band(&g, .1, M, x, y);
        for (int i = 0; i < 2; i++) {
            assert_near(goal_loss(&g, M[i], g.x, g.y) / best, 1.001, 1e-7);
            assert_near(goal_loss(&g, g.M, x[i], g.y) / best, 1.001, 1e-7);
            assert_near(goal_loss(&g, g.M, g.x, y[i]) / best, 1.001, 1e-7);
        }
    }
}

static void test_shapes_can_be_built(void **state) {
    (void)state;
    static const int pools[][3] = {{288, 8, 1}, {64, 6, 2}, {128, 8, 0}, {16, 2, 0}, {256, 8, 1}};
    double p[LAW_MAX_PARAMETERS];
    Ratios ratios = ratios_published();
    for (int i = 0; i < 5; i++)
        for (double C = 1e18; C < 1e25; C *= 100) {
            Rules r = rules(pools[i][0], pools[i][1], pools[i][2]);
            Goal g = goal(C, p, &ratios, &r);
            Architecture a;
            Shapes band;
            if (architecture_search(&g, &r, .1, &a, &band) != OK) fail_msg("%s", status_message());
            const Shape *s = &a.shape;
            assert_int_equal(shape_check(s), OK);
            assert_int_equal(s->d_model % r.d_multiple, 0);
            assert_int_equal(s->d_ff_expert % r.ff_multiple, 0);
            assert_int_equal(s->d_ff_shared, pools[i][2] * s->d_ff_expert);
            Holistic h = holistic_count(s);
            assert_true(h.N == a.count.N && h.Na == a.count.Na && h.M == a.count.M);
            assert_near(h.M * a.D / C, 1, 1e-12);
            assert_near(h.r_a + h.r_d + h.r_m, 1, 1e-12);
            // Whole numbers cost little: the shape's loss is within 0.5 % of the best of all real numbers.
            assert_true(a.loss < goal_loss(&g, g.M, g.x, g.y) * 1.005);
            if (C > 1e19) assert_true(band.n > 10 && band.M[0] <= h.M && h.M <= band.M[1]);
        }
}

static void test_impossible_shapes(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Ratios ratios = ratios_published();
    Rules r = rules(288, 8, 1);
    Goal g = goal(1e20, p, &ratios, &r);
    Architecture a;
    g.y = 40;
    assert_int_equal(architecture_search(&g, &r, .1, &a, NULL), BAD_INPUT);
    assert_non_null(strstr(status_message(), "--experts"));
    g = goal(1e18, p, &ratios, &r);
    r.ff_multiple = 65536;
    assert_int_equal(architecture_search(&g, &r, .1, &a, NULL), BAD_INPUT);
    assert_non_null(strstr(status_message(), "--ff-multiple"));
}

// A table planted with known minima at three budgets gives them back.
static void test_ratio_laws_from_runs(void **state) {
    (void)state;
    char path[] = "/tmp/moelaw-ratios-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    static const double x_best[] = {10, 9, 8}, y_best[] = {19, 20.5, 22};
    double most = 289.0 / 9;
    fprintf(f, "run_id,D,N,Na,M,num_experts,top_k,num_shared,loss\n");
    for (int s = 0, id = 0; s < 3; s++)
        for (double x = 7; x < 18; x += 2)
            for (double y = 12; y < 31; y += 4) {
                double C = pow(10, 18 + s), M = C / 1e10, Na = M / x, N = y * Na, b = .02, e = 3;
                double a = b * (x_best[s] - 6) * (x_best[s] - 6), apart = (most - y_best[s]) / (y_best[s] - 1);
                double loss = 3 - .2 * s + a / (x - 6) + b * x + e / (y - 1) + e * apart * apart / (most - y);
                fprintf(f, "r%d,1e10,%.17g,%.17g,%.17g,288,8,1,%.17g\n", id++, N, Na, M, loss);
            }
    fclose(f);
    Ratios r;
    Status s = ratios_read(path, &r);
    unlink(path);
    assert_int_equal(s, OK);
    assert_true(r.measured && r.n_scales == 3);
    for (int i = 0; i < 3; i++) {
        double C = pow(10, 18 + i);
        assert_near(6 + power_at(r.above_6, C), x_best[i], .12); // a power law goes through three points nearly
        assert_near(1 + power_at(r.share, C) * (most - 1), y_best[i], .05);
        assert_near(power_at(r.slope_x, C), .02, 1e-6);
    }
}

static void test_ratio_tables_that_say_nothing(void **state) {
    (void)state;
    static const char *const texts[] = {
        "run_id,D,N,Na,loss\nr,1e9,1e9,1e8,3\n",
        "run_id,D,N,Na,M,num_experts,top_k,num_shared,loss\nr,1e9,1e9,1e8,9e8,288,8,1,3\n",
        "run_id,D,N,Na,M,num_experts,top_k,num_shared,loss\nr,1e9,many,1e8,9e8,288,8,1,3\n",
    };
    static const char *const says[] = {"'M'", "no budget", "many"};
    for (int i = 0; i < 3; i++) {
        char path[] = "/tmp/moelaw-ratios-XXXXXX";
        int fd = mkstemp(path);
        assert_true(write(fd, texts[i], strlen(texts[i])) > 0);
        close(fd);
        Ratios r;
        Status s = ratios_read(path, &r);
        unlink(path);
        assert_int_equal(s, BAD_INPUT);
        if (!strstr(status_message(), says[i])) fail_msg("%s", status_message());
    }
}

static void test_measured_latencies(void **state) {
    (void)state;
    char path[] = "/tmp/moelaw-latency-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    fprintf(f, "phase,gpus,active,tokens,seconds\n");
    // seconds = 1e-15 active tokens^0.5 decodes, ten times that prefills: straight in the logarithms.
    for (int decode = 0; decode < 2; decode++)
        for (double active = 1e9; active < 1e11; active *= 3)
            for (double tokens = 1; tokens < 3000; tokens *= 8)
                fprintf(f, "%s,2,%g,%g,%.17g\n", decode ? "decode" : "prefill", active, tokens,
                        1e-15 * (decode ? 1 : 10) * active * sqrt(tokens));
    fclose(f);
    Latencies *t;
    Status s = latencies_read(path, &t);
    assert_int_equal(s, OK);
    assert_near(latency_at(t, false, 2, 5e9, 77) / (1e-15 * 5e9 * sqrt(77)), 1, 1e-9);
    assert_near(latency_at(t, true, 2, 2e11, 1e5) / (1e-14 * 2e11 * sqrt(1e5)), 1, 1e-9); // beyond the grid
    assert_true(isnan(latency_at(t, true, 4, 5e9, 77)));
    latencies_free(t);
    f = fopen(path, "w");
    fprintf(f, "phase,gpus,active,tokens,seconds\ndecode,1,1e9,1,1\ndecode,1,1e9,2,1\ndecode,1,2e9,1,1\n");
    fclose(f);
    s = latencies_read(path, &t);
    unlink(path);
    assert_int_equal(s, BAD_INPUT);
    assert_non_null(strstr(status_message(), "full"));
}

// ---- the next runs -------------------------------------------------------------------------------------------------

enum { HAVE = 12, CANDIDATES = 60, REPLICATES = 150, P = 5 };

// One Gauss-Newton refit of hoffmann2022 from the truth: enough for noise of 0.3 %.
static double refitted_alpha(const Law *law, const double *truth, const Point *runs, int n, Random *random) {
    gsl_matrix *J = gsl_matrix_alloc((size_t)n, P), *covariance = gsl_matrix_alloc(P, P);
    gsl_vector *r = gsl_vector_alloc((size_t)n), *step = gsl_vector_alloc(P);
    gsl_multifit_linear_workspace *w = gsl_multifit_linear_alloc((size_t)n, P);
    double g[LAW_MAX_PARAMETERS], sum;
    for (int i = 0; i < n; i++) {
        double loss = law_gradient(law, truth, &runs[i], g);
        for (int k = 0; k < P; k++) gsl_matrix_set(J, (size_t)i, (size_t)k, g[k] / loss);
        gsl_vector_set(r, (size_t)i, .003 * random_normal(random));
    }
    gsl_multifit_linear(J, r, step, covariance, &sum, w);
    double alpha = truth[0] + gsl_vector_get(step, 0);
    gsl_multifit_linear_free(w);
    gsl_matrix_free(J);
    gsl_matrix_free(covariance);
    gsl_vector_free(r);
    gsl_vector_free(step);
    return alpha;
}

static double spread(const Law *law, const double *truth, const Point *have, const Point *candidates, const int *runs,
                     int n, Random *random) {
    Point all[HAVE + MOST_RUNS];
    double sum = 0, squares = 0;
    memcpy(all, have, HAVE * sizeof *all);
    for (int i = 0; i < n; i++) all[HAVE + i] = candidates[runs[i]];
    for (int k = 0; k < REPLICATES; k++) {
        double a = refitted_alpha(law, truth, all, HAVE + n, random);
        sum += a / REPLICATES;
        squares += a * a / REPLICATES;
    }
    return sqrt(squares - sum * sum);
}

static void test_planned_runs_beat_random_ones(void **state) {
    (void)state;
    double truth[LAW_MAX_PARAMETERS], gradient[P] = {1}, cost[CANDIDATES];
    const Law *law = law_published("besiroglu2024", truth, NULL);
    Point have[HAVE], candidates[CANDIDATES];
    Random random = random_stream(7, 0);
    for (int i = 0; i < HAVE + CANDIDATES; i++) {
        bool done = i < HAVE;
        double N = 1e7 * pow(10, (done ? 1.5 : 2.5) * random_uniform(&random)),
               D = 1e9 * pow(10, 1.7 * random_uniform(&random));
        Point p = {.x = {[VAR_N] = N, [VAR_D] = D}};
        if (done) {
            have[i] = p;
            continue;
        }
        candidates[i - HAVE] = p;
        cost[i - HAVE] = 6 * N * D;
    }
    Experiment e = {law, truth, have, HAVE, .003, candidates, cost, CANDIDATES, 3e19, 8, gradient};
    // One handler of GSL's errors for all of the program: planning leaves it in place.
    gsl_error_handler_t *handler = gsl_set_error_handler(NULL);
    gsl_set_error_handler(handler);
    RunPlan plan = experiment_plan(&e);
    gsl_error_handler_t *after = gsl_set_error_handler(handler);
    assert_true(handler && after == handler);
    assert_true(plan.n > 0 && plan.cost <= e.budget);
    assert_near(experiment_deviation(&e, plan.run, plan.n), plan.after[plan.n - 1], 1e-9);
    for (int i = 0; i < plan.n; i++) assert_true(plan.after[i] < (i ? plan.after[i - 1] : plan.before));
    double planned = spread(law, truth, have, candidates, plan.run, plan.n, &random), drawn = 0;
    // The prediction is right: what really comes out of refits.
    assert_near(planned / plan.after[plan.n - 1], 1, .2);
    enum { DRAWS = 30 };
    for (int k = 0; k < DRAWS; k++) {
        int runs[MOST_RUNS], n = 0, tries = 0;
        double spent = 0;
        while (n < e.most && tries++ < 1000) {
            int c = (int)random_below(&random, CANDIDATES);
            if (spent + cost[c] > e.budget) continue;
            spent += cost[c];
            runs[n++] = c;
        }
        drawn += spread(law, truth, have, candidates, runs, n, &random) / DRAWS;
    }
    print_message("deviation of alpha: before %.4f, random runs %.4f, planned runs %.4f: factor %.2f\n", plan.before,
                  drawn, planned, drawn / planned);
    assert_true(drawn / planned > 1.3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratios_are_minima),
        cmocka_unit_test(test_shapes_can_be_built),
        cmocka_unit_test(test_impossible_shapes),
        cmocka_unit_test(test_ratio_laws_from_runs),
        cmocka_unit_test(test_ratio_tables_that_say_nothing),
        cmocka_unit_test(test_measured_latencies),
        cmocka_unit_test(test_planned_runs_beat_random_ones),
    };
    return cmocka_run_group_tests_name("decide: shapes", tests, NULL, NULL);
}
