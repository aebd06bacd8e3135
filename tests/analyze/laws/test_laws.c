// test_laws.c - every law: derivatives against finite differences, published losses, and adding a law in one file.
#include "fit/fit.h"
#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// A law of this file alone: it must show up, load, predict and differentiate without a line anywhere else.
static void small_basis(const Point *p, const double *theta, double *phi, double *dphi) {
    phi[0] = 0;
    phi[1] = exp(-theta[0] * p->ln[VAR_N]);
    phi[2] = 1;
    if (!dphi) return;
    dphi[0] = dphi[2] = 0;
    dphi[1] = -p->ln[VAR_N] * phi[1];
}
static const LawVariable small_variables[] = {{VAR_N, COUNT_ALL, "parameters"}};
static const LawTheta small_theta[] = {{"q", 0.1, 1, false, "exponent"}};
static const LawCoef small_coef[] = {{"A", +1, "size"}, {"E", +1, "rest"}};
static const LawSet small_sets[] = {{"small2030", "this test", NULL, {0.5, 100, 2}}};
const Law law_small2030 = {.name = "small2030",
                           .title = "small",
                           .citation = "none",
                           .formula = "L = A/N^q + E",
                           .range = {[VAR_N] = {1e3, 1e5}},
                           .n_variables = 1,
                           .variables = small_variables,
                           .n_theta = 1,
                           .theta = small_theta,
                           .n_coef = 2,
                           .coef = small_coef,
                           .n_sets = 1,
                           .sets = small_sets,
                           .basis = small_basis};
LAW_REGISTER(law_small2030)

static void a_new_law_needs_one_file(void **state) {
    (void)state;
    Fit fit;
    assert_ptr_equal(law_find("small2030"), &law_small2030);
    assert_int_equal(fit_load("published:small2030", &fit), OK);
    Point p = {.x = {[VAR_N] = 1e4}};
    assert_float_equal(law_loss(fit.law, fit.parameters, &p), 3, 1e-12);
    assert_float_equal(fit.range[VAR_N][1], 1e5, 0); // and the range it is good for
    assert_true(isnan(fit.range[VAR_D][0]));
    fit_free(&fit);
}

static void the_zoo_is_whole_and_in_order(void **state) {
    (void)state;
    const char *const names[] = {"kaplan2020",    "clark2022", "hoffmann2022", "frantar2023",      "muennighoff2023",
                                 "krajewski2024", "yun2024",   "abnar2025",    "ludziejewski2025", "zhao2025"};
    for (int i = 0; i < 10; i++) assert_string_equal(law_list[i]->name, names[i]);
    const char *const marginal[] = {"power_N", "power_D", "hook_Na", "hook_G", "hook_S", "frontier", "kappa"};
    for (int i = 0; i < 7; i++) assert_non_null(law_find(marginal[i]));
    assert_null(law_find("nobody1999"));
}

// What the papers' laws are good for, what their sizes mean and how they are set stands in their files.
static void every_law_of_a_paper_says_all_of_itself(void **state) {
    (void)state;
    for (const Law **l = law_list; *l; l++) {
        const Law *law = *l;
        if (law == &law_small2030) continue;
        if (!law->tex) fail_msg("%s: no formula in LaTeX", law->name);
        bool marginal = !strncmp(law->citation, "building block", 14) || !strcmp(law->name, "frontier");
        if (marginal != (law->kind == KIND_OTHER)) fail_msg("%s: kind %d", law->name, (int)law->kind);
        if (law->granularity) assert_true(law_parameter_index(law, law->granularity) >= law->n_theta);
        for (int v = 0; v < N_VARIABLES; v++) {
            if (law->range[v][1] == 0) continue;
            assert_true(law_uses(law, (Variable)v) && law->range[v][0] < law->range[v][1]);
            assert_non_null(law->range_source);
        }
    }
    Fit fit;
    assert_int_equal(fit_load("published:zhao2025", &fit), OK);
    assert_float_equal(fit.range[VAR_N][0], 133e6, 0);
    assert_float_equal(fit.range[VAR_D][1], 50e9, 0);
    fit_free(&fit);
}

