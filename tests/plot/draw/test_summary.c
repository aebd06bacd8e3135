// Marks that show rows together, against counting by hand, and looks that stay apart.
#include "draw/summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 12 };

typedef struct {
    Arena arena;
    MarkSpec mark;
    AxisSpec spec;
    Axis x, y;
    Layer layer;
} Case;

static Case new_case(MarkKind kind, const double *x, const double *y, int n) {
    Case c = {.mark = {.kind = (int)kind, .span = 1, .bins = 5}, .spec = {.base = 10, .min = NAN, .max = NAN}};
    c.x = axis_new(&c.spec), c.y = axis_new(&c.spec);
    c.layer = (Layer){.rows = {NULL, n, arena_get(&c.arena, (size_t)n, sizeof(int))}};
    c.layer.x = arena_get(&c.arena, (size_t)n, sizeof(double)),
    c.layer.y = arena_get(&c.arena, (size_t)n, sizeof(double));
    memcpy(c.layer.x, x, (size_t)n * sizeof *x), memcpy(c.layer.y, y, (size_t)n * sizeof *y);
    for (int i = 0; i < n; i++) c.layer.rows.at[i] = i;
    return c;
}

static void summarize(Case *c) {
    c->layer.spec = &c->mark;
    layer_summarize(&c->arena, &c->layer, &c->x, &c->y);
}

static const double value[ROWS] = {0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                    one[ROWS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static void test_histogram(void **state) {
    (void)state;
    Case c = new_case(MARK_HISTOGRAM, value, one, ROWS);
    summarize(&c);
    const double counts[] = {3, 2, 2, 2,
                             3}; // 0 to 10 in five; a value on an edge belongs to the right, the last to both
    assert_int_equal(c.layer.rows.n, 5);
    for (int i = 0; i < 5; i++) {
        assert_float_equal(c.layer.y[i], counts[i], 0);
        assert_float_equal(c.layer.xlo[i], 2 * i, 1e-12);
        assert_float_equal(c.layer.xhi[i], 2 * i + 2, 1e-12);
    }
    assert_float_equal(c.y.lo, 0, 0);
    assert_float_equal(c.y.hi, 3, 0);
    arena_free(&c.arena);
}

static void test_ecdf(void **state) {
    (void)state;
    Case c = new_case(MARK_ECDF, value, one, ROWS);
    summarize(&c);
    assert_int_equal(c.layer.rows.n, ROWS + 1); // from zero
    assert_float_equal(c.layer.y[0], 0, 0);
    assert_float_equal(c.layer.y[ROWS], 1, 0);
    for (int i = 1; i <= ROWS; i++) {
        int below = 0;
        for (int k = 0; k < ROWS; k++) below += value[k] <= c.layer.x[i];
        bool last = i == ROWS || c.layer.x[i + 1] > c.layer.x[i];
        if (last) assert_float_equal(c.layer.y[i] * ROWS, below, 1e-9);
    }
    arena_free(&c.arena);
}

static void test_box(void **state) {
    (void)state;
    double far[ROWS];
    memcpy(far, value, sizeof far);
    far[11] = 100;
    Case c = new_case(MARK_BOX, one, far, ROWS);
    summarize(&c);
    assert_int_equal(c.layer.rows.n, 2); // the row far out, and the box
    assert_float_equal(c.layer.y[0], 100, 0);
    assert_true(isnan(c.layer.q1[0]));
    assert_float_equal(c.layer.q1[1], 1.75, 1e-12); // type 7, as R and NumPy have it
    assert_float_equal(c.layer.y[1], 4.5, 1e-12);
    assert_float_equal(c.layer.q3[1], 7.25, 1e-12);
    assert_float_equal(c.layer.lo[1], 0, 0);
    assert_float_equal(c.layer.hi[1], 9, 0);
    arena_free(&c.arena);
}

static void test_violin(void **state) {
    (void)state;
    const double two[2] = {-1, 1}, same[2] = {1, 1};
    Case c = new_case(MARK_VIOLIN, same, two, 2);
    summarize(&c);
    // sd 1, quartiles 1 apart: Silverman's width is 0.9 * min(1, 1 / 1.34) * 2^(-1/5).
    double width = 0.9 / 1.34 * pow(2, -0.2), most = 0, density[64];
    assert_int_equal(c.layer.rows.n, 64);
    for (int i = 0; i < 64; i++) {
        double y = -1 + 2.0 * i / 63;
        density[i] = exp(-0.5 * pow((y + 1) / width, 2)) + exp(-0.5 * pow((y - 1) / width, 2));
        most = fmax(most, density[i]);
    }
    for (int i = 0; i < 64; i++) assert_float_equal(c.layer.value[i], density[i] / most, 1e-12);
    arena_free(&c.arena);
}

// A line stays itself, on linear and on log axes; a bend is followed with a smaller share.
static void test_smooth(void **state) {
    (void)state;
    double x[ROWS], line[ROWS], power[ROWS];
    for (int i = 0; i < ROWS; i++) x[i] = i + 1, line[i] = 3 - 0.5 * i, power[i] = 7 * pow(i + 1, -0.3);
    Case c = new_case(MARK_SMOOTH, x, line, ROWS);
    summarize(&c);
    for (int i = 0; i < c.layer.rows.n; i++) assert_float_equal(c.layer.y[i], 3.5 - 0.5 * c.layer.x[i], 1e-9);
    arena_free(&c.arena);
    c = new_case(MARK_SMOOTH, x, power, ROWS);
    c.x.spec.scale = c.y.spec.scale = SCALE_LOG;
    c.mark.span = 0.4;
    summarize(&c);
    for (int i = 0; i < c.layer.rows.n; i++) assert_float_equal(c.layer.y[i], 7 * pow(c.layer.x[i], -0.3), 1e-9);
    arena_free(&c.arena);
}

static void test_looks_stay_apart(void **state) {
    (void)state;
    for (int i = 0; i < MOST_LOOKS; i++)
        for (int j = 0; j < i; j++) {
            Rgb a = palette_color(PALETTE_CATEGORIES, i, MOST_LOOKS),
                b = palette_color(PALETTE_CATEGORIES, j, MOST_LOOKS);
            bool color = a.r != b.r || a.g != b.g || a.b != b.b;
            assert_true(color || palette_marker(i) != palette_marker(j));
            assert_true(color || palette_dash(i) != palette_dash(j));
        }
}

// For print without colour: all greys, apart from each other, and dark enough on white.
static void test_gray_theme_is_gray(void **state) {
    (void)state;
    palette_theme(THEME_GRAY);
    for (int i = 0; i < 7; i++) {
        Rgb c = palette_color(PALETTE_CATEGORIES, i, 7), v = palette_viridis(i / 6.0);
        assert_true(c.r == c.g && c.g == c.b && v.r == v.g && v.g == v.b);
        double contrast = 1.05 / (pow((c.r + 0.055) / 1.055, 2.4) + 0.05); // WCAG, on white
        assert_true(contrast >= 3);
        for (int j = 0; j < i; j++) assert_true(fabs(c.r - palette_color(PALETTE_CATEGORIES, j, 7).r) > 0.03);
    }
    palette_theme(THEME_LIGHT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_ecdf),
        cmocka_unit_test(test_box),
        cmocka_unit_test(test_violin),
        cmocka_unit_test(test_smooth),
        cmocka_unit_test(test_looks_stay_apart),
        cmocka_unit_test(test_gray_theme_is_gray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
