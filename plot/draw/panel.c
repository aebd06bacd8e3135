// panel.c - see panel.h: ticks that fit, margins, frame and labels.
#include "panel.h"

#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double gap = 2;        // between a tick and its label
static const double bar_width = 7;  // of a colour bar
static const double bar_offset = 6; // from the frame

static bool labels_collide(cairo_t *cr, const Axis *a, const Ticks *t, bool level) {
    for (int i = 1; i < t->n; i++) {
        TextSize one = text_size(cr, t->label[i - 1], TICK_TEXT), two = text_size(cr, t->label[i], TICK_TEXT);
        double need = level ? (one.width + two.width) / 2 + 5 : 9;
        if (fabs(axis_at(a, t->at[i]) - axis_at(a, t->at[i - 1])) < need) return true;
    }
    return false;
}

static void fit_ticks(cairo_t *cr, const Axis *a, bool level, Ticks *t) {
    int most = level ? 8 : 6, target = (int)(fabs(a->to - a->from) / (level ? 18 : 13));
    target = target > most ? most : target < 2 ? 2 : target;
    do axis_ticks(a, target, t);
    while (labels_collide(cr, a, t, level) && --target > 0);
    // One label gives no scale: rather a tight pair, where it can be had.
    for (int more = target + 1; t->n < 2 && more <= 6; more++) {
        Ticks tight;
        axis_ticks(a, more, &tight);
        if (tight.n >= 2 && !labels_collide(cr, a, &tight, level)) *t = tight;
    }
}

static void place_bar(cairo_t *cr, Panel *p) {
    AxisSpec spec = {.base = 10,
                     .min = NAN,
                     .max = NAN,
                     .format = p->ramp->spec->format,
                     .scale = p->ramp->spec->log ? SCALE_LOG : SCALE_LINEAR};
    Axis bar = axis_new(&spec);
    for (int i = 0; i < p->ramp->rows.n; i++) axis_include(&bar, p->ramp->value[i]);
    bar.tight = true;
    axis_finish(&bar);
    bar.from = p->box.y + p->box.h;
    bar.to = p->box.y;
    p->bar = bar;
    fit_ticks(cr, &p->bar, false, &p->bar_ticks);
}

void panel_place(cairo_t *cr, Panel *p, Rect box) {
    p->box = box;
    p->x->from = box.x;
    p->x->to = box.x + box.w;
    bool down = p->y->spec.scale == SCALE_CATEGORY; // the first category on top
    p->y->from = down ? box.y : box.y + box.h;
    p->y->to = down ? box.y + box.h : box.y;
    fit_ticks(cr, p->x, true, &p->x_ticks);
    fit_ticks(cr, p->y, false, &p->y_ticks);
    p->x_turned = p->x->spec.scale == SCALE_CATEGORY && labels_collide(cr, p->x, &p->x_ticks, true);
    if (p->ramp) place_bar(cr, p);
}

static double widest(cairo_t *cr, const Ticks *t) {
    double w = 0;
    for (int i = 0; i < t->n; i++) w = fmax(w, text_size(cr, t->label[i], TICK_TEXT).width);
    return w;
}

double panel_tick_width(cairo_t *cr, const Panel *p) {
    return p->y_text ? widest(cr, &p->y_ticks) : 0;
}

void wrap_text(cairo_t *cr, char *text, double size, double length) {
    char *line = text, *last = NULL;
    bool inside = false;
    for (char *c = text;; c++) {
        inside = (inside || *c == '(') && *c != ')';
        bool equation = c > text && (c[-1] == '=' || (*c && c[1] == '='));
        if (*c && *c != '\n' && (*c != ' ' || inside || equation)) continue;
        char kept = *c;
        *c = '\0';
        bool wide = text_size(cr, line, size).width > length;
        *c = kept;
        if (wide && last) *last = '\n', line = last + 1;
        if (!*c) return;
        last = c;
        if (*c == '\n') line = c + 1, last = NULL;
    }
}

// With the power of ten that the tick labels leave out; "" if there is nothing to say. In lines no longer than the
// axis.
static const char *axis_label(cairo_t *cr, const char *label, const Ticks *t, double length, char text[256]) {
    if (t->exponent)
        snprintf(text, 256, "%.200s%s(×10^{%s%d})", label ? label : "", label ? " " : "", t->exponent < 0 ? "−" : "",
                 abs(t->exponent));
    else
        snprintf(text, 256, "%.200s", label ? label : "");
    wrap_text(cr, text, LABEL_TEXT, fmax(length, 30));
    return text;
}

