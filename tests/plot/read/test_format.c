// Numbers and templates as a reader expects them, and text from data that cannot become markup.
#include "read/fill.h"
#include "read/format.h"
#include "draw/layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *number(double x, const char *format) {
    static char text[FORMAT_TEXT];
    return format_number(x, format, text);
}

static void test_numbers(void **state) {
    (void)state;
    assert_string_equal(number(0.31274, NULL), "0.3127");
    assert_string_equal(number(-2.5, ".2f"), "−2.50");
    assert_string_equal(number(-0.3, ".0f"), "0");
    assert_string_equal(number(-0.004, ".2f"), "0.00");
    assert_string_equal(number(-0.005001, ".2f"), "−0.01");
    assert_string_equal(number(0.03, "si"), "0.03");
    assert_string_equal(number(3e14, "power"), "3×10^{14}");
    assert_string_equal(number(1.4e8, "power"), "1.4×10^{8}");
    assert_string_equal(number(1e-5, "power"), "10^{−5}");
    assert_string_equal(number(2e6, "si"), "2M");
    assert_string_equal(number(1.25e9, "si"), "1.25B");
    assert_string_equal(number(300, "si"), "300");
    assert_string_equal(number(1.5e-7, ".2g"), "1.5×10^{−7}");
    assert_true(format_known("si") && format_known(".3g") && format_known("power"));
    assert_false(format_known("%d") || format_known(".3") || format_known(".3e") || format_known(""));
}

static void test_digits_follow_the_uncertainty(void **state) {
    (void)state;
    assert_int_equal(format_digits(0.292, 0.336), 3); // +-0.022
    assert_int_equal(format_digits(418, 544), 0);     // +-63
    assert_int_equal(format_digits(1.80, 1.90), 3);   // +-0.05
    assert_int_equal(format_digits(2, 2), 4);         // says nothing
}

typedef struct {
    Arena arena;
    Store store;
    const Table *table;
    char path[64];
} Fixture;

static int set_up(void **state) {
    Fixture *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/test_format.%ld.csv", (long)getpid());
    FILE *csv = fopen(f->path, "w");
    fputs("name,value,lo,hi,count\na*b_{c},0.312749,0.2921,0.3364,48\n\"<b>&{x}\",1234.5678,,,\n*A*_{0},0.0037,-inf,"
          "inf,1\n"
          "far,0.0037,0,10,1\n",
          csv);
    fclose(csv);
    f->store = (Store){.arena = &f->arena, .spec_path = "s.yaml", .main = f->path};
    *state = f;
    return store_table(&f->store, NULL, 1, &f->table);
}

static int tear_down(void **state) {
    Fixture *f = *state;
    unlink(f->path);
    store_free(&f->store);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static const char *filled(Fixture *f, int row, const char *text) {
    const char *ends[] = {"lo", "hi"};
    Texts uncertainty = {2, ends};
    const char *out = NULL;
    Status s = fill_template(&f->store, f->table, row, text, &uncertainty, 7, &out);
    return s == OK ? out : status_message();
}

static void test_templates(void **state) {
    Fixture *f = *state;
    assert_string_equal(filled(f, 0, "α = {value} [{lo}, {hi}]"), "α = 0.313 [0.292, 0.336]");
    assert_string_equal(filled(f, 0, "{value:.1f}, n = {count:.0f}"), "0.3, n = 48");
    assert_string_equal(filled(f, 1, "{value}"), "1235");
    assert_string_equal(filled(f, 0, "C^{0.5} N_{a} {count:.0f}"), "C^{0.5} N_{a} 48");
    assert_string_equal(filled(f, 0, "\\{count} is {count:si}"), "\\{count} is 48");
    assert_string_equal(filled(f, 0, "plain"), "plain");
}

// What is known to ten is still not zero, its ends have the digits of their distance, and open ends say so.
static void test_small_and_open(void **state) {
    Fixture *f = *state;
    assert_string_equal(filled(f, 3, "{value} [{lo}, {hi}]"), "0.004 [0.0, 10.0]");
    assert_string_equal(filled(f, 2, "{name:rich} {lo} {hi}"), "*A*_{0} −∞ ∞");
}

static void test_data_are_escaped(void **state) {
    Fixture *f = *state;
    assert_string_equal(filled(f, 0, "{name}"), "a\\*b\\_\\{c\\}");
    assert_string_equal(filled(f, 1, "{name}"), "<b>&\\{x\\}");
}

static void test_bad_templates(void **state) {
    Fixture *f = *state;
    assert_string_equal(filled(f, 0, "{nothing}") + strlen(f->path),
                        ":1: no column 'nothing', which s.yaml:7 asks for; there are name, value, lo, hi, count");
    assert_string_equal(filled(f, 0, "{value"), "s.yaml:7: '{' without '}' in '{value'");
    assert_non_null(strstr(filled(f, 0, "{value:%n}"), "unknown format"));
}

static void test_edges_of_cells(void **state) {
    (void)state;
    AxisSpec spec = {.scale = SCALE_LINEAR, .base = 10};
    Axis a = axis_new(&spec);
    double centre[] = {3, 1, 2, 2, 5}, edge[8];
    int n = sort_unique(centre, 5);
    assert_int_equal(n, 4);
    cell_edges(&a, centre, n, edge);
    double expected[] = {0.5, 1.5, 2.5, 4, 6};
    for (int i = 0; i < 5; i++) assert_float_equal(edge[i], expected[i], 1e-12);
    a.spec.scale = SCALE_LOG;
    double decades[] = {1, 100};
    cell_edges(&a, decades, 2, edge);
    assert_float_equal(edge[0], 0.1, 1e-12);
    assert_float_equal(edge[2], 1000, 1e-9);
}

// Values that are words with a number in them are ordered by it, whatever row comes first.
static void test_ordered_values(void **state) {
    Fixture *f = *state;
    StyleSet set = {
        .spec = {.palette = PALETTE_ORDERED}, .n = 5, .value = {"N = 671M", "N = 2.5B", "N = 90k", "N = 3", "all"}};
    StyleSets sets = {1, &set};
    assert_int_equal(styles_finish(&f->arena, &sets), OK);
    const int expected[] = {3, 4, 2, 1, 0};
    for (int i = 0; i < 5; i++) assert_int_equal(set.rank[i], expected[i]);
}

static void test_quantiles(void **state) {
    (void)state;
    double v[] = {4, 1, 3, 2, 5}, one[] = {7};
    assert_float_equal(quantile(v, 5, 0.5), 3, 0);
    assert_float_equal(quantile(v, 5, 0), 1, 0);
    assert_float_equal(quantile(v, 5, 1), 5, 0);
    assert_float_equal(quantile(v, 5, 0.025), 1.1, 1e-12);
    assert_float_equal(quantile(one, 1, 0.975), 7, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_digits_follow_the_uncertainty),
        cmocka_unit_test_setup_teardown(test_templates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_and_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_data_are_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_templates, set_up, tear_down),
        cmocka_unit_test(test_edges_of_cells),
        cmocka_unit_test_setup_teardown(test_ordered_values, set_up, tear_down),
        cmocka_unit_test(test_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
