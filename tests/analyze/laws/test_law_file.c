// test_law_file.c - laws in YAML: twins of the compiled ones give the same terms, derivatives and fits; derivatives
// against differences; mistakes named with line and column; how fast they are beside C, in the same run.
#include "ground/output.h"
#include "laws/law_file.h"
#include "laws/tape.h"
#include "planted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static const char *const twins[] = {"hoffmann2022",    "zhao2025",        "krajewski2024", "abnar2025", "clark2022",
                                    "yun2024",         "kaplan2020",      "frantar2023",   "power_N",   "power_D",
                                    "hook_Na",         "hook_G",          "hook_S",        "frontier",  "kappa",
                                    "muennighoff2023", "ludziejewski2025"};
enum { N_TWINS = sizeof twins / sizeof *twins, ROWS = 60 };

static const Law *twin_of(const char *name) {
    char path[128];
    const Law *law;
    snprintf(path, sizeof path, "tests/analyze/laws/twins/%s.yaml", name);
    if (law_open(path, &law) != OK) fail_msg("%s", status_message());
    return law;
}

// Inside the bounds, and terms of about a half.
static void some_parameters(const Law *law, Random *r, const Point *p, double *parameters) {
    double phi[1 + LAW_MAX_COEF];
    for (int t = 0; t < law->n_theta; t++) {
        double lo = law->theta[t].lo, hi = law->theta[t].hi, u = 0.1 + 0.4 * random_uniform(r);
        parameters[t] = law->theta[t].log_scale ? lo * pow(hi / lo, u) : lo + (hi - lo) * u;
    }
    law_basis(law, p, parameters, phi, NULL);
    for (int j = 0; j < law->n_coef; j++)
        parameters[law->n_theta + j] = (law->coef[j].sign ? law->coef[j].sign : 1) *
                                       (law->log_target ? 0.1 : 0.3 + 0.5 * random_uniform(r)) /
                                       fmax(fabs(phi[1 + j]), 1e-30);
}

static void design(const Law *law, Point *points, int *configuration) {
    Fit spread = fit_empty("a design");
    spread.law = law;
    plant_design(&spread, ROWS, 3, 5, points, configuration);
    for (int i = 0; i < ROWS; i++) point_prepare(law, &points[i]);
    fit_free(&spread);
}

static void assert_same_shape(const Law *law, const Law *twin) {
    assert_int_equal(law->n_theta, twin->n_theta);
    assert_int_equal(law->n_coef, twin->n_coef);
    assert_int_equal(law->kind == KIND_FIVE_FACTOR ? KIND_FREE : law->kind, twin->kind);
    for (int i = 0; i < law_n_parameters(law); i++)
        assert_string_equal(law_parameter_name(law, i), law_parameter_name(twin, i));
}

static void near(const char *name, const char *what, double x, double y, double share) {
    if (fabs(x - y) > share * fabs(x) + 1e-300) fail_msg("%s: %s %.17g, of the file %.17g", name, what, x, y);
}

static void twins_have_the_same_terms(void **state) {
    (void)state;
    Random r = random_stream(3, 4);
    for (int k = 0; k < N_TWINS; k++) {
        const Law *law = law_find(twins[k]), *twin = twin_of(twins[k]);
        Point points[ROWS];
        int configuration[ROWS], terms = 1 + law->n_coef, slopes = terms * law->n_theta;
        double at[LAW_MAX_PARAMETERS], phi[2][1 + LAW_MAX_COEF], dphi[2][(1 + LAW_MAX_COEF) * LAW_MAX_THETA];
        assert_same_shape(law, twin);
        design(law, points, configuration);
        for (int i = 0; i < ROWS; i++) {
            some_parameters(law, &r, &points[i], at);
            law_basis(law, &points[i], at, phi[0], dphi[0]);
            law_basis(twin, &points[i], at, phi[1], dphi[1]);
            for (int j = 0; j < terms; j++) near(twins[k], "term", phi[0][j], phi[1][j], 2e-13);
            for (int j = 0; j < slopes; j++)
                if (fabs(dphi[0][j] - dphi[1][j]) > 1e-10 * fabs(phi[0][j / law->n_theta]))
                    near(twins[k], "slope", dphi[0][j], dphi[1][j], 1e-10);
        }
    }
}