static void names_are_set_as_symbols(void **state) {
    (void)state;
    static const char *const names[][3] = {{"alpha", "\\alpha", "α"},
                                           {"E_start", "E_{\\mathrm{start}}", "*E*_{start}"},
                                           {"alpha_N", "\\alpha_{\\mathrm{N}}", "α_{N}"},
                                           {"k", "k", "*k*"}};
    char text[SYMBOL];
    for (int i = 0; i < 4; i++) {
        assert_string_equal(symbol_tex(names[i][0], text), names[i][1]);
        assert_string_equal(symbol_markup(names[i][0], text), names[i][2]);
    }
}

static Point random_point(Random *r) {
    double n = exp(log(1e8) + 5 * random_uniform(r)), share = 0.05 + 0.9 * random_uniform(r);
    return (Point){.x = {[VAR_D] = exp(log(1e9) + 6 * random_uniform(r)),
                         [VAR_N] = n,
                         [VAR_NA] = n * share,
                         [VAR_E] = 1 + 100 * random_uniform(r),
                         [VAR_GRANULARITY] = 1 + 10 * random_uniform(r),
                         [VAR_G] = 1 + 15 * random_uniform(r),
                         [VAR_S] = 0.7 * random_uniform(r),
                         [VAR_SPARSITY] = 0.95 * random_uniform(r),
                         [VAR_C] = exp(log(1e18) + 10 * random_uniform(r)),
                         [VAR_U] = exp(log(1e8) + 6 * random_uniform(r))}};
}

// Inside the bounds, with coefficients of the size that makes each term about one.
static void random_parameters(const Law *law, Random *r, const Point *p, double *parameters) {
    double phi[1 + LAW_MAX_COEF];
    for (int t = 0; t < law->n_theta; t++) {
        double lo = law->theta[t].lo, hi = law->theta[t].hi, u = 0.05 + 0.5 * random_uniform(r);
        parameters[t] = law->theta[t].log_scale ? lo * pow(hi / lo, u) : lo + (hi - lo) * u;
    }
    Point q = *p;
    point_prepare(law, &q);
    law_basis(law, &q, parameters, phi, NULL);
    for (int j = 0; j < law->n_coef; j++) {
        int sign = law->coef[j].sign ? law->coef[j].sign : 1;
        parameters[law->n_theta + j] = sign * (0.5 + random_uniform(r)) / fmax(fabs(phi[1 + j]), 1e-30);
        if (law->log_target) parameters[law->n_theta + j] *= 0.1;
    }
}

static void derivatives_match_differences(void **state) {
    (void)state;
    Random r = random_stream(1, 2);
    for (const Law **l = law_list; *l; l++)
        for (int repeat = 0; repeat < 50; repeat++) {
            const Law *law = *l;
            Point p = random_point(&r);
            double at[LAW_MAX_PARAMETERS], gradient[LAW_MAX_PARAMETERS];
            random_parameters(law, &r, &p, at);
            double loss = law_gradient(law, at, &p, gradient);
            assert_true(isfinite(loss));
            for (int i = 0; i < law_n_parameters(law); i++) {
                double keep = at[i], h = 1e-5 * fmax(fabs(keep), 1e-6);
                at[i] = keep + h;
                double up = law_loss(law, at, &p);
                at[i] = keep - h;
                double down = law_loss(law, at, &p);
                at[i] = keep;
                double difference = (up - down) / (2 * h), scale = fabs(difference) + 1e-6 * fabs(loss / keep);
                if (fabs(gradient[i] - difference) > 1e-4 * scale)
                    fail_msg("%s: d/d%s is %g, differences say %g", law->name, law_parameter_name(law, i), gradient[i],
                             difference);
            }
        }
}

static double published(const char *name, Point p) {
    double parameters[LAW_MAX_PARAMETERS];
    const Law *law = law_published(name, parameters, NULL);
    assert_non_null(law);
    return law_loss(law, parameters, &p);
}

