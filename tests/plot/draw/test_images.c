// Every spec is drawn and compared with its reference picture, tests/plot/reference/NAME.png, after looking at which
// it was put there. Pixels first; where some differ, both pictures are blurred and compared with what an eye would
// notice, so that another version of cairo or FreeType does not fail the test over the shade of an edge.
//
//   UPDATE_REFERENCES=1 build/tests/plot/draw/test_images     rewrites them: look at each one before committing
//
// A picture that differs stays in build/tests/plot/differs/NAME.png.
#include "ground/output.h"
#include "ground/status.h"

#include <cairo.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

// NAME, or NAME and after a blank the options it is drawn with.
static const char *const names[] = {"parity",
                                    "marginal",
                                    "crossval",
                                    "isoflop",
                                    "contour",
                                    "best_ratio",
                                    "extrapolation",
                                    "draws",
                                    "profile",
                                    "starts",
                                    "training",
                                    "load",
                                    "cost",
                                    "laws",
                                    "coefficients",
                                    "runs",
                                    "grid",
                                    "optimum",
                                    "hooks",
                                    "share",
                                    "structure",
                                    "granularity",
                                    "experts",
                                    "serving",
                                    "holistic",
                                    "ranks",
                                    "noise",
                                    "rates",
                                    "effects",
                                    "record",
                                    "record_load",
                                    "marks",
                                    "edge",
                                    "extremes",
                                    "distributions",
                                    "distributions --theme gray",
                                    "distributions --theme dark",
                                    "cost --width 2.7"};

static const char *build(void) {
    return getenv("BUILD") ? getenv("BUILD") : "build";
}

static void draw(const char *entry, const char *to) {
    char own[128], data[128], command[1024], name[64];
    size_t length = strcspn(entry, " ");
    snprintf(name, sizeof name, "%.*s", (int)length, entry);
    snprintf(own, sizeof own, "tests/plot/specs/%s.yaml", name);
    bool shipped = access(own, R_OK) != 0, record = !strncmp(name, "record", 6);
    snprintf(data, sizeof data, "tests/plot/data/%s%s", record ? "record" : name, record ? ".jsonl" : ".csv");
    snprintf(command, sizeof command, "%s/bin/moeplot -q %s/%s.yaml %s -o %s --dpi 100%s", build(),
             shipped ? "plot/specs" : "tests/plot/specs", name, data, to, entry + length);
    int status = system(command);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// "cost --width 2.7" is crossval-acl.png.
static void file_of(const char *entry, char file[64]) {
    size_t length = strcspn(entry, " ");
    const char *last = strrchr(entry, ' ');
    snprintf(file, 64, "%.*s%s%s", (int)length, entry, last ? "-" : "", last ? last + 1 : "");
}

// The mean grey of the 5 x 5 pixels about (x, y), 0 to 255.
static double blurred(cairo_surface_t *s, int x, int y) {
    int w = cairo_image_surface_get_width(s), h = cairo_image_surface_get_height(s), n = 0;
    const unsigned char *data = cairo_image_surface_get_data(s);
    double sum = 0;
    for (int j = y > 2 ? y - 2 : 0; j <= y + 2 && j < h; j++)
        for (int i = x > 2 ? x - 2 : 0; i <= x + 2 && i < w; i++, n++) {
            const unsigned char *pixel = data + (size_t)j * (size_t)cairo_image_surface_get_stride(s) + 4 * i;
            sum += (pixel[0] + pixel[1] + pixel[2]) / 3.0;
        }
    return sum / n;
}

typedef struct {
    long pixels, visible; // that differ at all, and to the eye
} Difference;

static Difference compare(cairo_surface_t *a, cairo_surface_t *b) {
    Difference d = {0, 0};
    int w = cairo_image_surface_get_width(a), h = cairo_image_surface_get_height(a);
    int stride = cairo_image_surface_get_stride(a);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            size_t at = (size_t)y * (size_t)stride + 4 * (size_t)x;
            // The fourth byte is not part of the picture.
            if (!memcmp(cairo_image_surface_get_data(a) + at, cairo_image_surface_get_data(b) + at, 3)) continue;
            d.pixels++;
            d.visible += fabs(blurred(a, x, y) - blurred(b, x, y)) > 25;
        }
    return d;
}

