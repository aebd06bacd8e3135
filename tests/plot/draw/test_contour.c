// Contours against surfaces whose level lines are known.
#include "draw/contour.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 41 };
static double x[N], z_yx[N * N];

static Grid grid_of(double (*f)(double, double)) {
    for (int i = 0; i < N; i++) x[i] = -2 + 4.0 * i / (N - 1);
    for (int j = 0; j < N; j++)
        for (int i = 0; i < N; i++) z_yx[j * N + i] = f(x[i], x[j]);
    return (Grid){N, N, x, x, z_yx};
}

static double cone(double a, double b) {
    return hypot(a, b);
}
static double plane(double a, double b) {
    return a + 2 * b;
}
static double saddle(double a, double b) {
    return a * b;
}

static void test_circle_is_one_closed_line(void **state) {
    (void)state;
    Arena a = {0};
    Grid g = grid_of(cone);
    Polyline *lines;
    assert_int_equal(contour_lines(&a, &g, 1.234, &lines), 1);
    assert_true(lines[0].closed);
    assert_true(lines[0].n > 50);
    for (int i = 0; i < lines[0].n; i++) assert_true(fabs(hypot(lines[0].x[i], lines[0].y[i]) - 1.234) < 2e-3);
    assert_float_equal(lines[0].x[0], lines[0].x[lines[0].n - 1], 1e-12);
    arena_free(&a);
}

static void test_plane_is_one_straight_line(void **state) {
    (void)state;
    Arena a = {0};
    Grid g = grid_of(plane);
    Polyline *lines;
    assert_int_equal(contour_lines(&a, &g, 0.33, &lines), 1);
    assert_false(lines[0].closed);
    for (int i = 0; i < lines[0].n; i++) assert_true(fabs(plane(lines[0].x[i], lines[0].y[i]) - 0.33) < 1e-9);
    arena_free(&a);
}

static void test_saddle_is_two_lines_that_do_not_cross(void **state) {
    (void)state;
    Arena a = {0};
    Grid g = grid_of(saddle);
    Polyline *lines;
    assert_int_equal(contour_lines(&a, &g, 0.001, &lines), 2);
    for (int k = 0; k < 2; k++)
        for (int i = 1; i < lines[k].n; i++) // each stays in its quadrant
            assert_true(lines[k].x[i] * lines[k].x[0] > 0 && lines[k].y[i] * lines[k].y[0] > 0);
    arena_free(&a);
}

// In one cell with two high corners, lines cut off what the mean is not like: the high corners from above the mean, the
// low ones from below.
static void test_saddle_cuts_off_what_the_mean_is_not_like(void **state) {
    (void)state;
    static const double side[] = {0, 1}, corner_yx[] = {1, 0, 0, 1}; // high at (0, 0) and (1, 1)
    Arena a = {0};
    Grid g = {2, 2, side, side, corner_yx};
    for (int above = 0; above < 2; above++) {
        Polyline *lines;
        assert_int_equal(contour_lines(&a, &g, above ? 0.7 : 0.3, &lines), 2);
        for (int k = 0; k < 2; k++) { // both ends at the same corner
            const double *u = lines[k].x, *v = lines[k].y;
            assert_int_equal(lines[k].n, 2);
            double along = (u[0] + v[0] - 1) * (u[1] + v[1] - 1), across = (u[0] - v[0]) * (u[1] - v[1]);
            assert_float_equal(above ? along : across, 0.49, 1e-9);
        }
    }
    arena_free(&a);
}

static void test_holes_and_levels_outside(void **state) {
    (void)state;
    Arena a = {0};
    Grid g = grid_of(cone);
    Polyline *lines;
    assert_int_equal(contour_lines(&a, &g, 99, &lines), 0);
    assert_int_equal(contour_lines(&a, &g, -1, &lines), 0);
    z_yx[20 * N + 32] = NAN; // on the circle of radius 1.2: the ring opens
    assert_int_equal(contour_lines(&a, &g, 1.2, &lines), 1);
    assert_false(lines[0].closed);
    for (int i = 0; i < lines[0].n; i++) assert_false(isnan(lines[0].x[i] + lines[0].y[i]));
    Grid thin = {N, 1, x, x, z_yx};
    assert_int_equal(contour_lines(&a, &thin, 1, &lines), 0);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_circle_is_one_closed_line),
        cmocka_unit_test(test_plane_is_one_straight_line),
        cmocka_unit_test(test_saddle_is_two_lines_that_do_not_cross),
        cmocka_unit_test(test_saddle_cuts_off_what_the_mean_is_not_like),
        cmocka_unit_test(test_holes_and_levels_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
