// Sums over columns: values against C's own arithmetic, and each mistake named with its column.
#include "ground/number.h"
#include "ground/output.h"
#include "read/expression.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    Arena arena;
    Store store;
    Table table;
    char path[64];
} Fixture;

static int open_table(void **state) {
    static Fixture f;
    f = (Fixture){.store = {.arena = &f.arena, .spec_path = "s.yaml"}};
    strcpy(f.path, "/tmp/moeplot-expression-XXXXXX");
    int fd = mkstemp(f.path);
    const char text[] = "a,b,a-b,word,Na/N\n2,8,100,x,5\n3,,100,y,6\n0,1,100,z,7\n";
    assert_int_equal(write(fd, text, sizeof text - 1), (int)sizeof text - 1);
    close(fd);
    assert_int_equal(table_read(f.path, &f.table), OK);
    *state = &f;
    return 0;
}

static int close_table(void **state) {
    Fixture *f = *state;
    table_free(&f->table);
    arena_free(&f->arena);
    unlink(f->path);
    return 0;
}

static double value(Fixture *f, const char *text, int row) {
    Expression e;
    double x = NAN;
    if (expression_read(&f->store, &f->table, text, 7, &e) != OK) fail_msg("%s: %s", text, status_message());
    assert_int_equal(expression_value(&e, &f->table, row, &x), OK);
    return x;
}

static void test_values(void **state) {
    Fixture *f = *state;
    const struct {
        const char *text;
        double is;
    } cases[] = {
        {"a", 2},
        {"b - a", 6},
        {"a-b", 100}, // the name of a column is that column
        {"Na/N", 5},
        {"b-a-1", 5}, // from the left
        {"b/a/4", 1},
        {"1 + 2*b^a", 129},
        {"2^a^3", 256}, // from the right
        {"-a^2", -4},
        {"2^-a", 0.25},
        {"(1 + 2)*b", 24},
        {"100 * (b / a - 1)", 300},
        {"min(a, b) + 10*max(a, b - 5)", 32},
        {"log10(b*12.5) + log(exp(a)) + sqrt(b*a) + abs(-1e-1)", 2 + 2 + 4 + 0.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (fabs(value(f, cases[i].text, 0) - cases[i].is) > 1e-12 * fabs(cases[i].is))
            fail_msg("%s is %.17g", cases[i].text, value(f, cases[i].text, 0));
    }
    assert_true(isnan(value(f, "a + b", 1))); // blank in, blank out
}

static void test_mistakes(void **state) {
    Fixture *f = *state;
    static const char *const cases[][2] = {
        {"a +", "s.yaml:7: column 4 of 'a +': expected a number, a name or '('"},
        {"a b + 1", "s.yaml:7: column 3 of 'a b + 1': expected an operator or the end"},
        {"(a + 1", "expected ')'"},
        {"min(a)", "column 6 of 'min(a)': expected ',' and a second argument"},
        {"sin(a)", "expected one of log(, log10("},
        {"a + bb", "no column 'bb' (did you mean 'b'?), which s.yaml:7 asks for"},
        {"nothing", "no column 'nothing'"},
        {"1e999 + a", "expected a number"},
        {"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))", "fewer parentheses"},
    };
    Expression e;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(expression_read(&f->store, &f->table, cases[i][0], 7, &e), BAD_INPUT);
        if (!strstr(status_message(), cases[i][1])) fail_msg("%s: %s", cases[i][0], status_message());
    }
    double x;
    assert_int_equal(expression_read(&f->store, &f->table, "1/a", 7, &e), OK);
    assert_int_equal(expression_value(&e, &f->table, 2, &x), BAD_INPUT);
    assert_non_null(strstr(status_message(), ":4: the expression has no finite value"));
    assert_int_equal(expression_read(&f->store, &f->table, "word + 1", 7, &e), OK);
    assert_int_equal(expression_value(&e, &f->table, 0, &x), BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, open_table, close_table),
        cmocka_unit_test_setup_teardown(test_mistakes, open_table, close_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
