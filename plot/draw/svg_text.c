// svg_text.c - see svg_text.h.
#include "svg_text.h"

#include <string.h>

struct SvgText {
    GString *drawn; // by cairo
    GString *texts; // <text> elements
};

static const cairo_user_data_key_t key;

SvgText *svg_text_new(void) {
    SvgText *t = g_new0(SvgText, 1);
    t->drawn = g_string_new(NULL);
    t->texts = g_string_new(NULL);
    return t;
}

void svg_text_watch(SvgText *t, cairo_t *cr) {
    cairo_set_user_data(cr, &key, t, NULL);
}

void svg_text_free(SvgText *t) {
    if (!t) return;
    g_string_free(t->drawn, TRUE);
    g_string_free(t->texts, TRUE);
    g_free(t);
}

static void add_number(GString *out, const char *name, double x) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(out, " %s=\"%s\"", name, g_ascii_formatd(text, sizeof text, "%.2f", x));
}

// How far a run is raised, in Pango's units.
static int rise_of(const PangoItem *item) {
    for (const GSList *a = item->analysis.extra_attrs; a; a = a->next) {
        const PangoAttribute *attribute = a->data;
        if (attribute->klass->type == PANGO_ATTR_RISE) return ((const PangoAttrInt *)a->data)->value;
    }
    return 0;
}

static void add_run(GString *out, PangoLayout *layout, PangoLayoutIter *at) {
    const PangoLayoutRun *run = pango_layout_iter_get_run_readonly(at);
    if (!run) return; // the end of a line
    PangoRectangle box;
    pango_layout_iter_get_run_extents(at, NULL, &box);
    PangoFontDescription *font = pango_font_describe(run->item->analysis.font);
    char *letters = g_markup_escape_text(pango_layout_get_text(layout) + run->item->offset, run->item->length);
    g_string_append(out, "<tspan");
    add_number(out, "x", (double)box.x / PANGO_SCALE);
    add_number(out, "y", (double)(pango_layout_iter_get_baseline(at) - rise_of(run->item)) / PANGO_SCALE);
    add_number(out, "font-size", (double)pango_font_description_get_size(font) / PANGO_SCALE);
    bool slanted = pango_font_description_get_style(font) != PANGO_STYLE_NORMAL;
    g_string_append_printf(out, "%s>%s</tspan>", slanted ? " font-style=\"italic\"" : "", letters);
    g_free(letters);
    pango_font_description_free(font);
}

bool svg_text_keep(cairo_t *cr, PangoLayout *layout) {
    SvgText *t = cairo_get_user_data(cr, &key);
    if (!t) return false;
    double x, y, r = 0, g = 0, b = 0, alpha = 1;
    cairo_get_current_point(cr, &x, &y);
    cairo_pattern_get_rgba(cairo_get_source(cr), &r, &g, &b, &alpha);
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_matrix_t m;
    cairo_get_matrix(cr, &m);
    cairo_restore(cr);
    char number[6][G_ASCII_DTOSTR_BUF_SIZE];
    const double values[6] = {m.xx, m.yx, m.xy, m.yy, m.x0, m.y0};
    for (int i = 0; i < 6; i++) g_ascii_formatd(number[i], sizeof number[i], "%.3f", values[i]);
    g_string_append_printf(
        t->texts, "<text xml:space=\"preserve\" fill=\"#%02x%02x%02x\" transform=\"matrix(%s,%s,%s,%s,%s,%s)\">",
        (unsigned)(255 * r + 0.5), (unsigned)(255 * g + 0.5), (unsigned)(255 * b + 0.5), number[0], number[1],
        number[2], number[3], number[4], number[5]);
    PangoLayoutIter *at = pango_layout_get_iter(layout);
    do add_run(t->texts, layout, at);
    while (pango_layout_iter_next_run(at));
    pango_layout_iter_free(at);
    g_string_append(t->texts, "</text>\n");
    return true;
}

cairo_status_t svg_text_stream(void *t, const unsigned char *data, unsigned length) {
    g_string_append_len(((SvgText *)t)->drawn, (const char *)data, length);
    return CAIRO_STATUS_SUCCESS;
}

bool svg_text_write(const SvgText *t, FILE *file) {
    const char *end = g_strrstr(t->drawn->str, "</svg>");
    size_t before = end ? (size_t)(end - t->drawn->str) : t->drawn->len;
    fwrite(t->drawn->str, 1, before, file);
    fprintf(file, "<g font-family=\"Liberation Sans, Arial, Helvetica, sans-serif\">\n%s</g>\n%s", t->texts->str,
            end ? end : "");
    return !ferror(file);
}
