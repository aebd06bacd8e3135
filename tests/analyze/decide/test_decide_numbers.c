// What decisions rest on: closed forms against numeric minima, published numbers, limits that hold, and prices.
#include "decide/allocation.h"
#include "decide/build.h"
#include "decide/fivefactor.h"
#include "reproduce/headlines.h"
#include "fit/minimum.h"
#include "decide/offers.h"
#include "decide/quantity.h"
#include "decide/relations.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(a, b, tolerance)                                                                                   \
    do {                                                                                                               \
        double a_ = (a), b_ = (b);                                                                                     \
        if (!(fabs(a_ - b_) <= (tolerance))) fail_msg("%s = %.9g, expected %.9g", #a, a_, b_);                         \
    } while (0)

static const Law *published(const char *name, double *p) {
    const Law *law = law_published(name, p, NULL);
    assert_non_null(law);
    return law;
}

static FiveFactor zhao(void) {
    double p[LAW_MAX_PARAMETERS];
    FiveFactor v;
    assert_true(five_factor(published("zhao2025", p), p, &v));
    return v;
}

static void test_five_factor_numbers(void **state) {
    (void)state;
    FiveFactor v = zhao();
    double G = five_factor_best_G(&v), S = five_factor_best_S(&v), P = five_factor_P(&v, G, S);
    assert_near(G, 6.778, 5e-4);
    assert_near(S, .31485, 5e-6);
    static const double ratio[][2] = {{20e9, .4333}, {30e9, .4007}, {671e9, .2204}, {1e12, .2041}};
    for (int i = 0; i < 4; i++) assert_near(five_factor_best_ratio(&v, P, ratio[i][0], 0), ratio[i][1], 5e-5);
    assert_near(five_factor_best_ratio(&v, P, 30e9, .39), .090, 5e-4);
    assert_near(five_factor_best_ratio(&v, P, 671e9, .39), .050, 5e-4);
}

// The law itself, through its basis, knows nothing of the closed forms.
typedef struct {
    const Law *law;
    const double *p;
    Point at;
    Variable v;
} Slice;

static double law_along(double x, void *context) {
    Slice *s = context;
    s->at.x[s->v] = x;
    return law_loss(s->law, s->p, &s->at);
}

static void test_closed_forms_are_minima_of_the_law(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Slice s = {.law = published("zhao2025", p), .p = p};
    for (double N = 1e9; N < 1e12; N *= 7) {
        FactorOptimum o = factor_optimum(s.law, p, 1e12, &(BestAt){N, 0, {0, 1}, {0, 1}});
        s.at = (Point){.x = {[VAR_D] = 1e12, [VAR_N] = N, [VAR_NA] = o.Na, [VAR_G] = o.G, [VAR_S] = o.S}};
        assert_near(law_loss(s.law, p, &s.at), o.loss, 1e-12);
        const struct {
            Variable v;
            double lo, hi, best;
        } along[] = {{VAR_G, 1, 30, o.G}, {VAR_S, 0, 1, o.S}, {VAR_NA, 1e-3 * N, N, o.Na}};
        for (int i = 0; i < 3; i++) {
            Slice one = s;
            one.v = along[i].v;
            double x = minimum(law_along, &one, along[i].lo, along[i].hi, 200, NULL);
            assert_near(x / along[i].best, 1, 1e-4);
        }
    }
}

static void test_bands_end_where_the_loss_says(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    FiveFactor v = zhao();
    FactorOptimum o = factor_optimum(published("zhao2025", p), p, 1e12, &(BestAt){30e9, 0, {0, 1}, {0, 1}});
    for (double percent = .1; percent < 1; percent += .4) {
        FactorBand b = factor_band(&v, &o, percent);
        for (int i = 0; i < 2; i++) {
            assert_near(five_factor_loss(&v, o.N, o.D, o.ratio, b.G[i], o.S) / o.loss - 1, percent / 100, 1e-8);
            assert_near(five_factor_loss(&v, o.N, o.D, b.ratio[i], o.G, o.S) / o.loss - 1, percent / 100, 1e-8);
        }
        assert_true(b.G[0] < o.G && o.G < b.G[1] && b.ratio[0] < o.ratio && o.ratio < b.ratio[1]);
    }
}

// Coefficients without an interior minimum give an edge and say so, never a NaN.
static void test_no_interior_minimum(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    const Law *law = published("zhao2025", p);
    p[law_parameter_index(law, "e")] = p[law_parameter_index(law, "m")] = p[law_parameter_index(law, "h")] = 0;
    FactorOptimum o = factor_optimum(law, p, 1e12, &(BestAt){30e9, 0, {2, 12}, {0, .5}});
    assert_false(o.G_inside || o.S_inside || o.ratio_inside);
    assert_near(o.G, 12, 0);
    assert_near(o.S, .5, 0); // n < 0: more sharing only helps
    assert_near(o.ratio, 1, 0);
    assert_true(isfinite(o.loss));
}

static void test_every_headline(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Headlines h = headlines_all(published("ludziejewski2025", p), p);
    int misses = 0, held = 0;
    for (int i = 0; i < h.n; i++) {
        if (h.lines[i].reason) continue;
        held++;
        if (headline_holds(&h.lines[i])) continue;
        misses++;
        print_message("%s: %s: %s, ours %.9g\n", h.lines[i].paper, h.lines[i].quantity, h.lines[i].printed,
                      h.lines[i].ours);
    }
    free(h.lines);
    assert_int_equal(misses, 0);
    assert_true(held >= 250);
}

// What a paper prints and what we worked out from its coefficients are counted apart.
static void test_headlines_say_where_they_come_from(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Headlines h = headlines_all(published("ludziejewski2025", p), p);
    int held[ORIGINS] = {0};
    for (int i = 0; i < h.n; i++) {
        const Headline *l = &h.lines[i];
        held[l->provenance] += !l->reason;
        bool says_ours = strstr(l->quantity, "printed coefficients") || strstr(l->quantity, "our criterion");
        if (says_ours && !l->reason && l->provenance != ARITHMETIC) fail_msg("%s: %s", l->paper, l->quantity);
        if (l->reason && l->provenance != PRINTED)
            fail_msg("%s: %s cannot be, and is not printed", l->paper, l->quantity);
    }
    free(h.lines);
    assert_int_equal(held[PRINTED], 130);
    assert_int_equal(held[ARITHMETIC], 136);
    assert_int_equal(held[REFIT], 0);
}

static void test_headlines_can_miss(void **state) {
    (void)state;
    Headlines h = {.paper = "none"};
    must_be(&h, 1, 1.02, .01, "off");
    must_be_near(&h, 100, 102, .01, "off by %d %%", 2);
    must_hold(&h, "yes", 3, false, "false");
    must_be(&h, 1, NAN, 1, "undefined");
    for (int i = 0; i < h.n; i++) assert_false(headline_holds(&h.lines[i]));
    assert_string_equal(h.lines[1].quantity, "off by 2 %");
    free(h.lines);
}

// hoffmann2022 at C FLOPs, C = 6 N D, in closed form (arXiv 2203.15556).
static void allocation_closed(const Law *law, const double *p, double C, double *N, double *loss) {
    double alpha = p[law_parameter_index(law, "alpha")], beta = p[law_parameter_index(law, "beta")];
    double A = p[law_parameter_index(law, "A")], B = p[law_parameter_index(law, "B")];
    *N = pow(alpha * A / (beta * B), 1 / (alpha + beta)) * pow(C / 6, beta / (alpha + beta));
    Point at = {.x = {[VAR_N] = *N, [VAR_D] = C / (6 * *N)}};
    *loss = law_loss(law, p, &at);
}

static void test_closed_and_numeric_allocation_agree(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    static const char *const sets[] = {"hoffmann2022", "hoffmann2022-printed", "besiroglu2024"};
    for (int i = 0; i < 3; i++)
        for (double C = 1e18; C < 1e26; C *= 30) {
            AllocationTask b;
            Allocation numeric;
            double N, loss;
            const Law *law = published(sets[i], p);
            assert_int_equal(allocation_open(&b, law, p), OK);
            b.limits.flops = C;
            assert_int_equal(allocation_best(&b, &numeric), OK);
            allocation_closed(law, p, C, &N, &loss);
            assert_near(numeric.setting.N / N, 1, 1e-5);
            assert_near(numeric.loss, loss, 1e-12);
            assert_near(6 * numeric.setting.N * numeric.setting.D / C, 1, 1e-12);
        }
}

// Whatever the limits, the answer keeps them, and lifting one never makes it worse.
static void test_limits_are_kept(void **state) {
    (void)state;
    static const char *const sets[] = {"hoffmann2022", "krajewski2024", "ludziejewski2025", "abnar2025", "zhao2025"};
    double p[LAW_MAX_PARAMETERS];
    for (int i = 0; i < 5; i++)
        for (int which = 0; which < 5; which++) {
            AllocationTask b, tight;
            Allocation free_answer, a;
            assert_int_equal(allocation_open(&b, published(sets[i], p), p), OK);
            b.limits.flops = 1e22;
            if (i == 4) b.limits.max_total = 1e12; // without a limit there is no answer
            assert_int_equal(allocation_best(&b, &free_answer), OK);
            tight = b;
            const Setting *s = &free_answer.setting;
            if (which == 0) tight.limits.memory = s->N;
            if (which == 1) tight.limits.max_active = s->Na / 3;
            if (which == 2) tight.limits.max_total = s->N / 5;
            if (which == 3) tight.limits.data = s->D / 10;
            if (which == 4) tight.limits.serve_tokens = s->D;
            tight.limits.context = 1e4;
            assert_int_equal(allocation_best(&tight, &a), OK);
            const Limits *l = &tight.limits;
            assert_true(a.memory <= l->memory * 1.00001 && a.setting.Na <= l->max_active * 1.00001);
            assert_true(a.setting.N <= l->max_total * 1.00001 && a.setting.D <= l->data * l->repeats * 1.00001);
            assert_true(a.flops_train + a.flops_serve <= l->flops * 1.00001);
            assert_true(a.loss >= free_answer.loss - 1e-9);
        }
}

static void test_impossible_limits_name_the_binding_one(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    AllocationTask b, tight;
    Allocation a;
    assert_int_equal(allocation_open(&b, published("ludziejewski2025", p), p), OK);
    b.limits.flops = 1e21;
    tight = b;
    tight.limits.memory = 10;
    assert_int_equal(allocation_best(&tight, &a), BAD_INPUT);
    assert_non_null(strstr(status_message(), "--memory"));
    tight = b;
    tight.limits.serve_tokens = 1e19;
    assert_int_equal(allocation_best(&tight, &a), BAD_INPUT);
    assert_non_null(strstr(status_message(), "--serve-tokens"));
    assert_int_equal(allocation_for_loss(&b, 1.2, &a), BAD_INPUT);
    assert_non_null(strstr(status_message(), "out of reach"));
    assert_int_equal(allocation_open(&b, published("clark2022", p), p), BAD_INPUT);
    assert_non_null(strstr(status_message(), "training tokens"));
}

static void test_least_compute_for_a_loss_is_the_inverse(void **state) {
    (void)state;
    static const char *const sets[] = {"hoffmann2022", "krajewski2024", "zhao2025"};
    double p[LAW_MAX_PARAMETERS];
    for (int i = 0; i < 3; i++) {
        AllocationTask b;
        Allocation a, back;
        assert_int_equal(allocation_open(&b, published(sets[i], p), p), OK);
        b.limits.flops = 3e21;
        b.limits.max_total = 100e9;
        assert_int_equal(allocation_best(&b, &a), OK);
        assert_int_equal(allocation_for_loss(&b, a.loss, &back), OK);
        assert_near(back.flops_train / 3e21, 1, 1e-5);
    }
}

static void test_serving(void **state) {
    (void)state;
    Hardware h, bigger;
    Serving one, r;
    assert_int_equal(hardware_read("h100", &h), OK);
    assert_int_equal(hardware_read("analyze/hardware/h200.yaml", &bigger), OK);
    assert_true(h.flops == 989e12 && h.bandwidth == 3350e9 && h.memory == 80e9 && bigger.memory == 141e9);
    // Ten requests on one GPU, by hand: 7e9 dense weights of 2 bytes, one iteration.
    Served m = {.N = 7e9, .Na = 7e9, .d_model = 4096, .n_layers = 32, .cache_width = 2 * 4096, .bytes = 2};
    Workload w = {.prompt = 1000, .generated = 500, .max_latency = INFINITY};
    h.n_sizes = 1;
    h.gpus[0] = 1;
    assert_int_equal(serving_best(&m, &h, &w, &one), OK);
    double cache = 1250.0 * 32 * 8192 * 2, b = floor((80e9 * .9 - 14e9) / cache);
    double decode = fmax(2 * 7e9 * b / (989e12 * .5), (14e9 + b * cache) / (3350e9 * .75));
    double prefill = fmax(2 * 7e9 * b * 2 / (989e12 * .5), 14e9 / (3350e9 * .75));
    assert_near(one.concurrency, b, 0);
    assert_near(one.decode / decode, 1, 1e-12);
    assert_near(one.prefill / prefill, 1, 1e-12);
    assert_near(one.cost, 2.99 / 3600 * (decode + prefill) / b * 1e6, 1e-9);
    // A latency limit is kept and costs money; more memory makes it cheaper; too large a model is refused.
    w.max_latency = one.latency / 1.5;
    assert_int_equal(serving_best(&m, &h, &w, &r), OK);
    assert_true(r.latency <= w.max_latency && r.cost > one.cost);
    w.max_latency = 1e-6;
    assert_int_equal(serving_best(&m, &h, &w, &r), BAD_INPUT);
    assert_non_null(strstr(status_message(), "latency binds"));
    m.N = m.Na = 1e12;
    assert_int_equal(serving_best(&m, &h, &workload_default, &r), BAD_INPUT);
    assert_non_null(strstr(status_message(), "memory binds"));
}

// A fit's model and the shape that architecture builds for it are priced alike: they have one cache model.
static void test_one_cache_model(void **state) {
    (void)state;
    Hardware h;
    assert_int_equal(hardware_read("h100", &h), OK);
    for (double C = 1e20; C < 1e24; C *= 30) {
        AllocationTask t;
        Allocation a;
        Built b;
        Serving of_fit, of_shape;
        Warnings w = {0};
        Fit fit;
        assert_int_equal(fit_load("published:zhao2025", &fit), OK);
        assert_int_equal(allocation_of_fit(&t, &fit), OK);
        t.limits.max_total = sqrt(C) / 3;
        BuildTask order = {
            .C = C, .percent = .1, .fit = &fit, .task = t, .ratios = ratios_published(), .rules = rules_default};
        order.rules.n_shared = -1;
        assert_int_equal(build(&order, &b, &w), OK);
        a = (Allocation){.setting = {.N = b.best.count.N, .Na = b.best.count.Na}};
        setting_complete(KIND_FREE, &t.accounting, &a.setting);
        Served standard = served_setting(KIND_FREE, &t.accounting, &a.setting, 2);
        ModelFile file = {.shape = b.best.shape};
        file.shape.vocab = 2;
        Counts c = shape_count(&file.shape);
        Served built = served_model(&file, &c, 2);
        assert_int_equal(serving_best(&standard, &h, &workload_default, &of_fit), OK);
        assert_int_equal(serving_best(&built, &h, &workload_default, &of_shape), OK);
        // A full multi-head cache made this 2.6; what is left are heads narrower than the model.
        assert_true(of_fit.cost / of_shape.cost > 0.9 && of_fit.cost / of_shape.cost < 1.8);
        standard.cache_width = built.cache_width * built.n_layers / standard.n_layers;
        assert_int_equal(serving_best(&standard, &h, &workload_default, &of_fit), OK);
        assert_near(of_fit.cost / of_shape.cost, 1, .15);
        fit_free(&fit);
        // Latent attention keeps what it is told, whatever the heads.
        t.accounting.latent = 576;
        assert_near(served_setting(KIND_FREE, &t.accounting, &a.setting, 2).cache_width, 576, 0);
    }
}

static void test_bytes_gpus_and_latency(void **state) {
    (void)state;
    Hardware h100, a100;
    Serving two, one;
    Workload w = {.prompt = 4000, .generated = 1, .max_latency = 1e9}; // all arithmetic
    assert_int_equal(hardware_read("h100", &h100), OK);
    assert_int_equal(hardware_read("a100", &a100), OK);
    h100.n_sizes = a100.n_sizes = 1;
    for (int card = 0; card < 2; card++) {
        const Hardware *h = card ? &a100 : &h100;
        Served m = served_standard(7e9, 7e9, 2);
        assert_int_equal(serving_best(&m, h, &w, &two), OK);
        m.bytes = 1;
        assert_int_equal(serving_best(&m, h, &w, &one), OK);
        double per_token = one.prefill / one.concurrency / (two.prefill / two.concurrency);
        assert_near(per_token, card ? 1 : 989.0 / 1979, .01); // the A100 has no 8-bit arithmetic of this kind
    }
    // A default that a service could have; 1T parameters need more than a node, whose network is slower.
    assert_true(workload_default.max_latency <= .2);
    Served big = served_standard(1e12, 32e9, 2);
    assert_int_equal(hardware_read("h100", &h100), OK);
    assert_int_equal(serving_best(&big, &h100, &workload_default, &two), OK);
    assert_true(two.gpus > h100.node && two.latency <= workload_default.max_latency);
    h100.network *= 10;
    assert_int_equal(serving_best(&big, &h100, &workload_default, &one), OK);
    assert_true(one.cost < two.cost);
}

static void test_offers_meet_their_bounds(void **state) {
    (void)state;
    double p[LAW_MAX_PARAMETERS];
    Hardware h;
    Offer optimal[CHOICES], list[CHOICES];
    assert_int_equal(hardware_read("a100", &h), OK);
    Market m = {.hardware = &h, .workload = workload_default, .bytes = 2};
    assert_int_equal(allocation_open(&m.problem, published("ludziejewski2025", p), p), OK);
    m.problem.limits.flops = 2e21;
    int n = offers_optimal(&m, optimal);
    assert_int_equal(n, 6);
    double loss = optimal[2].model.loss, cost = optimal[2].serving.cost;
    offers_at_loss(&m, loss, list);
    for (int i = 0; i < n; i++) {
        assert_true(list[i].possible == (i >= 2)); // fewer experts cannot reach it with the same compute
        if (!list[i].possible) continue;
        assert_near(list[i].model.loss, loss, 1e-6);
        assert_near(list[i].model.flops_train / 2e21, 1, 1e-9);
        assert_true(list[i].of_optimal <= 1 && list[i].serving.cost <= optimal[i].serving.cost);
    }
    offers_at_cost(&m, cost, list);
    for (int i = 0; i < n; i++) {
        assert_true(list[i].possible && list[i].serving.cost <= cost * 1.001);
        assert_true(list[i].model.loss >= optimal[i].model.loss - 1e-9);
    }
    offers_equal_loss(&m, loss, list);
    for (int i = 1; i < n; i++) {
        assert_near(list[i].model.loss, loss, 1e-6);
        assert_true(list[i].model.flops_train < list[i - 1].model.flops_train); // more experts need less
    }
}

static void test_quantities(void **state) {
    (void)state;
    double x;
    static const struct {
        const char *text;
        Unit unit;
        double value;
    } good[] = {{"1e22", UNIT_FLOPS, 1e22},   {"10ZFLOP", UNIT_FLOPS, 1e22},
                {"5EFLOP", UNIT_FLOPS, 5e18}, {"1PF-days", UNIT_FLOPS, 8.64e19},
                {"7B", UNIT_COUNT, 7e9},      {"1.5T", UNIT_COUNT, 1.5e12},
                {"80GB", UNIT_BYTES, 80e9},   {"80 GiB", UNIT_BYTES, 85899345920},
                {"0.1%", UNIT_PERCENT, .1},   {"$0.5", UNIT_PRICE, .5}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(quantity_parse("x", good[i].text, good[i].unit, &x), OK);
        assert_near(x / good[i].value, 1, 1e-12);
    }
    static const struct {
        const char *text;
        Unit unit;
        const char *says;
    } bad[] = {{"80GB", UNIT_FLOPS, "bytes"},         {"7B", UNIT_FLOPS, "count"},
               {"", UNIT_COUNT, "not a number"},      {"-5", UNIT_COUNT, "positive"},
               {"0", UNIT_FLOPS, "positive"},         {"nan", UNIT_COUNT, "not a number"},
               {"1e999", UNIT_COUNT, "not a number"}, {"3 parsecs", UNIT_COUNT, "no unit"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(quantity_parse("x", bad[i].text, bad[i].unit, &x), BAD_INPUT);
        if (!strstr(status_message(), bad[i].says)) fail_msg("'%s': %s", bad[i].text, status_message());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_factor_numbers),
        cmocka_unit_test(test_closed_forms_are_minima_of_the_law),
        cmocka_unit_test(test_bands_end_where_the_loss_says),
        cmocka_unit_test(test_no_interior_minimum),
        cmocka_unit_test(test_every_headline),
        cmocka_unit_test(test_headlines_say_where_they_come_from),
        cmocka_unit_test(test_headlines_can_miss),
        cmocka_unit_test(test_closed_and_numeric_allocation_agree),
        cmocka_unit_test(test_limits_are_kept),
        cmocka_unit_test(test_impossible_limits_name_the_binding_one),
        cmocka_unit_test(test_least_compute_for_a_loss_is_the_inverse),
        cmocka_unit_test(test_serving),
        cmocka_unit_test(test_one_cache_model),
        cmocka_unit_test(test_bytes_gpus_and_latency),
        cmocka_unit_test(test_offers_meet_their_bounds),
        cmocka_unit_test(test_quantities),
    };
    return cmocka_run_group_tests_name("decide: numbers", tests, NULL, NULL);
}
