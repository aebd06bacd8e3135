// distributions.c - draws the marks that show rows together; summary.h says what their columns are.
#include "marks.h"

#include <math.h>

// Filled bins under one outline, so that series can lie over each other and be told apart in grey.
void draw_histogram(cairo_t *cr, const Panel *p, const Layer *l) {
    double zero = axis_at(p->y, fmax(0, p->y->lo));
    for (int s = 0; s < n_series(l); s++) {
        bool any = false;
        double right = 0;
        for (int i = 0; i < l->rows.n; i++) {
            if (!in_series(l, i, s)) continue;
            double x0 = axis_at(p->x, l->xlo[i]),
                   y = l->y[i] > 0 ? axis_at(p->y, l->y[i]) : zero; // an empty bin has no logarithm
            right = axis_at(p->x, l->xhi[i]);
            if (!any) cairo_move_to(cr, x0, zero);
            any = true;
            cairo_line_to(cr, x0, y), cairo_line_to(cr, right, y);
        }
        if (!any) continue;
        cairo_line_to(cr, right, zero);
        Look look = series_look(l, s);
        set_rgb(cr, look.color, look.alpha);
        cairo_fill_preserve(cr);
        look.alpha = 1;
        stroke(cr, look);
    }
}

// A rectangle about place `at` across and from a to b along the values.
static void rectangle(cairo_t *cr, bool lie, double at, double thick, double a, double b) {
    if (lie)
        cairo_rectangle(cr, fmin(a, b), at - thick / 2, fabs(b - a), thick);
    else
        cairo_rectangle(cr, at - thick / 2, fmin(a, b), thick, fabs(b - a));
}

static void segment(cairo_t *cr, bool lie, double at0, double v0, double at1, double v1) {
    cairo_move_to(cr, lie ? v0 : at0, lie ? at0 : v0);
    cairo_line_to(cr, lie ? v1 : at1, lie ? at1 : v1);
}

static void draw_box(cairo_t *cr, const Panel *p, const Layer *l, int i, bool lie) {
    const Axis *along = lie ? p->x : p->y;
    double thick = 0.8 * place_width(l, lie ? p->y : p->x), at = lie ? at_y(p, l, i) : at_x(p, l, i);
    double q1 = axis_at(along, l->q1[i]), q3 = axis_at(along, l->q3[i]);
    double lo = axis_at(along, lie ? l->xlo[i] : l->lo[i]), hi = axis_at(along, lie ? l->xhi[i] : l->hi[i]);
    double median = lie ? at_x(p, l, i) : at_y(p, l, i);
    Look look = layer_look(l, i);
    rectangle(cr, lie, at, thick, q1, q3);
    set_rgb(cr, look.color, 0.25 * look.alpha);
    cairo_fill(cr);
    look.dash = 0;
    rectangle(cr, lie, at, thick, q1, q3);
    segment(cr, lie, at, lo, at, q1), segment(cr, lie, at, q3, at, hi);
    segment(cr, lie, at - thick / 4, lo, at + thick / 4, lo), segment(cr, lie, at - thick / 4, hi, at + thick / 4, hi);
    stroke(cr, look);
    look.width *= 1.8;
    segment(cr, lie, at - thick / 2, median, at + thick / 2, median);
    stroke(cr, look);
}

void draw_boxes(cairo_t *cr, const Panel *p, const Layer *l) {
    for (int i = 0; i < l->rows.n; i++) {
        if (!isnan(l->q1[i])) {
            draw_box(cr, p, l, i, bars_lie(p->x, p->y));
            continue;
        }
        Look look = layer_look(l, i); // a row far out
        look.size = isnan(l->spec->size) ? 2.4 : look.size;
        if (axis_holds(p->x, l->x[i]) && axis_holds(p->y, l->y[i])) marker_draw(cr, look, at_x(p, l, i), at_y(p, l, i));
    }
}

// One side up, the other down; rows of one violin follow each other.
static int violin_path(cairo_t *cr, const Panel *p, const Layer *l, int from, bool lie) {
    double half = place_width(l, lie ? p->y : p->x) / 2;
    double at = lie ? at_y(p, l, from) : at_x(p, l, from);
    int end = from;
    while (end < l->rows.n && !(fabs((lie ? at_y(p, l, end) : at_x(p, l, end)) - at) > 1e-9)) end++;
    for (int side = -1; side < 2; side += 2)
        for (int k = from; k < end; k++) {
            int i = side < 0 ? k : end - 1 - (k - from);
            double v = lie ? at_x(p, l, i) : at_y(p, l, i), out = at + side * half * l->value[i];
            cairo_line_to(cr, lie ? v : out, lie ? out : v);
        }
    cairo_close_path(cr);
    return end;
}

void draw_violins(cairo_t *cr, const Panel *p, const Layer *l) {
    bool lie = bars_lie(p->x, p->y);
    for (int i = 0; i < l->rows.n;) {
        Look look = layer_look(l, i);
        i = violin_path(cr, p, l, i, lie);
        set_rgb(cr, look.color, look.alpha);
        cairo_fill_preserve(cr);
        look.alpha = 1, look.dash = 0;
        stroke(cr, look);
    }
}
