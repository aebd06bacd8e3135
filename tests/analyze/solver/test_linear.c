// test_linear.c - Gram products and least squares in a box against plain sums and optimality conditions.
#include "solver/linear.h"
#include "ground/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 37, MOST = 12 };

static void fill(Random *r, int m, double *columns) {
    memset(columns, 0, (size_t)padded(ROWS) * MOST * sizeof *columns);
    for (int j = 0; j < m; j++)
        for (int i = 0; i < ROWS; i++) columns[j * padded(ROWS) + i] = random_normal(r);
}

static void gram_is_the_plain_sum(void **state) {
    (void)state;
    Random r = random_stream(3, 4);
    double columns[MOST * (ROWS + LANES)], g[MOST * MOST];
    for (int m = 1; m <= MOST; m++) {
        fill(&r, m, columns);
        gram(padded(ROWS), m, columns, g);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < m; j++) {
                double sum = 0;
                for (int k = 0; k < ROWS; k++) sum += columns[i * padded(ROWS) + k] * columns[j * padded(ROWS) + k];
                assert_float_equal(g[i * m + j], sum, 1e-12 * ROWS);
            }
    }
}

// At a minimum over a box the gradient is zero inside, and points outwards at the bounds.
static void box_solve_meets_its_conditions(void **state) {
    (void)state;
    Random r = random_stream(5, 6);
    for (int trial = 0; trial < 2000; trial++) {
        int m = 1 + (int)random_below(&r, MOST - 1);
        double columns[MOST * (ROWS + LANES)], all[MOST * MOST], g[MOST * MOST], b[MOST], lo[MOST], hi[MOST], c[MOST];
        bool inside[MOST];
        fill(&r, m + 1, columns);
        gram(padded(ROWS), m + 1, columns, all);
        for (int i = 0; i < m; i++) {
            b[i] = all[i * (m + 1) + m];
            for (int j = 0; j < m; j++) g[i * m + j] = all[i * (m + 1) + j];
            double kind = random_uniform(&r);
            lo[i] = kind < 0.4 ? 0 : kind < 0.6 ? -0.1 : -INFINITY;
            hi[i] = kind > 0.5 && kind < 0.8 ? 0.05 : INFINITY;
        }
        box_solve(m, g, b, lo, hi, c, inside);
        for (int i = 0; i < m; i++) {
            double gradient = -b[i];
            for (int j = 0; j < m; j++) gradient += g[i * m + j] * c[j];
            assert_true(c[i] >= lo[i] && c[i] <= hi[i]);
            if (c[i] > lo[i] && c[i] < hi[i]) assert_float_equal(gradient, 0, 1e-8);
            if (c[i] == lo[i] && lo[i] < hi[i]) assert_true(gradient > -1e-7);
            if (c[i] == hi[i] && lo[i] < hi[i]) assert_true(gradient < 1e-7);
        }
    }
}

// A column that repeats another must not make the answer explode.
static void dependent_columns_are_dropped(void **state) {
    (void)state;
    const double g[] = {4, 4, 0, 4, 4, 0, 0, 0, 0}, b[] = {8, 8, 0}, lo[] = {-INFINITY, -INFINITY, -INFINITY},
                 hi[] = {INFINITY, INFINITY, INFINITY};
    double c[3];
    bool inside[3];
    box_solve(3, g, b, lo, hi, c, inside);
    assert_float_equal(c[0] + c[1], 2, 1e-9);
    assert_true(c[2] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gram_is_the_plain_sum),
        cmocka_unit_test(box_solve_meets_its_conditions),
        cmocka_unit_test(dependent_columns_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