// The same starts, the same rows: the same objective and the same predictions to the last digits.
static void twins_have_the_same_fit(void **state) {
    (void)state;
    for (int k = 0; k < N_TWINS; k++) {
        const Law *law = law_find(twins[k]), *laws[] = {law, twin_of(twins[k])};
        Point points[ROWS];
        int configuration[ROWS];
        double loss[ROWS];
        Random r = random_stream(7, (uint64_t)k);
        Fit truth = fit_empty("planted");
        truth.law = law;
        design(law, points, configuration);
        some_parameters(law, &r, &points[0], truth.parameters);
        plant_losses(&truth, ROWS, points, configuration, 0.003, 0, 1, loss);
        Runs runs;
        Fitted f[2];
        FitOptions o = few_starts(20);
        runs_of_points("planted", ROWS, points, loss, configuration, &runs);
        for (int i = 0; i < 2; i++) assert_int_equal(fitting_run(laws[i], &runs, &o, NULL, 0, &f[i]), OK);
        near(twins[k], "objective", f[0].value, f[1].value, 1e-9);
        for (int i = 0; i < ROWS; i++)
            near(twins[k], "prediction", law_loss(law, f[0].parameters, &points[i]),
                 law_loss(laws[1], f[1].parameters, &points[i]), 1e-7);
        // Where operations come in one order, nothing differs at all: all coefficients, bit for bit.
        if (!strcmp(twins[k], "power_N") || !strcmp(twins[k], "hoffmann2022") || !strcmp(twins[k], "frontier"))
            assert_memory_equal(f[0].parameters, f[1].parameters, sizeof(double) * (size_t)law_n_parameters(law));
        for (int i = 0; i < 2; i++) fitted_free(&f[i]);
        runs_free(&runs);
        fit_free(&truth);
    }
}

static Status read_text(const char *text, const Law **law) {
    return law_read("my.yaml", text, strlen(text), law);
}

// Every function and operator, some of them nested.
static void derivatives_match_differences(void **state) {
    (void)state;
    const Law *law;
    if (read_text("name: everything\nvariables: {N: n, D: d, G: g, S: s}\n"
                  "exponents: {p: [0.1, 2], q: [0.2, 3], r: [-1, 1]}\n"
                  "where: {x: p*q - r/p, y: x^2 + exp(-p), z: G^r}\n"
                  "offset: 0.1*sqrt(q)\n"
                  "terms:\n  a: N^-(p/5)\n  b: sqrt(1 + p^2)*D^(-q/10)\n  c: min(x, G/5)*max(p, 0.7)\n"
                  "  d: abs(r)*log10(G + 1 + p)\n  e: S^q\n  f: (S + p)^-2/z\n  g: z*log(y + 3)\n"
                  "  h: (p + q)^(r + 0.5)\n  i: 2^-p\n  j: -(p - q)^3\n",
                  &law) != OK)
        fail_msg("%s", status_message());
    Random r = random_stream(1, 9);
    for (int repeat = 0; repeat < 300; repeat++) {
        Point p = {.x = {[VAR_N] = exp(10 + 5 * random_uniform(&r)),
                         [VAR_D] = exp(12 + 5 * random_uniform(&r)),
                         [VAR_G] = 1 + 10 * random_uniform(&r),
                         [VAR_S] = repeat % 7 ? 0.7 * random_uniform(&r) : 0}};
        double at[LAW_MAX_PARAMETERS], gradient[LAW_MAX_PARAMETERS];
        for (int t = 0; t < 3; t++)
            at[t] = law->theta[t].lo + (law->theta[t].hi - law->theta[t].lo) * random_uniform(&r);
        for (int j = 0; j < law->n_coef; j++) at[3 + j] = 0.5 + random_uniform(&r);
        assert_true(isfinite(law_gradient(law, at, &p, gradient)));
        for (int i = 0; i < law_n_parameters(law); i++) {
            double keep = at[i], h = 1e-6, side[2];
            for (int s = 0; s < 2; s++) {
                at[i] = keep + (s ? h : -h);
                side[s] = law_loss(law, at, &p);
            }
            at[i] = keep;
            double difference = (side[1] - side[0]) / (2 * h);
            // min, max and abs have corners: a draw within h of one is not held to either side.
            if (fabs(gradient[i] - difference) > 1e-6 * (1 + fabs(difference)))
                fail_msg("d/d%s is %.9g, differences say %.9g", law_parameter_name(law, i), gradient[i], difference);
        }
    }
}

