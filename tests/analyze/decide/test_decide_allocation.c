// The one allocator: against brute force for every law, published numbers, what bounds N, and limits that only ever
// hurt.
#include "decide/allocation.h"
#include "decide/fivefactor.h"
#include "fit/derived.h"
#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(a, b, tolerance)                                                                                   \
    do {                                                                                                               \
        double a_ = (a), b_ = (b);                                                                                     \
        if (!(fabs(a_ - b_) <= (tolerance))) fail_msg("%s = %.9g, expected %.9g", #a, a_, b_);                         \
    } while (0)

// Every law with sizes and tokens that has published coefficients, and yun2024 with some of the right size.
enum { LAWS = 9 };
static const char *const sets[LAWS] = {
    "kaplan2020",       "hoffmann2022", "frantar2023", "krajewski2024", "krajewski2024-dense",
    "ludziejewski2025", "abnar2025",    "zhao2025",    "yun2024"};

static AllocationTask task(int i, double *p) {
    static const double yun[] = {.33, .4, .3, .002, 2, 300, 400, .3, 500, 1.7};
    AllocationTask t;
    const Law *law = strcmp(sets[i], "yun2024") ? law_published(sets[i], p, NULL) : law_find("yun2024");
    if (!strcmp(sets[i], "yun2024")) memcpy(p, yun, sizeof yun);
    assert_non_null(law);
    if (allocation_open(&t, law, p) != OK) fail_msg("%s", status_message());
    return t;
}

static bool two_sizes(const AllocationTask *t) {
    return t->law->kind == KIND_FIVE_FACTOR;
}

static void test_the_five_factor_law_under_a_cap(void **state) {
    (void)state;
    static const double capped[][2] = {
        {10e9, 2.2548}, {20e9, 2.2221}, {29.1e9, 2.2074}, {100e9, 2.1701}, {300e9, 2.1467}};
    double p[LAW_MAX_PARAMETERS];
    AllocationTask t = task(7, p);
    Allocation a;
    t.limits.flops = 1e22;
    for (int i = 0; i < 5; i++) {
        t.limits.max_total = capped[i][0];
        assert_int_equal(allocation_best(&t, &a), OK);
        assert_near(a.loss, capped[i][1], 5.1e-5);
        assert_near(a.setting.N / capped[i][0], 1, 1e-6);
        assert_string_equal(allocation_binding(&a), "total parameters");
        if (i != 2) continue;
        assert_near(a.setting.Na, 2.54e9, 5e6);
        assert_near(a.setting.D, 656e9, 1e9);
        assert_near(a.setting.G, 6.7778, 1e-4);
        assert_near(a.setting.S, .31485, 1e-5);
    }
}

// At a budget the five-factor law has no best N: that is said, whatever does not bound N; each thing that does, does.
static void test_unbounded_is_said(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Allocation a;
    AllocationTask open = task(7, p);
    open.limits.flops = 1e22;
    for (int i = 0; i < 4; i++) {
        AllocationTask t = open;
        if (i == 1) t.limits.max_active = 1e9;
        if (i == 2) t.limits.data = 1e10;
        if (i == 3) t.G = 8, t.S = .1;
        assert_int_equal(allocation_best(&t, &a), BAD_INPUT);
        assert_non_null(
            strstr(status_message(), "unbounded in N: give --max-total, --memory, --ratio or --serve-tokens"));
        assert_int_equal(allocation_for_loss(&t, 2.2, &a), BAD_INPUT);
        assert_non_null(strstr(status_message(), "unbounded in N"));
    }
    for (int i = 0; i < 5; i++) {
        AllocationTask t = open;
        if (i == 0) t.limits.max_total = 1e11;
        if (i == 1) t.limits.memory = 80e9;
        if (i == 2) t.ratio = (Choice){1, {.1}};
        if (i == 3) t.limits.serve_tokens = 1e12;
        if (i == 4) t.limits.least_ratio = .05;
        assert_int_equal(allocation_best(&t, &a), OK);
        assert_true(isfinite(a.loss) && a.setting.N < 1e13);
    }
}

// An end of what is searched is no answer: without a data term models would grow until no text is left.
static void test_no_best_size_is_said(void **state) {
    (void)state;
    static const char *const gone[] = {"A", "B"}, *const says[] = {"smaller models", "larger models"};
    double p[LAW_MAX_PARAMETERS];
    Allocation a;
    for (int i = 0; i < 2; i++) {
        AllocationTask t = task(1, p);
        p[law_parameter_index(t.law, gone[i])] = 0;
        t.limits.flops = 1e21;
        assert_int_equal(allocation_best(&t, &a), BAD_INPUT);
        assert_non_null(strstr(status_message(), says[i]));
        Budget b = {{.x = {[VAR_N] = 1e9, [VAR_D] = 1e11}}, 1e21};
        assert_true(isnan(allocated_size(t.law, p, &b)));
    }
}

// ---- brute force ---------------------------------------------------------------------------------------------------

typedef struct {
    double loss;
    Setting at;
} Least;

// The loss of one model by the law itself, paid for by hand; NAN outside the limits.
static double by_hand(const AllocationTask *t, Setting *s) {
    const Limits *l = &t->limits;
    setting_complete(t->law->kind, &t->accounting, s);
    double token = setting_flops(t->law->kind, &t->accounting, s), served = l->serve_tokens * serving_flops(t, s);
    double cache = 2 * s->d_model / t->accounting.kv_group * s->n_layers * l->context * l->cache_bytes;
    s->D = fmin((l->flops - (l->serve_tokens > 0 ? served : 0)) / token, l->data * l->repeats);
    if (!(s->D >= 1) || s->Na > l->max_active || s->N > l->max_total || s->N * l->weight_bytes + cache > l->memory)
        return NAN;
    Point p = setting_point(t->law->kind, &t->accounting, s);
    return law_loss(t->law, t->parameters, &p);
}

// Every structure on a grid of Na (and N) twenty points to a decade.
static Least brute_force(const AllocationTask *t) {
    Least least = {.loss = INFINITY};
    FiveFactor v;
    bool free_N = two_sizes(t);
    const double step = pow(10, 1.0 / 20);
    for (int i = 0; i < t->experts.n; i++)
        for (int j = 0; j < t->granularity.n; j++)
            for (int k = 0; k < t->sparsity.n; k++)
                for (double Na = 1e3; Na < 1e14; Na *= step)
                    for (double N = Na; N <= (free_N ? 1e13 : Na); N *= step) {
                        Setting s = {.Na = Na, .N = N};
                        if (free_N && five_factor(t->law, t->parameters, &v)) {
                            s.G = five_factor_best_G(&v);
                            s.S = five_factor_best_S(&v);
                        }
                        s.E = t->experts.value[i];
                        s.granularity = t->granularity.value[j];
                        s.sparsity = t->sparsity.value[k];
                        double loss = by_hand(t, &s);
                        if (loss < least.loss) least = (Least){loss, s};
                    }
    return least;
}

static void one_choice_where_unused(AllocationTask *t) {
    if (!law_uses(t->law, VAR_E)) t->experts.n = 1;
    if (!law_uses(t->law, VAR_GRANULARITY)) t->granularity.n = 1;
    if (!law_uses(t->law, VAR_SPARSITY)) t->sparsity.n = 1;
}

// No grid point beats the answer; the grid's best is not far; the answer is what the law says and keeps the limits.
static void test_brute_force_agrees(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    for (int i = 0; i < LAWS; i++)
        for (double C = 1e19; C < 1e26; C *= 1e3)
            for (int limit = 0; limit < 6; limit++) {
                AllocationTask t = task(i, p);
                Allocation a;
                one_choice_where_unused(&t);
                t.limits.flops = C;
                if (two_sizes(&t) || limit == 1) t.limits.max_total = 30 * sqrt(C / 100);
                if (limit == 2) t.limits.max_active = .02 * sqrt(C);
                if (limit == 3) t.limits.memory = sqrt(C), t.limits.context = 1e4;
                if (limit == 4) t.limits.data = sqrt(C);
                if (limit == 5) t.limits.serve_tokens = 20 * sqrt(C), t.limits.serve_batch = 64;
                Least grid = brute_force(&t);
                if (allocation_best(&t, &a) != OK) fail_msg("%s at %g, %d: %s", sets[i], C, limit, status_message());
                if (!(a.loss <= grid.loss * (1 + 1e-12)))
                    fail_msg("%s at %g, limit %d: loss %.9g at N %.4g Na %.4g, a grid has %.9g at N %.4g Na %.4g",
                             sets[i], C, limit, a.loss, a.setting.N, a.setting.Na, grid.loss, grid.at.N, grid.at.Na);
                if (!(grid.loss <= a.loss * 1.02))
                    fail_msg("%s at %g, limit %d: loss %.9g, but a grid finds no less than %.9g", sets[i], C, limit,
                             a.loss, grid.loss);
                Setting s = a.setting;
                t.limits.max_total *= 1 + 1e-5;
                t.limits.max_active *= 1 + 1e-5;
                t.limits.memory *= 1 + 1e-5;
                assert_near(by_hand(&t, &s), a.loss, 1e-12);
                assert_near(s.D / a.setting.D, 1, 1e-12);
            }
}

// With attention scores and router counted G and S have a price too.
static void test_brute_force_over_all_factors(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    AllocationTask t = task(7, p);
    Allocation a;
    t.limits.flops = 1e21;
    t.limits.max_total = 20e9;
    t.accounting.exact = true;
    assert_int_equal(allocation_best(&t, &a), OK);
    double least = INFINITY;
    for (double Na = 1e8; Na < 2e10; Na *= 1.1)
        for (double N = fmax(Na, 1e9); N <= 20e9; N *= 1.2)
            for (double G = 1; G < 12; G += .25)
                for (double S = 0; S < .9; S += .05) {
                    Setting s = {.Na = Na, .N = N, .G = G, .S = S};
                    least = fmin(least, by_hand(&t, &s));
                }
    assert_true(a.loss <= least);
    assert_near(a.loss, least, 5e-3); // the grid is coarse
    for (int i = 0; i < 4; i++)
        for (double step = .98; step < 1.03; step += .04) {
            Setting s = a.setting;
            *(i == 0 ? &s.Na : i == 1 ? &s.G : i == 2 ? &s.S : &s.N) *= i == 3 ? .98 : step;
            assert_true(by_hand(&t, &s) > a.loss);
        }
}

// ---- properties ----------------------------------------------------------------------------------------------------

static void draw_limits(Random *r, AllocationTask *t) {
    Limits *l = &t->limits;
    double root = sqrt(l->flops);
    if (random_uniform(r) < .5) l->max_active = root * pow(10, 2 * random_uniform(r) - 3);
    if (random_uniform(r) < .5) l->memory = root * pow(10, 3 * random_uniform(r) - 1);
    if (random_uniform(r) < .5) l->data = root * pow(10, 3 * random_uniform(r) - 1);
    if (random_uniform(r) < .5) l->serve_tokens = root * pow(10, 2 * random_uniform(r) - 1);
    if (random_uniform(r) < .5) l->context = pow(10, 6 * random_uniform(r));
    if (random_uniform(r) < .5 || two_sizes(t)) l->max_total = root * pow(10, 3 * random_uniform(r) - 1);
}

// A tighter limit never gives a smaller loss.
static void test_tighter_limits_never_help(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Random r = random_stream(11, 0);
    int compared = 0;
    for (int i = 0; i < LAWS; i++)
        for (int repeat = 0; repeat < 60; repeat++) {
            AllocationTask loose = task(i, p);
            Allocation a, b;
            loose.limits.flops = pow(10, 18 + 7 * random_uniform(&r));
            draw_limits(&r, &loose);
            AllocationTask tight = loose;
            double factor = pow(10, -1.5 * random_uniform(&r));
            switch (repeat % 6) {
            case 0: tight.limits.max_total *= factor; break;
            case 1: tight.limits.max_active *= factor; break;
            case 2: tight.limits.memory *= factor; break;
            case 3: tight.limits.data *= factor; break;
            case 4: tight.limits.serve_tokens /= factor; break;
            default: tight.limits.flops *= factor;
            }
            if (allocation_best(&loose, &a) != OK || allocation_best(&tight, &b) != OK) continue;
            compared++;
            if (b.loss < a.loss * (1 - 1e-7)) // at a kink (data, serving) a size is known to 1e-8
                fail_msg("%s: tightening %d gives %.12g for %.12g", sets[i], repeat % 6, b.loss, a.loss);
        }
    assert_true(compared > 300);
}

// The band holds the least loss, ends where the loss says, and no Na outside it is as good.
static void test_bands_hold_the_minimum(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    for (int i = 0; i < LAWS; i++) {
        AllocationTask t = task(i, p);
        Allocation best;
        double Na[2], D[2];
        t.limits.flops = 1e22;
        t.limits.max_total = 29.1e9;
        assert_int_equal(allocation_best(&t, &best), OK);
        allocation_band(&t, &best, .1, Na, D);
        assert_true(Na[0] <= best.setting.Na && best.setting.Na <= Na[1] && D[0] <= D[1]);
        for (double x = 1e7; x < 1e12; x *= 1.05) {
            Allocation a = allocation_at(&t, &best.setting, x);
            assert_true(!(a.loss < best.loss * (1 - 1e-12)));
            if (a.loss < best.loss * .9999999 * 1.001) assert_true(Na[0] <= x && x <= Na[1]);
        }
        for (int k = 0; k < 2; k++) {
            double loss = allocation_at(&t, &best.setting, Na[k]).loss;
            assert_true(loss <= best.loss * 1.0010001);
        }
    }
}

// Figures and tables ask the allocator; for dense laws that is what derive() writes into a fit.
static void test_sizes_of_figures(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Allocation a;
    AllocationTask dense = task(1, p);
    Budget b = {{.x = {[VAR_N] = 1e9, [VAR_D] = 1e11}}, 1e22};
    dense.limits.flops = 1e22;
    assert_int_equal(allocation_best(&dense, &a), OK);
    assert_near(allocated_size(dense.law, p, &b) / a.setting.N, 1, 1e-9);
    assert_near(best_size(dense.law, p, &b) / a.setting.N, 1, 1e-4);
    // The five-factor law along the runs' Na/N, G and S.
    AllocationTask five = task(7, p);
    b.base = (Point){.x = {[VAR_N] = 1e9, [VAR_NA] = 2e8, [VAR_D] = 1e11, [VAR_G] = 8, [VAR_S] = .1}};
    five.limits.flops = 1e22;
    five.ratio = (Choice){1, {.2}};
    five.G = 8;
    five.S = .1;
    assert_int_equal(allocation_best(&five, &a), OK);
    assert_near(allocated_size(five.law, p, &b) / a.setting.Na, 1, 1e-9);
    assert_near(a.setting.Na / a.setting.N, .2, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_five_factor_law_under_a_cap),
        cmocka_unit_test(test_unbounded_is_said),
        cmocka_unit_test(test_no_best_size_is_said),
        cmocka_unit_test(test_brute_force_agrees),
        cmocka_unit_test(test_brute_force_over_all_factors),
        cmocka_unit_test(test_tighter_limits_never_help),
        cmocka_unit_test(test_bands_hold_the_minimum),
        cmocka_unit_test(test_sizes_of_figures),
    };
    return cmocka_run_group_tests_name("decide: allocation", tests, NULL, NULL);
}