static void test_pictures(void **state) {
    (void)state;
    bool update = getenv("UPDATE_REFERENCES") != NULL;
    char folder[256], got[512], reference[256], file[64];
    int bad = 0;
    snprintf(folder, sizeof folder, "%s/tests/plot/differs", build());
    assert_int_equal(make_folders(folder), OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        file_of(names[i], file);
        snprintf(reference, sizeof reference, "tests/plot/reference/%s.png", file);
        snprintf(got, sizeof got, "%s/%s.png", folder, file);
        draw(names[i], update ? reference : got);
        if (update) continue;
        cairo_surface_t *a = cairo_image_surface_create_from_png(reference);
        cairo_surface_t *b = cairo_image_surface_create_from_png(got);
        assert_int_equal(cairo_surface_status(b), CAIRO_STATUS_SUCCESS);
        bool same_size = cairo_surface_status(a) == CAIRO_STATUS_SUCCESS &&
                         cairo_image_surface_get_width(a) == cairo_image_surface_get_width(b) &&
                         cairo_image_surface_get_height(a) == cairo_image_surface_get_height(b);
        Difference d = same_size ? compare(a, b) : (Difference){-1, -1};
        if (d.visible) print_message("%s: %ld pixels differ, %ld visibly\n", got, d.pixels, d.visible), bad++;
        if (!d.visible) unlink(got);
        cairo_surface_destroy(a);
        cairo_surface_destroy(b);
    }
    assert_int_equal(bad, 0);
}

// The comparison itself notices a moved marker and forgives a shade.
static void test_comparison_sees_what_matters(void **state) {
    (void)state;
    cairo_surface_t *picture[3];
    for (int i = 0; i < 3; i++) {
        picture[i] = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 60, 60);
        cairo_t *cr = cairo_create(picture[i]);
        cairo_set_source_rgb(cr, 1, 1, 1), cairo_paint(cr);
        cairo_set_source_rgb(cr, 0, i == 1 ? 0.05 : 0, 0);
        cairo_arc(cr, i == 2 ? 36 : 30, 30, 4, 0, 7), cairo_fill(cr);
        cairo_destroy(cr);
        cairo_surface_flush(picture[i]);
    }
    Difference same = compare(picture[0], picture[0]), shade = compare(picture[0], picture[1]);
    Difference moved = compare(picture[0], picture[2]);
    assert_int_equal(same.pixels, 0);
    assert_true(shade.pixels > 0 && shade.visible == 0);
    assert_true(moved.visible > 10);
    for (int i = 0; i < 3; i++) cairo_surface_destroy(picture[i]);
}

static void test_png_says_resolution_and_source(void **state) {
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/tests/plot/chunks.png", build());
    char command[1024];
    snprintf(command, sizeof command, "%s/bin/moeplot -q plot/specs/draws.yaml tests/plot/data/draws.csv -o %s",
             build(), path);
    assert_int_equal(system(command), 0);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_read_info(png, info);
    png_uint_32 x = 0, y = 0;
    int unit = 0, n = 0;
    assert_true(png_get_pHYs(png, info, &x, &y, &unit));
    assert_int_equal(unit, PNG_RESOLUTION_METER);
    assert_int_equal(x, 11811); // 300 dpi
    assert_int_equal(y, 11811);
    assert_int_equal(png_get_image_width(png, info), 550); // a third of 5.5 in
    png_textp text;
    png_get_text(png, info, &text, &n);
    bool traced = false;
    for (int i = 0; i < n; i++)
        traced = traced || (!strcmp(text[i].key, "Source") && strstr(text[i].text, "draws.csv sha256:"));
    assert_true(traced);
    png_destroy_read_struct(&png, &info, NULL);
    fclose(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparison_sees_what_matters),
        cmocka_unit_test(test_png_says_resolution_and_source),
        cmocka_unit_test(test_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