#define HEAD "name: bad\nvariables: {N: size, D: tokens}\nexponents: {alpha: [0.1, 1]}\n"

static void mistakes_are_named(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {HEAD "terms: {A: N^-alpah}\n",
         "my.yaml:4: column 4 of 'N^-alpah': 'alpah' is unknown (did you mean 'alpha'?), expected one of N, D, alpha"},
        {HEAD "terms:\n  A: N^-alpha\n  B: (D + 1\n", "my.yaml:6: column 7 of '(D + 1': expected ')'"},
        {HEAD "terms:\n  A: 'N^'\n", "my.yaml:5: column 3 of 'N^': expected a number, a name or '('"},
        {HEAD "terms: {alpha: N}\n", "my.yaml:4: terms: 'alpha' stands for something else already"},
        {HEAD "terms: {A: N, log: D}\n", "my.yaml:4: terms: 'log' is a function"},
        {HEAD "terms: {A: {term: N, sign: '*'}}\n", "my.yaml:4: sign: '*', expected '+', '-' or any"},
        {HEAD "terms: {A: {sign: '+'}}\n", "my.yaml:4: A: lacks 'term: EXPRESSION'"},
        {HEAD "terms: {A: sin(N)}\n", "column 5 of 'sin(N)': expected one of log("},
        {HEAD "terms: {A: N}\nasymptote: A\n", "my.yaml:5: asymptote: 'A', expected a term that is 1"},
        {HEAD "terms: {A: N}\nkind: mixture\n", "my.yaml:5: kind: 'mixture', expected one of other, dense"},
        {HEAD "terms: {A: N}\npublished: [{values: {alpha: 1}}]\n", "my.yaml:5: values: lacks A"},
        {HEAD "terms: {A: N}\npublished: [{values: {beta: 1}}]\n", "my.yaml:5: values: bad has no coefficient 'beta'"},
        {HEAD, "lacks 'terms:'"},
        {HEAD "term: {A: N}\n", "my.yaml:4: law: 'term' is unknown (did you mean 'terms'?)"},
        {"name: bad\nvariables: {Q: size}\nterms: {A: Q}\n",
         "my.yaml:2: variables: 'Q' is unknown, expected one of D N"},
        {"name: bad\nvariables: {N: n}\nexponents: {a: [1, 0]}\nterms: {A: N}\n",
         "my.yaml:3: a: expected the lower end"},
        {"name: bad\nvariables: {N: n}\nexponents: {a: {bounds: [0, 1], scale: log}}\nterms: {A: N}\n",
         "bounds above 0"},
        {"name: bad\nvariables: {N: n}\nexponents: {a: 3}\nterms: {A: N}\n",
         "my.yaml:3: a: expected 'key: value' lines"},
        {"variables: {N: n}\nterms: {A: N}\n", "my.yaml:1: lacks 'name:'"},
        {"name: hoffmann2022\nvariables: {N: n}\nterms: {A: N}\n", "there is another law 'hoffmann2022'"},
        {"name: [\n", "my.yaml:2: is not YAML"},
    };
    const Law *law;
    int n = 0;
    while (law_list[n]) n++;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_text(cases[i][0], &law), BAD_INPUT);
        if (!strstr(status_message(), cases[i][1])) fail_msg("'%s' lacks '%s'", status_message(), cases[i][1]);
    }
    assert_null(law_list[n]); // none of them stayed
    assert_int_equal(law_open("nobody1999", &law), BAD_INPUT);
    assert_int_equal(law_open("/nowhere/my.yaml", &law), BAD_INPUT);
    // More operations than there is room for are refused, not cut off.
    char text[8192] = "name: huge\nvariables: {N: n}\nexponents: {a: [0, 1]}\nwhere:\n  x0: a\n";
    for (int i = 1; i < 32; i++) {
        size_t at = strlen(text);
        at += (size_t)snprintf(text + at, sizeof text - at, "  x%d: 0", i);
        for (int j = 0; j < 14; j++) at += (size_t)snprintf(text + at, sizeof text - at, "+(x%d+%d)^N", i - 1, j);
        snprintf(text + at, sizeof text - at, "\n");
    }
    strcat(text, "terms: {A: x31}\n");
    assert_int_equal(read_text(text, &law), BAD_INPUT);
    assert_non_null(strstr(status_message(), "more than 1024 operations"));
}