// Losses recomputed from the papers' coefficients (the sheet's "Checks").
static void published_losses(void **state) {
    (void)state;
    struct {
        double loss, N, D, Na, G, S;
    } zhao[] = {{2.84412, 1e9, 2e10, 2e8, 8, .125},
                {2.41895, 7e9, 1e11, 1e9, 8, .125},
                {2.18833, 3e10, 1e12, 3e9, 8, .125},
                {1.99583, 671e9, 14.8e12, 37e9, 9, 1. / 9}};
    for (int i = 0; i < 4; i++) {
        Point p = {.x = {[VAR_N] = zhao[i].N,
                         [VAR_D] = zhao[i].D,
                         [VAR_NA] = zhao[i].Na,
                         [VAR_G] = zhao[i].G,
                         [VAR_S] = zhao[i].S}};
        assert_float_equal(published("zhao2025", p), zhao[i].loss, 1e-5);
    }
    Point chinchilla = {.x = {[VAR_N] = 70e9, [VAR_D] = 1.4e12}};
    assert_float_equal(published("hoffmann2022", chinchilla), 1.9208, 1e-4);
    assert_float_equal(published("hoffmann2022-printed", chinchilla), 1.9366, 1e-4);
    assert_float_equal(published("besiroglu2024", chinchilla), 1.9739, 1e-4);
    assert_float_equal(published("kaplan2020", (Point){.x = {[VAR_N] = 1e9, [VAR_D] = 2e10}}), 2.3739, 1e-4);
    assert_float_equal(published("clark2022-sbase", (Point){.x = {[VAR_N] = 25e6, [VAR_E] = 64}}), 2.6650, 2e-4);
    assert_float_equal(published("clark2022", (Point){.x = {[VAR_N] = 1.3e9, [VAR_E] = 512}}), 1.9823, 2e-4);
    double na[] = {1e8, 1e9, 3e9, 7e9}, d[] = {4.37e9, 28.94e9, 72.9e9, 137.6e9}, g[] = {8, 16, 16, 32},
           loss[] = {3.110, 2.471, 2.226, 2.060};
    for (int i = 0; i < 4; i++)
        assert_float_equal(
            published("krajewski2024", (Point){.x = {[VAR_N] = 43 * na[i], [VAR_D] = d[i], [VAR_GRANULARITY] = g[i]}}),
            loss[i], 1e-3);
    assert_float_equal(
        published("abnar2025",
                  (Point){.x = {[VAR_N] = 3.98e9, [VAR_D] = 1e20 / (6 * .1 * 3.98e9), [VAR_SPARSITY] = .9}}),
        2.3638, 1e-3);
    double experts[] = {1, 4, 32}, active[] = {1.7e9, 1.2e9, .669e9}, tokens[] = {9.7e9, 13.9e9, 24.9e9},
           best[] = {2.5897, 2.5540, 2.4724};
    for (int i = 0; i < 3; i++)
        assert_float_equal(published("ludziejewski2025",
                                     (Point){.x = {[VAR_NA] = active[i], [VAR_D] = tokens[i], [VAR_E] = experts[i]}}),
                           best[i], 3e-3);
}

// The data-constrained law as its paper writes it, step by step.
static double repeated(double N, double D, double U) {
    double A = exp(6.255414), B = exp(7.3049974), E = exp(.6254804), alpha = .3526596, beta = alpha;
    double G = pow(alpha * A / (beta * B), 1 / (alpha + beta)), C = 6 * pow(U * G, (alpha + beta) / alpha);
    double best = G * pow(C / 6, beta / (alpha + beta)), V = best < N ? best : N;
    double size = V + V * 5.309743 * (1 - exp(-(N / V - 1) / 5.309743));
    double data = U + U * 15.387756 * (1 - exp(-(D / U - 1) / 15.387756));
    return E + A / pow(size, alpha) + B / pow(data, beta);
}