static const char *heading_text(cairo_t *cr, const Panel *p, char text[256]) {
    snprintf(text, 256, "%.255s", p->heading);
    wrap_text(cr, text, TICK_TEXT, fmax(p->box.w + 6, 30));
    return text;
}

static double x_tick_height(cairo_t *cr, const Panel *p) {
    return p->x_turned ? widest(cr, &p->x_ticks) + gap : TICK_TEXT * 1.2;
}

static double label_height(cairo_t *cr, const char *label) {
    return *label ? text_size(cr, label, LABEL_TEXT).height + gap : 0;
}

Margins panel_margins(cairo_t *cr, const Panel *p) {
    char label[256];
    Margins m = {TICK_LENGTH + gap, 4, 4, TICK_LENGTH + gap};
    if (p->y_text) m.left += p->y_room + label_height(cr, axis_label(cr, p->y_label, &p->y_ticks, p->box.h, label));
    if (p->x_text) {
        m.bottom += x_tick_height(cr, p) + label_height(cr, axis_label(cr, p->x_label, &p->x_ticks, p->box.w, label));
        for (int i = 0; !p->x_turned && i < p->x_ticks.n; i++) { // the outermost labels may hang over
            double half = text_size(cr, p->x_ticks.label[i], TICK_TEXT).width / 2, at = axis_at(p->x, p->x_ticks.at[i]);
            m.right = fmax(m.right, at + half - (p->box.x + p->box.w) + 1);
            m.left = fmax(m.left, p->box.x - (at - half) + 1);
        }
    }
    if (p->y_text && p->y_ticks.n) m.top = fmax(m.top, TICK_TEXT / 2);
    if (p->heading) m.top += text_size(cr, heading_text(cr, p, label), TICK_TEXT).height + 1;
    m.right = fmax(m.right, direct_width(cr, p) + 2);
    if (p->ramp)
        m.right = bar_offset + bar_width + TICK_LENGTH + gap + widest(cr, &p->bar_ticks) +
                  label_height(cr, axis_label(cr, p->ramp->spec->label, &p->bar_ticks, p->box.h, label)) + 1;
    return m;
}

Status panel_check(const Panel *p, const char *spec_path) {
    for (int i = 0; i < 2; i++) {
        const Axis *a = i ? p->y : p->x;
        double room = fabs(a->to - a->from), need = a->n_categories * 0.95 * TICK_TEXT;
        if (a->spec.scale == SCALE_CATEGORY && a->n_categories > 1 && room < need)
            return fail(
                BAD_INPUT,
                "%s:%d: %d values on the %c axis do not fit: its frame is %.1f in long, expected at least %.1f; "
                "make the figure larger or select some with 'where'",
                spec_path, p->spec->line, a->n_categories, i ? 'y' : 'x', room / 72, need / 72);
    }
    return OK;
}

static void tick_line(cairo_t *cr, double x, double y, double dx, double dy) {
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x + dx, y + dy);
}

static void draw_grid(cairo_t *cr, const Panel *p) {
    Rect b = p->box;
    set_rgb(cr, palette_grid(), 1);
    cairo_set_line_width(cr, FRAME_LINE);
    for (int i = 0; p->x->spec.grid && i < p->x_ticks.n; i++)
        tick_line(cr, axis_at(p->x, p->x_ticks.at[i]), b.y, 0, b.h);
    for (int i = 0; p->y->spec.grid && i < p->y_ticks.n; i++)
        tick_line(cr, b.x, axis_at(p->y, p->y_ticks.at[i]), b.w, 0);
    cairo_stroke(cr);
}