static void a_name_has_one_meaning(void **state) {
    (void)state;
    const Law *a, *b;
    const char text[] = "name: one\nvariables: {N: n}\nterms: {A: N}\n",
               other[] = "name: one\nvariables: {N: n}\nterms: {A: 1/N}\n";
    assert_int_equal(read_text(text, &a), OK);
    assert_int_equal(read_text(text, &b), OK);
    assert_ptr_equal(a, b);
    assert_int_equal(read_text(other, &b), BAD_INPUT);
    assert_non_null(strstr(status_message(), "another law 'one' with another text"));
}

// What a fit file carries is enough to predict elsewhere; published values of a file are a fit as well.
static void a_fit_carries_its_law(void **state) {
    (void)state;
    Fit fit;
    FitReport r, again;
    const char *spec = "published:tests/analyze/laws/twins/hoffmann2022.yaml";
    assert_int_equal(fit_report_load(spec, &r), OK);
    assert_int_equal(fit_load("published:besiroglu2024", &fit), OK);
    Point p = {.x = {[VAR_N] = 1e9, [VAR_D] = 2e10}};
    double loss = law_loss(fit.law, fit.parameters, &p);
    assert_true(law_loss(r.fit.law, r.fit.parameters, &p) == loss);
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    fit_file_write(file, &r);
    fclose(file);
    assert_non_null(strstr(text, "\"law_text\""));
    assert_int_equal(fit_file_parse("again.json", text, length, &again), OK);
    assert_true(law_loss(again.fit.law, again.fit.parameters, &p) == loss);
    free(text);
    fit_report_free(&r);
    fit_report_free(&again);
    fit_free(&fit);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// A tape does little more than the formula says; how its time compares with C's in this run is printed, not judged.
static void a_tape_is_short(void **state) {
    (void)state;
    static const char *const names[] = {"hoffmann2022", "zhao2025", "ludziejewski2025"};
    static const int most[] = {16, 53, 110};
    for (int k = 0; k < 3; k++) {
        const Law *law = law_find(names[k]), *laws[] = {law, twin_of(names[k])};
        Point points[ROWS];
        int configuration[ROWS];
        static double phi[ROWS * (1 + LAW_MAX_COEF)], dphi[ROWS * (1 + LAW_MAX_COEF) * LAW_MAX_THETA];
        double at[LAW_MAX_PARAMETERS], best[2] = {INFINITY, INFINITY};
        Random r = random_stream(7, (uint64_t)k);
        design(law, points, configuration);
        some_parameters(law, &r, &points[0], at);
        for (int turn = 0; turn < 40; turn++) {
            const Law *now = laws[turn % 2];
            double begin = seconds();
            for (int pass = 0; pass < 100; pass++) law_basis_rows(now, points, ROWS, at, phi, ROWS, dphi);
            best[turn % 2] = fmin(best[turn % 2], seconds() - begin);
        }
        print_message("%s: a pass of the file takes %.2f times that of C (%d operations)\n", names[k],
                      best[1] / best[0], tape_size(laws[1]->tape, true));
        assert_in_range(tape_size(laws[1]->tape, true), 1, most[k]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twins_have_the_same_terms),
        cmocka_unit_test(twins_have_the_same_fit),
        cmocka_unit_test(derivatives_match_differences),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_name_has_one_meaning),
        cmocka_unit_test(a_fit_carries_its_law),
        cmocka_unit_test(a_tape_is_short),
    };
    quiet = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
