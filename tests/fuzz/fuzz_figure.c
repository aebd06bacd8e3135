// fuzz_figure.c - libFuzzer target: a spec from any bytes, over real data, is drawn or refused, and never more.
//
// room: plot
// seeds: plot/specs tests/plot/specs tests/fuzz/spec
//   tests/fuzz/run.sh figure 60      a minute; the data are tests/plot/data/marks.csv, whatever the spec asks for
#include "draw/figure.h"
#include "draw/tabular.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) {
    return "leak:libfontconfig\n";
}

static Status draw(Store *store, Spec *spec, cairo_t *cr) {
    if (spec->type == TYPE_TABLE) {
        Tabular *table;
        double width, height;
        TRY(tabular_new(store, spec, &table));
        tabular_size(table, cr, 72 * spec->width, &width, &height);
        tabular_draw(table, cr);
        return OK;
    }
    Figure *figure;
    TRY(figure_new(store, spec, &figure));
    figure_grow(figure, spec);
    return figure_draw(figure, cr, 72 * spec->width, 72 * spec->height);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena a = {0};
    Spec spec;
    quiet = true;
    Status s = spec_parse(&a, "tests/plot/data/fuzz.yaml", (const char *)data, size, &spec);
    if (s == OK) {
        Store store = {.arena = &a, .spec_path = "tests/plot/data/fuzz.yaml", .main = "tests/plot/data/marks.csv"};
        cairo_surface_t *page = cairo_image_surface_create(CAIRO_FORMAT_A8, 64, 64);
        cairo_t *cr = cairo_create(page);
        s = draw(&store, &spec, cr);
        if (s == OK && cairo_status(cr) != CAIRO_STATUS_SUCCESS) abort();
        cairo_destroy(cr);
        cairo_surface_destroy(page);
        store_free(&store);
    }
    if (s != OK && (s != BAD_INPUT || !status_message()[0])) abort();
    arena_free(&a);
    return 0;
}
