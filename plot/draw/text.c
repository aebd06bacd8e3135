// text.c - see text.h.
#include "text.h"

#include "svg_text.h"
#include "read/palette.h"

#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

static PangoLayout *layout_new(cairo_t *cr) {
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoContext *context = pango_layout_get_context(layout);
    // Outlines as designed, at any resolution: hinting would make widths depend on the output.
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_layout_context_changed(layout);
    return layout;
}

// Ups and downs are drawn smaller, but never below six points.
static const char *shift_tag(double size, bool up, char tag[96]) {
    double small = size * 0.75 > 6 ? size * 0.75 : size < 6 ? size : 6;
    snprintf(tag, 96, "<span size=\"%d\" rise=\"%d\">", (int)(small * PANGO_SCALE),
             (int)(size * (up ? 0.36 : -0.16) * PANGO_SCALE));
    return tag;
}

static char *markup_of(const char *rich, double size) {
    GString *out = g_string_new(NULL);
    bool slanted = false, shifted = false;
    char tag[96];
    for (const char *p = rich; *p; p++) {
        if (*p == '\\' && p[1]) {
            char *one = g_markup_escape_text(++p, 1);
            g_string_append(out, one);
            g_free(one);
        } else if (*p == '*' && !shifted && (slanted || strchr(p + 1, '*'))) {
            g_string_append(out, slanted ? "</i>" : "<i>");
            slanted = !slanted;
        } else if ((*p == '^' || *p == '_') && p[1] == '{' && !shifted && strchr(p + 2, '}')) {
            g_string_append(out, shift_tag(size, *p == '^', tag));
            shifted = true;
            p++;
        } else if (*p == '}' && shifted) {
            g_string_append(out, "</span>");
            shifted = false;
        } else if (*p == '&' || *p == '<' || *p == '>') {
            g_string_append(out, *p == '&' ? "&amp;" : *p == '<' ? "&lt;" : "&gt;");
        } else {
            g_string_append_c(out, *p);
        }
    }
    g_string_append(out, shifted ? "</span>" : "");
    g_string_append(out, slanted ? "</i>" : "");
    return g_string_free(out, FALSE);
}

static PangoLayout *layout_of(cairo_t *cr, const char *rich, double size) {
    PangoLayout *layout = layout_new(cr);
    PangoFontDescription *font = pango_font_description_from_string(TEXT_FONT);
    pango_font_description_set_size(font, (int)(size * PANGO_SCALE));
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    char *valid = g_utf8_make_valid(rich, -1);
    char *markup = markup_of(valid, size);
    if (pango_parse_markup(markup, -1, 0, NULL, NULL, NULL, NULL))
        pango_layout_set_markup(layout, markup, -1);
    else // crossed tags, such as *a^{b*}: the signs as they are
        pango_layout_set_text(layout, valid, -1);
    g_free(markup);
    g_free(valid);
    return layout;
}

TextSize text_size(cairo_t *cr, const char *rich, double size) {
    PangoLayout *layout = layout_of(cr, rich, size);
    PangoRectangle box;
    pango_layout_get_extents(layout, NULL, &box);
    g_object_unref(layout);
    return (TextSize){(double)box.width / PANGO_SCALE, (double)box.height / PANGO_SCALE};
}

typedef struct {
    double x, y, ax, ay, angle;
} Anchor;

static const cairo_user_data_key_t sheet_key;

void text_watch(cairo_t *cr, TextSheet *sheet) {
    cairo_set_user_data(cr, &sheet_key, sheet, NULL);
}

// Remembers the first text that the edge of the sheet cuts off. The current point is the layout's corner.
static void check_edges(cairo_t *cr, const char *rich, const PangoRectangle *box) {
    TextSheet *sheet = cairo_get_user_data(cr, &sheet_key);
    if (!sheet || sheet->cut[0]) return;
    double x0, y0;
    cairo_get_current_point(cr, &x0, &y0);
    for (int corner = 0; corner < 4; corner++) {
        double x = x0 + (corner % 2 ? (double)box->width / PANGO_SCALE : 0);
        double y = y0 + (corner / 2 ? (double)box->height / PANGO_SCALE : 0);
        cairo_user_to_device(cr, &x, &y);
        if (x < -sheet->slack || y < -sheet->slack || x > sheet->width + sheet->slack ||
            y > sheet->height + sheet->slack)
            snprintf(sheet->cut, sizeof sheet->cut, "%.60s", rich);
    }
}

static void show(cairo_t *cr, const char *rich, double size, Anchor at, bool halo) {
    PangoLayout *layout = layout_of(cr, rich, size);
    pango_layout_set_alignment(layout, at.ax < 0.3   ? PANGO_ALIGN_LEFT
                                       : at.ax > 0.7 ? PANGO_ALIGN_RIGHT
                                                     : PANGO_ALIGN_CENTER);
    PangoRectangle box;
    pango_layout_get_extents(layout, NULL, &box);
    double up = at.ay * box.height / PANGO_SCALE;
    // Digits stand on the baseline and are 0.72 of the size high: their middle, not the line's, meets the tick.
    if (at.ay == 0.5 && pango_layout_get_line_count(layout) == 1)
        up = (double)pango_layout_get_baseline(layout) / PANGO_SCALE - 0.36 * size;
    cairo_save(cr);
    cairo_translate(cr, at.x, at.y);
    cairo_rotate(cr, at.angle);
    cairo_move_to(cr, -at.ax * box.width / PANGO_SCALE, -up);
    pango_cairo_update_layout(cr, layout);
    if (halo) {
        pango_cairo_layout_path(cr, layout);
        Rgb paper = palette_paper();
        cairo_set_source_rgb(cr, paper.r, paper.g, paper.b);
        cairo_set_line_width(cr, 2.4);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
        cairo_set_dash(cr, NULL, 0, 0);
        cairo_stroke(cr);
    } else {
        check_edges(cr, rich, &box);
        if (!svg_text_keep(cr, layout)) pango_cairo_show_layout(cr, layout);
    }
    cairo_restore(cr);
    g_object_unref(layout);
}

void text_draw_turned(cairo_t *cr, const char *rich, double size, double x, double y, double ax, double ay,
                      double angle) {
    show(cr, rich, size, (Anchor){x, y, ax, ay, angle}, false);
}

void text_halo(cairo_t *cr, const char *rich, double size, double x, double y, double ax, double ay, double angle) {
    show(cr, rich, size, (Anchor){x, y, ax, ay, angle}, true);
}

void text_draw(cairo_t *cr, const char *rich, double size, double x, double y, double ax, double ay) {
    text_draw_turned(cr, rich, size, x, y, ax, ay, 0);
}

Status text_check_font(cairo_t *cr) {
    PangoLayout *layout = layout_of(cr, "x", 8);
    PangoContext *context = pango_layout_get_context(layout);
    PangoFont *font = pango_context_load_font(context, pango_layout_get_font_description(layout));
    PangoFontDescription *got = font ? pango_font_describe(font) : NULL;
    bool good = got && !strcmp(pango_font_description_get_family(got), TEXT_FONT);
    if (got) pango_font_description_free(got);
    if (font) g_object_unref(font);
    g_object_unref(layout);
    if (good) return OK;
    return fail(CANNOT_FINISH, "the font '" TEXT_FONT "' is not installed; install fonts-liberation ('make setup')");
}