static void repeated_data_is_worth_less(void **state) {
    (void)state;
    const double at[][3] = {{8.7e9, 178e9, 25e9}, {6.34e9, 242e9, 25e9}, {1e8, 4e10, 1e9}, {3e9, 1e10, 1e10}};
    for (int i = 0; i < 4; i++) {
        Point p = {.x = {[VAR_N] = at[i][0], [VAR_D] = at[i][1], [VAR_U] = at[i][2]}};
        assert_float_equal(published("muennighoff2023", p), repeated(at[i][0], at[i][1], at[i][2]), 1e-7);
    }
    // The paper's finding: at 25e9 tokens and one budget the smaller model on more epochs is the better one.
    Point large = {.x = {[VAR_N] = 8.67e9, [VAR_D] = 178e9, [VAR_U] = 25e9}}, small = large;
    small.x[VAR_N] = 6.34e9;
    small.x[VAR_D] = 242e9;
    assert_true(published("muennighoff2023", small) < published("muennighoff2023", large));
    large.x[VAR_U] = 1e12; // a pool that was never gone through is as good as one of the run's size
    small = large;
    small.x[VAR_U] = small.x[VAR_D];
    assert_float_equal(published("muennighoff2023", small), published("muennighoff2023", large), 0);
}

// What is published at its ends: kappa = 1 is hoffmann2022, no floor and beta = 1 is kaplan2020.
static void kappa_lies_between(void **state) {
    (void)state;
    const Law *law = law_find("kappa");
    double internal[LAW_MAX_PARAMETERS];
    const double aN = .076, aD = .103, nc = 6.4e13, dc = 1.8e13, dense[] = {.3478, .3658, 2085.43, 1, 1.8172, 482.01},
                 old[] = {aN / aD, 1, dc, aD, 0, pow(nc, aN / aD)};
    for (int i = 0; i < 3; i++) {
        Point p = {.x = {[VAR_N] = pow(10, 6 + i), [VAR_D] = pow(10, 10 - i)}};
        law_from_printed(law, dense, internal);
        double sum = 1.8172 + 482.01 / pow(p.x[VAR_N], .3478) + 2085.43 / pow(p.x[VAR_D], .3658);
        assert_float_equal(law_loss(law, internal, &p), sum, 1e-12);
        law_from_printed(law, old, internal);
        assert_float_equal(law_loss(law, internal, &p), published("kaplan2020", p), 1e-10);
    }
}

static void printed_maps_are_inverse(void **state) {
    (void)state;
    for (const Law **l = law_list; *l; l++)
        for (int s = 0; s < (*l)->n_sets; s++) {
            double in[LAW_MAX_PARAMETERS], out[LAW_MAX_PARAMETERS];
            law_from_printed(*l, (*l)->sets[s].values, in);
            law_to_printed(*l, in, out);
            for (int i = 0; i < law_n_parameters(*l); i++)
                assert_float_equal(out[i], (*l)->sets[s].values[i], 1e-9 * fabs(out[i]));
        }
}

static void outside_the_domain_is_nan(void **state) {
    (void)state;
    double parameters[LAW_MAX_PARAMETERS];
    const Law *law = law_published("hoffmann2022", parameters, NULL);
    const double bad[] = {0, -1, NAN};
    for (int i = 0; i < 3; i++)
        assert_true(isnan(law_loss(law, parameters, &(Point){.x = {[VAR_N] = bad[i], [VAR_D] = 1e9}})));
    Fit fit;
    assert_int_equal(fit_load("published:yun2024", &fit), BAD_INPUT);
    assert_non_null(strstr(status_message(), "not published"));
    assert_int_equal(fit_load("published:nobody", &fit), BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_law_needs_one_file),
        cmocka_unit_test(the_zoo_is_whole_and_in_order),
        cmocka_unit_test(every_law_of_a_paper_says_all_of_itself),
        cmocka_unit_test(names_are_set_as_symbols),
        cmocka_unit_test(derivatives_match_differences),
        cmocka_unit_test(published_losses),
        cmocka_unit_test(repeated_data_is_worth_less),
        cmocka_unit_test(kappa_lies_between),
        cmocka_unit_test(printed_maps_are_inverse),
        cmocka_unit_test(outside_the_domain_is_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
