// moeplot.c - the program: a spec and its data in, figures or tables out.
#include "read/data.h"
#include "draw/figure.h"
#include "draw/memory_out.h"
#include "draw/page.h"
#include "read/palette.h"
#include "read/spec.h"
#include "draw/tabular.h"
#include "draw/text.h"
#include "ground/args.h"
#include "ground/sha256.h"
#include "ground/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    TextList outputs;
    const char *width, *theme; // NULL: as in the spec
    double dpi;
} Options;

typedef struct {
    Arena arena;
    Store store;
    Spec spec;
    Figure *figure;
    Tabular *tabular;
    double width, height; // points
    Provenance from;
} Drawing;

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Which files the picture was made from, by content; no paths, so that it is the same on every machine.
static Status trace(Drawing *d) {
    const char *text = "";
    for (int i = -1; i < d->store.n; i++) {
        const char *path = i < 0 ? d->spec.path : d->store.table[i].path;
        char hash[SHA256_TEXT];
        TRY(sha256_file(path, hash));
        text = arena_format(&d->arena, "%s%s%s sha256:%s", text, *text ? "; " : "", base_name(path), hash);
    }
    d->from = (Provenance){d->spec.title ? d->spec.title : base_name(d->spec.path), text};
    return OK;
}

static Theme theme_of(const char *word, int otherwise) {
    for (int i = 0; word && theme_words[i]; i++)
        if (!strcmp(word, theme_words[i])) return (Theme)i;
    return (Theme)otherwise;
}

// Reads everything and knows the size; nothing is written yet.
static Status prepare(Drawing *d, const char *spec_path, const char *data_path, double width, const char *theme) {
    TRY(spec_read(&d->arena, spec_path, &d->spec));
    palette_theme(theme_of(theme, d->spec.theme)); // before any look is chosen
    const Spec *spec = &d->spec;
    bool table = spec->type == TYPE_TABLE;
    d->store = (Store){.arena = &d->arena,
                       .spec_path = spec_path,
                       .main = data_path,
                       .fallback = table ? spec->table.data : spec->figure.defaults.data};
    if (width > 0 && table) d->spec.width = width;
    if (table)
        TRY(tabular_new(&d->store, spec, &d->tabular));
    else
        TRY(figure_new(&d->store, spec, &d->figure));
    if (!table) figure_grow(d->figure, &d->spec);
    if (width > 0 && !table) {
        figure_fit(d->figure, &d->spec, width);
        TRY(figure_new(&d->store, spec, &d->figure));
    }
    d->width = 72 * spec->width;
    d->height = 72 * spec->height;
    cairo_surface_t *scratch = cairo_image_surface_create(CAIRO_FORMAT_A8, 8, 8);
    cairo_t *cr = cairo_create(scratch);
    double most = d->width;
    if (table) tabular_size(d->tabular, cr, most, &d->width, &d->height);
    Status s = text_check_font(cr);
    cairo_destroy(cr);
    cairo_surface_destroy(scratch);
    if (s == OK && d->width > most + 0.5)
        warn(
            "%s: the table is %.2f in wide, more than the %.2f in asked for; leave out columns or set a smaller 'size'",
            spec_path, d->width / 72, most / 72);
    return s == OK ? trace(d) : s;
}

static Status draw(Drawing *d, const char *path, double dpi) {
    Page page;
    TRY(page_open(&page, path, d->width, d->height, dpi, d->from));
    Status s = OK;
    if (d->tabular)
        tabular_draw(d->tabular, page.cr);
    else
        s = figure_draw(d->figure, page.cr, d->width, d->height);
    if (s != OK) {
        page_discard(&page);
        return s;
    }
    TRY(page_commit(&page));
    note("%s: %.2f x %.2f in", path, d->width / 72, d->height / 72);
    return OK;
}

static Status run(int argc, char **argv) {
    Options o = {.dpi = 300};
    const Option options[] = {
        {"output", 'o', ARG_LIST, &o.outputs, "FILE", "what to write: .pdf, .png or .svg", 0, 0},
        opt_text(
            "width", &o.width, "IN",
            "width instead of the spec's: inches, or neurips, icml, icml-page, acl, ieee, nature, ...; text keeps its "
            "size"),
        opt_text("theme", &o.theme, "NAME", "light, dark, or gray for print without colour"),
        opt_number("dpi", &o.dpi, "N", "resolution of PNG (default 300)", 30, 1200),
        {0},
    };
    const Command self = {
        .program = "moeplot",
        .synopsis = "SPEC.yaml [DATA.csv] -o FILE.{pdf,png,svg} [options]",
        .least = 1,
        .most = 2,
        .description =
            "Draws a figure or a table from tidy CSV by a short spec, at its final width, so that text is 7-8 pt on "
            "paper.\n"
            "Files the spec names stand beside DATA.csv, or beside the spec where none is given. plot/README.md "
            "explains\n"
            "specs; plot/specs/ has one for each figure of the paper.",
        .examples = "  moeplot plot/specs/parity.yaml figures/parity.csv -o parity.pdf -o parity.png\n"
                    "  moeplot plot/specs/marginal.yaml figures/marginal.csv -o m.pdf --width icml-page --theme gray\n"
                    "  moeplot plot/specs/coefficients.yaml tables/coefficients.csv -o coefficients.pdf\n"};
    const char *file[2] = {NULL, NULL};
    int n;
    TRY(args_read(&self, options, argc, argv, file, &n));
    if (!o.outputs.n) return fail(BAD_INPUT, "no output: add -o FILE.pdf (or .png, .svg)");
    PageKind kind;
    for (int i = 0; i < o.outputs.n; i++) TRY(page_kind(o.outputs.text[i], &kind));
    double width = 0;
    if (o.width && spec_width(o.width, &width) != OK) return fail_within(BAD_INPUT, "--width");
    if (o.theme && !word_known(o.theme, theme_words))
        return fail(BAD_INPUT, "--theme: got '%s', expected light, dark or gray%s", o.theme,
                    nearest_word(o.theme, theme_words));
    Drawing d = {0};
    Status s = prepare(&d, file[0], n > 1 ? file[1] : NULL, width, o.theme);
    for (int i = 0; s == OK && i < o.outputs.n; i++) s = draw(&d, o.outputs.text[i], o.dpi);
    store_free(&d.store);
    arena_free(&d.arena);
    return s;
}

#ifdef __SANITIZE_ADDRESS__
// fontconfig keeps what it has read until the program ends, which is not our leak.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libfontconfig\n";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) {
    return "print_suppressions=0";
}
#endif

int main(int argc, char **argv) {
    memory_out_watch();
    return status_report("moeplot", run(argc, argv));
}
