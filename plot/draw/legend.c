// legend.c - see legend.h.
#include "legend.h"

#include "marker.h"

#include <math.h>
#include <string.h>

static const double swatch = 16, line_height = 10.5, between = 10;

static void add_mark(Entry *e, const Layer *l, int series, int shape) {
    Look look = layer_look_of(l, series, shape);
    int kind = l->spec->kind;
    bool has_marker = (kind == MARK_POINTS || kind == MARK_ERRORS) && look.marker != N_MARKERS - 1;
    if (kind == MARK_BAND || kind == MARK_SPAN || kind == MARK_BARS || kind == MARK_HISTOGRAM || kind == MARK_BOX ||
        kind == MARK_VIOLIN)
        e->band = true, e->band_look = look;
    if (kind == MARK_LINE || kind == MARK_STEPS || kind == MARK_ECDF || kind == MARK_SMOOTH || kind == MARK_HLINE ||
        kind == MARK_VLINE || kind == MARK_DIAGONAL || kind == MARK_CONTOUR)
        e->line = true, e->line_look = look;
    if (has_marker && !e->marker) e->marker = true, e->marker_look = look;
    if ((kind == MARK_ERRORS || (kind == MARK_POINTS && l->spec->lo)) && series < 0 && shape < 0)
        e->bar = true, e->line_look = look;
}

static bool occurs(const int *index, int n, int value) {
    for (int i = 0; i < n; i++)
        if (index[i] == value) return true;
    return false;
}

static void add_value(Legend *legend, const Panel *panels, int n_panels, const StyleSet *set, int k, bool first) {
    Entry e = {.name = set->name[k], .title = first ? set->spec.title : NULL};
    for (int i = 0; i < n_panels; i++)
        for (int j = 0; j < panels[i].n_layers; j++) {
            const Layer *l = &panels[i].layers[j];
            if (l->spec->quiet || l->spec->direct) continue;
            if (l->set == set && occurs(l->series, l->rows.n, k)) add_mark(&e, l, k, -1);
            if (l->shapes == set && l->set != set && occurs(l->shape, l->rows.n, k)) {
                add_mark(&e, l, -1, k);
                if (l->set) palette_named("gray", &e.marker_look.color);
            }
        }
    if (e.line || e.marker || e.band) legend->at[legend->n++] = e;
}

static void add_label(Legend *legend, const Layer *l) {
    Entry e = {.name = l->spec->label};
    bool has_bar = l->spec->kind == MARK_HEAT || (l->spec->kind == MARK_POINTS && l->spec->value);
    if (!e.name || l->set || l->spec->quiet || has_bar) return;
    if (l->rows.n == 0 && l->rows.table) return; // an optional mark without rows
    for (int i = 0; i < legend->n; i++)
        if (!strcmp(legend->at[i].name, e.name)) { // a band and a line of one name are one entry
            add_mark(&legend->at[i], l, -1, -1);
            return;
        }
    add_mark(&e, l, -1, -1);
    legend->at[legend->n++] = e;
}

void legend_collect(Arena *a, Legend *legend, const Panel *panels, int n_panels, const StyleSets *sets) {
    size_t room = 0; // for every value and every mark
    for (int s = 0; s < sets->n; s++) room += (size_t)sets->at[s].n;
    for (int i = 0; i < n_panels; i++) room += (size_t)panels[i].n_layers;
    *legend = (Legend){0, arena_get(a, room + 1, sizeof *legend->at)};
    for (int s = 0; s < sets->n; s++) {
        int start = legend->n;
        for (int rank = 0; rank < sets->at[s].n; rank++)
            for (int k = 0; k < sets->at[s].n; k++)
                if (sets->at[s].rank[k] == rank)
                    add_value(legend, panels, n_panels, &sets->at[s], k, legend->n == start);
    }
    for (int i = 0; i < n_panels; i++)
        for (int j = 0; j < panels[i].n_layers; j++) add_label(legend, &panels[i].layers[j]);
}

static void draw_swatch(cairo_t *cr, const Entry *e, double x, double y) {
    if (e->band) {
        set_rgb(cr, e->band_look.color, e->band_look.alpha);
        cairo_rectangle(cr, x, y - 3, swatch, 6);
        cairo_fill(cr);
    }
    if (e->line || e->bar) {
        Look look = e->line_look;
        set_rgb(cr, look.color, look.alpha);
        cairo_set_line_width(cr, look.width);
        dash_set(cr, e->line ? look.dash : 0, look.width, 0);
        double inset = e->line ? 0 : 3;
        cairo_move_to(cr, x + inset, y), cairo_line_to(cr, x + swatch - inset, y);
        for (int side = 0; e->bar && !e->line && side < 2; side++) {
            double cap = side ? x + swatch - inset : x + inset;
            cairo_move_to(cr, cap, y - 1.6), cairo_line_to(cr, cap, y + 1.6);
        }
        cairo_stroke(cr);
    }
    if (e->marker) {
        Look look = e->marker_look;
        look.alpha = 1;
        look.size = fmax(look.size, 3.5);
        marker_draw(cr, look, x + swatch / 2, y);
    }
}

// Walks over the places of all titles and entries; draws when `show`.
static TextSize flow(cairo_t *cr, const Legend *legend, double width, double x0, double y0, bool show) {
    double x = 0, y = 0, widest = 0;
    for (int i = 0; i < legend->n; i++) {
        const Entry *e = &legend->at[i];
        double title = e->title ? text_size(cr, e->title, TICK_TEXT).width + (width > 0 ? 6 : 0) : 0;
        double entry = swatch + 4 + text_size(cr, e->name, TICK_TEXT).width;
        if (i && (width <= 0 || x + title + entry > width)) x = 0, y += line_height;
        if (show && title > 0) {
            set_ink(cr);
            text_draw(cr, e->title, TICK_TEXT, x0 + x, y0 + y + line_height / 2, 0, 0.5);
        }
        if (title > 0 && width <= 0)
            y += line_height, widest = fmax(widest, title);
        else
            x += title;
        if (show) {
            draw_swatch(cr, e, x0 + x, y0 + y + line_height / 2);
            set_ink(cr);
            text_draw(cr, e->name, TICK_TEXT, x0 + x + swatch + 4, y0 + y + line_height / 2, 0, 0.5);
        }
        widest = fmax(widest, x + entry);
        x += entry + between;
    }
    return (TextSize){widest, legend->n ? y + line_height : 0};
}

TextSize legend_size(cairo_t *cr, const Legend *legend, double width) {
    return flow(cr, legend, width, 0, 0, false);
}

void legend_draw(cairo_t *cr, const Legend *legend, double width, double x, double y) {
    flow(cr, legend, width, x, y, true);
}