static void draw_x(cairo_t *cr, const Panel *p) {
    double bottom = p->box.y + p->box.h;
    const Ticks *t = &p->x_ticks;
    for (int i = 0; i < t->n; i++) tick_line(cr, axis_at(p->x, t->at[i]), bottom, 0, TICK_LENGTH);
    for (int i = 0; i < t->n_minor; i++) tick_line(cr, axis_at(p->x, t->minor[i]), bottom, 0, MINOR_LENGTH);
    cairo_stroke(cr);
    if (!p->x_text) return;
    for (int i = 0; p->x_turned && i < t->n; i++)
        text_draw_turned(cr, t->label[i], TICK_TEXT, axis_at(p->x, t->at[i]), bottom + TICK_LENGTH + gap, 1, 0.5,
                         -M_PI / 2);
    for (int i = 0; !p->x_turned && i < t->n; i++) // on one baseline, whatever stands raised
        text_draw(cr, t->label[i], TICK_TEXT, axis_at(p->x, t->at[i]), bottom + TICK_LENGTH + gap + 3.8, 0.5, 0.5);
    char label[256];
    if (*axis_label(cr, p->x_label, t, p->box.w, label))
        text_draw(cr, label, LABEL_TEXT, p->box.x + p->box.w / 2,
                  bottom + TICK_LENGTH + gap + x_tick_height(cr, p) + 1.5, 0.5, 0);
}

static void draw_y(cairo_t *cr, const Panel *p) {
    const Ticks *t = &p->y_ticks;
    for (int i = 0; i < t->n; i++) tick_line(cr, p->box.x, axis_at(p->y, t->at[i]), -TICK_LENGTH, 0);
    for (int i = 0; i < t->n_minor; i++) tick_line(cr, p->box.x, axis_at(p->y, t->minor[i]), -MINOR_LENGTH, 0);
    cairo_stroke(cr);
    if (!p->y_text) return;
    double left = p->box.x - TICK_LENGTH - gap;
    for (int i = 0; i < t->n; i++) text_draw(cr, t->label[i], TICK_TEXT, left, axis_at(p->y, t->at[i]), 1, 0.5);
    char label[256];
    if (*axis_label(cr, p->y_label, t, p->box.h, label))
        text_draw_turned(cr, label, LABEL_TEXT, left - p->y_room - gap, p->box.y + p->box.h / 2, 0.5, 1, -M_PI / 2);
}

static void draw_bar(cairo_t *cr, const Panel *p) {
    double x = p->box.x + p->box.w + bar_offset, y = p->box.y, h = p->box.h;
    cairo_pattern_t *ramp = cairo_pattern_create_linear(0, y + h, 0, y);
    for (int i = 0; i <= 10; i++) {
        Rgb c = palette_viridis(i / 10.0);
        cairo_pattern_add_color_stop_rgb(ramp, i / 10.0, c.r, c.g, c.b);
    }
    cairo_rectangle(cr, x, y, bar_width, h);
    cairo_set_source(cr, ramp);
    cairo_fill_preserve(cr);
    cairo_pattern_destroy(ramp);
    set_ink(cr);
    cairo_stroke(cr);
    const Ticks *t = &p->bar_ticks;
    for (int i = 0; i < t->n; i++) {
        double at = axis_at(&p->bar, t->at[i]);
        tick_line(cr, x + bar_width, at, TICK_LENGTH, 0), cairo_stroke(cr);
        text_draw(cr, t->label[i], TICK_TEXT, x + bar_width + TICK_LENGTH + gap, at, 0, 0.5);
    }
    char label[256];
    if (*axis_label(cr, p->ramp->spec->label, t, h, label))
        text_draw_turned(cr, label, LABEL_TEXT, x + bar_width + TICK_LENGTH + 2 * gap + widest(cr, t), y + h / 2, 0.5,
                         0, -M_PI / 2);
}

void panel_draw(cairo_t *cr, Arena *a, const Panel *p) {
    Rect b = p->box;
    draw_grid(cr, p);
    marks_draw(cr, a, p, AS_PICTURE);
    set_ink(cr);
    cairo_set_line_width(cr, FRAME_LINE);
    cairo_set_dash(cr, NULL, 0, 0);
    cairo_move_to(cr, b.x, b.y);
    cairo_line_to(cr, b.x, b.y + b.h);
    cairo_line_to(cr, b.x + b.w, b.y + b.h);
    cairo_stroke(cr);
    draw_x(cr, p);
    draw_y(cr, p);
    if (p->ramp) draw_bar(cr, p);
    set_ink(cr);
    char heading[256];
    if (p->heading) text_draw(cr, heading_text(cr, p, heading), TICK_TEXT, b.x, b.y - 3, 0, 1);
    direct_draw(cr, p);
}
