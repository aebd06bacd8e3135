// marks.c - draws each kind of mark (spec.h) on a panel.
#include "contour.h"
#include "marker.h"
#include "marks.h"
#include "panel.h"
#include "place.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { LONG_LINE = 2000, LINE_PART = 50 }; // points

void set_rgb(cairo_t *cr, Rgb c, double alpha) {
    cairo_set_source_rgba(cr, c.r, c.g, c.b, alpha);
}
void set_ink(cairo_t *cr) {
    set_rgb(cr, palette_ink(), 1);
}

void marker_draw(cairo_t *cr, Look look, double x, double y) {
    if (look.marker == N_MARKERS - 1) return;
    bool open;
    marker_path(cr, look.marker, x, y, look.size, &open);
    cairo_set_dash(cr, NULL, 0, 0);
    if (open || look.hollow) {
        cairo_set_line_width(cr, look.size < 3 ? 0.6 : 0.9);
        if (!open) set_rgb(cr, palette_paper(), 1), cairo_fill_preserve(cr);
        set_rgb(cr, look.color, look.alpha);
        cairo_stroke(cr);
        return;
    }
    set_rgb(cr, look.color, look.alpha);
    if (look.marker == 0 && !look.rim) { // a dot is the round end of a line: a tenth of a circle's numbers in the file
        cairo_new_path(cr);
        cairo_set_line_width(cr, look.size);
        cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
        cairo_move_to(cr, x, y), cairo_line_to(cr, x, y);
        cairo_stroke(cr);
        cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
        return;
    }
    cairo_fill_preserve(cr);
    cairo_set_line_width(cr, 0.4);
    set_rgb(cr, palette_paper(), look.alpha);
    if (look.rim && look.size > 2.5) cairo_stroke(cr);
    cairo_new_path(cr);
}

void stroke(cairo_t *cr, Look look) {
    set_rgb(cr, look.color, look.alpha);
    cairo_set_line_width(cr, look.width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    dash_set(cr, look.dash, look.width, 0);
    cairo_stroke(cr);
}

static double dodge_step(const Layer *l) {
    return fmin(0.25, 0.75 / l->set->n);
}

// Series side by side on a category axis.
static double dodged(const Layer *l, const Axis *a, int i, double v) {
    if (!l->spec->dodge || !l->set || a->spec.scale != SCALE_CATEGORY) return v;
    return v + dodge_step(l) * (l->set->rank[l->series[i]] - (l->set->n - 1) / 2.0);
}
double place_width(const Layer *l, const Axis *across) {
    if (across->spec.scale != SCALE_CATEGORY) return 6;
    double width = fabs(axis_at(across, 1) - axis_at(across, 0)) * 0.6;
    return l->spec->dodge && l->set ? fmin(width, fabs(axis_at(across, dodge_step(l)) - axis_at(across, 0))) : width;
}

double at_x(const Panel *p, const Layer *l, int i) {
    return axis_at(p->x, dodged(l, p->x, i, l->x[i]));
}
double at_y(const Panel *p, const Layer *l, int i) {
    return axis_at(p->y, dodged(l, p->y, i, l->y[i]));
}

int n_series(const Layer *l) {
    return l->set ? l->set->n : 1;
}
bool in_series(const Layer *l, int i, int s) {
    return !l->series || l->series[i] == s;
}
Look series_look(const Layer *l, int s) {
    return layer_look_of(l, l->set ? s : -1, -1);
}

// Strokes what there is of a line, and goes on from its end with the dashes where they were. A path of many thousand
// segments at once would cost cairo the square of their number.
static void stroke_part(cairo_t *cr, Look look, double along) {
    double x, y;
    bool more = cairo_has_current_point(cr);
    cairo_get_current_point(cr, &x, &y);
    set_rgb(cr, look.color, look.alpha);
    cairo_set_line_width(cr, look.width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    dash_set(cr, look.dash, look.width, along);
    cairo_stroke(cr);
    if (more) cairo_move_to(cr, x, y);
}

static void draw_line(cairo_t *cr, const Panel *p, const Layer *l, int s) {
    bool pen_down = false, steps = l->spec->kind == MARK_STEPS || l->spec->kind == MARK_ECDF;
    double x0 = 0, y0 = 0, along = 0, stroked = 0;
    int points = 0, part = l->rows.n > LONG_LINE ? LINE_PART : LONG_LINE + 1;
    Look look = series_look(l, s);
    for (int i = 0; i < l->rows.n; i++) {
        if (!in_series(l, i, s)) continue;
        double x = at_x(p, l, i), y = at_y(p, l, i);
        if (isnan(x) || isnan(y)) {
            pen_down = false;
            continue;
        }
        if (pen_down && steps) cairo_line_to(cr, x, y0);
        if (pen_down)
            cairo_line_to(cr, x, y), along += steps ? fabs(x - x0) + fabs(y - y0) : hypot(x - x0, y - y0);
        else
            cairo_move_to(cr, x, y);
        pen_down = true;
        x0 = x, y0 = y;
        if (++points % part == 0) stroke_part(cr, look, stroked), stroked = along;
    }
    stroke_part(cr, look, stroked);
    cairo_new_path(cr);
}

static void draw_band(cairo_t *cr, const Panel *p, const Layer *l, int s) {
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < l->rows.n; k++) {
            int i = pass ? l->rows.n - 1 - k : k;
            double x = at_x(p, l, i), v = pass ? l->lo[i] : l->hi[i];
            // Open ends run out of the frame.
            double y = isinf(v) ? (pass ? p->box.y + p->box.h + 9 : p->box.y - 9) : axis_at(p->y, v);
            if (in_series(l, i, s) && !isnan(x) && !isnan(l->lo[i]) && !isnan(l->hi[i])) cairo_line_to(cr, x, y);
        }
    cairo_close_path(cr);
    Look look = series_look(l, s);
    set_rgb(cr, look.color, look.alpha);
    cairo_fill(cr);
}

static void draw_bars(cairo_t *cr, const Panel *p, const Layer *l) {
    bool lie = bars_lie(p->x, p->y);
    const Axis *length = lie ? p->x : p->y, *across = lie ? p->y : p->x;
    double thick = place_width(l, across);
    double zero = axis_at(length, fmax(0, length->lo));
    for (int i = 0; i < l->rows.n; i++) {
        double x = at_x(p, l, i), y = at_y(p, l, i);
        if (isnan(x + y)) continue;
        Look look = layer_look(l, i);
        set_rgb(cr, look.color, look.alpha);
        if (lie)
            cairo_rectangle(cr, zero, y - thick / 2, x - zero, thick);
        else
            cairo_rectangle(cr, x - thick / 2, y, thick, zero - y);
        cairo_fill(cr);
    }
}

// The end of a bar that goes on in direction (dx, dy): a cap, or the head of an arrow where it is open.
static void whisker_end(cairo_t *cr, double x, double y, double dx, double dy, bool open) {
    double half = 1.6, back = open ? 3.2 : 0;
    cairo_move_to(cr, x - back * dx - half * dy, y - back * dy - half * dx);
    if (open) cairo_line_to(cr, x, y);
    cairo_line_to(cr, x - back * dx + half * dy, y - back * dy + half * dx);
}

// A bar about `at` from lo to hi of the axis, level or upright. An open end, and one beyond the frame, is an arrow
// there.
static void whisker(cairo_t *cr, Look look, const Axis *a, double at, double lo, double hi, bool level) {
    double left = fmin(a->from, a->to), right = fmax(a->from, a->to), ends[2] = {axis_at(a, lo), axis_at(a, hi)};
    if (isnan(lo + hi) && !(isinf(lo) && isinf(hi))) return;
    for (int i = 0; i < 2; i++) {
        double v = i ? hi : lo, way = (a->to > a->from) == (i == 1) ? 1 : -1;
        if (isinf(v)) ends[i] = way > 0 ? right : left;
        bool open = isinf(v) || ends[i] < left - 0.5 || ends[i] > right + 0.5;
        ends[i] = fmin(fmax(ends[i], left), right);
        whisker_end(cr, level ? ends[i] : at, level ? at : ends[i], level ? way : 0, level ? 0 : way, open);
    }
    cairo_move_to(cr, level ? ends[0] : at, level ? at : ends[0]);
    cairo_line_to(cr, level ? ends[1] : at, level ? at : ends[1]);
    look.dash = 0;
    stroke(cr, look);
}

static Rgb ramp_color(const Panel *p, double value) {
    return palette_viridis((axis_at(&p->bar, value) - p->bar.from) / (p->bar.to - p->bar.from));
}

static void draw_point(cairo_t *cr, const Panel *p, const Layer *l, int i) {
    if (isnan(l->x[i]) || isnan(l->y[i]) || !axis_holds(p->x, l->x[i]) || !axis_holds(p->y, l->y[i])) return;
    Look look = layer_look(l, i);
    if (l == p->ramp && isnan(l->value[i])) return;
    if (l == p->ramp) look.color = ramp_color(p, l->value[i]);
    double x = at_x(p, l, i), y = at_y(p, l, i);
    whisker(cr, look, p->y, x, l->lo[i], l->hi[i], false);
    whisker(cr, look, p->x, y, l->xlo[i], l->xhi[i], true);
    marker_draw(cr, look, x, y);
}

// A line across the frame at each value, upright or level.
static void draw_across(cairo_t *cr, const Panel *p, const Layer *l, bool upright) {
    Rect b = p->box;
    double before = NAN;
    int n = isnan(l->spec->at) ? l->rows.n : 1;
    for (int i = 0; i < n; i++) {
        double v = isnan(l->spec->at) ? (upright ? l->x[i] : l->y[i]) : l->spec->at;
        double at = axis_at(upright ? p->x : p->y, v);
        if (isnan(at) || at == before) continue; // a limit repeated in each row is one line
        before = at;
        cairo_move_to(cr, upright ? at : b.x, upright ? b.y : at);
        cairo_line_to(cr, upright ? at : b.x + b.w, upright ? b.y + b.h : at);
        stroke(cr, layer_look(l, isnan(l->spec->at) ? i : -1));
    }
}

static void draw_diagonal(cairo_t *cr, const Panel *p, const Layer *l) {
    double lo = fmax(p->x->lo, p->y->lo), hi = fmin(p->x->hi, p->y->hi);
    if (lo >= hi) return;
    cairo_move_to(cr, axis_at(p->x, lo), axis_at(p->y, lo));
    cairo_line_to(cr, axis_at(p->x, hi), axis_at(p->y, hi));
    stroke(cr, layer_look(l, -1));
}

static void draw_span(cairo_t *cr, const Panel *p, const Layer *l) {
    double lo = isnan(l->spec->from) ? p->x->lo : l->spec->from, hi = isnan(l->spec->to) ? p->x->hi : l->spec->to;
    if (l->rows.n) { // the extent of the data
        lo = INFINITY, hi = -INFINITY;
        for (int i = 0; i < l->rows.n; i++) lo = fmin(lo, l->x[i]), hi = fmax(hi, l->x[i]);
    }
    if (lo > hi) return;
    double from = axis_at(p->x, lo), to = axis_at(p->x, hi);
    cairo_rectangle(cr, from, p->box.y, to - from, p->box.h);
    Look look = layer_look(l, -1);
    set_rgb(cr, look.color, look.alpha);
    cairo_fill(cr);
}

static int place_of(const double *sorted, int n, double v) {
    int lo = 0;
    for (int hi = n; hi - lo > 1;) {
        int mid = (lo + hi) / 2;
        if (sorted[mid] <= v)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static double *centres(Arena *a, const double *v, int n, int *unique) {
    double *c = arena_get(a, (size_t)n + 1, sizeof *c);
    memcpy(c, v, (size_t)n * sizeof *c);
    *unique = sort_unique(c, n);
    return c;
}

static void draw_heat(cairo_t *cr, Arena *a, const Panel *p, const Layer *l) {
    int nx, ny, n = l->rows.n;
    double *cx = centres(a, l->x, n, &nx), *cy = centres(a, l->y, n, &ny);
    double *ex = arena_get(a, (size_t)nx + 2, sizeof *ex), *ey = arena_get(a, (size_t)ny + 2, sizeof *ey);
    cell_edges(p->x, cx, nx, ex);
    cell_edges(p->y, cy, ny, ey);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE); // no seams between cells
    for (int i = 0; i < n; i++) {
        if (isnan(l->x[i] + l->y[i] + l->value[i])) continue;
        int ix = place_of(cx, nx, l->x[i]), iy = place_of(cy, ny, l->y[i]);
        double x0 = axis_at(p->x, ex[ix]), x1 = axis_at(p->x, ex[ix + 1]);
        double y0 = axis_at(p->y, ey[iy]), y1 = axis_at(p->y, ey[iy + 1]);
        set_rgb(cr, ramp_color(p, l->value[i]), 1);
        cairo_rectangle(cr, x0, y0, x1 - x0, y1 - y0);
        cairo_fill(cr);
    }
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

// The direction of a line about its point i, over `width` points and not over one short step; upright for reading.
static double direction(const Polyline *line, int i, double width) {
    int from = i, to = i;
    for (double reach = 0; from > 1 && reach < width / 2; from--)
        reach += hypot(line->x[from] - line->x[from - 1], line->y[from] - line->y[from - 1]);
    for (double reach = 0; to + 1 < line->n && reach < width / 2; to++)
        reach += hypot(line->x[to + 1] - line->x[to], line->y[to + 1] - line->y[to]);
    double angle = atan2(line->y[to] - line->y[from - 1], line->x[to] - line->x[from - 1]);
    return angle > M_PI / 2 ? angle - M_PI : angle < -M_PI / 2 ? angle + M_PI : angle;
}

static double length_to(const Polyline *line, int end) {
    double length = 0;
    for (int i = 1; i <= end; i++) length += hypot(line->x[i] - line->x[i - 1], line->y[i] - line->y[i - 1]);
    return length;
}

// The point of the line for its label: near the middle, where nothing else is drawn if there is such a place.
static int label_point(const Polyline *line, double length, double width, const Ink *ink) {
    static const double share[] = {0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82};
    int middle = -1;
    for (size_t k = 0; k < sizeof share / sizeof *share; k++) {
        int i = 1;
        for (double reach = 0; i + 1 < line->n; i++) {
            reach += hypot(line->x[i] - line->x[i - 1], line->y[i] - line->y[i - 1]);
            if (reach >= share[k] * length) break;
        }
        if (middle < 0) middle = i;
        double angle = direction(line, i, width), w = width * fabs(cos(angle)) + TICK_TEXT * fabs(sin(angle));
        double h = width * fabs(sin(angle)) + TICK_TEXT * fabs(cos(angle));
        if (ink_free(ink, (Rect){line->x[i] - w / 2, line->y[i] - h / 2, w, h})) return i;
    }
    return middle;
}

// The label along the line, in a gap.
static void label_contour(cairo_t *cr, const Polyline *line, const char *label, const Ink *ink) {
    double length = length_to(line, line->n - 1), width = text_size(cr, label, TICK_TEXT).width;
    if (length < 2.5 * width) return;
    int i = label_point(line, length, width, ink);
    double angle = direction(line, i, width);
    cairo_save(cr);
    cairo_translate(cr, line->x[i], line->y[i]);
    cairo_rotate(cr, angle);
    cairo_rectangle(cr, -width / 2 - 1.5, -TICK_TEXT * 0.45, width + 3, TICK_TEXT * 0.9);
    cairo_restore(cr);
    set_rgb(cr, palette_paper(), 1);
    cairo_fill(cr);
    set_ink(cr);
    text_draw_turned(cr, label, TICK_TEXT, line->x[i], line->y[i], 0.5, 0.5, angle);
}

static bool contour_grid(Arena *a, const Panel *p, const Layer *l, Grid *g, double *lo, double *hi) {
    int n = l->rows.n;
    double *cx = centres(a, l->x, n, &g->nx), *cy = centres(a, l->y, n, &g->ny);
    size_t cells = (size_t)g->nx * (size_t)g->ny;
    if (!n || cells > 4u * 1024 * 1024) return false;
    double *z_yx = arena_get(a, cells, sizeof *z_yx);
    for (size_t i = 0; i < cells; i++) z_yx[i] = NAN;
    *lo = INFINITY, *hi = -INFINITY;
    for (int i = 0; i < n; i++) {
        if (isnan(l->x[i] + l->y[i] + l->value[i])) continue;
        z_yx[place_of(cy, g->ny, l->y[i]) * g->nx + place_of(cx, g->nx, l->x[i])] = l->value[i];
        *lo = fmin(*lo, l->value[i]), *hi = fmax(*hi, l->value[i]);
    }
    for (int i = 0; i < g->nx; i++) cx[i] = axis_at(p->x, cx[i]);
    for (int i = 0; i < g->ny; i++) cy[i] = axis_at(p->y, cy[i]);
    g->x = cx, g->y = cy, g->z_yx = z_yx;
    return *lo < *hi;
}

// Levels as given, or about ten round ones.
static void contour_levels(const Layer *l, double lo, double hi, Ticks *t) {
    AxisSpec spec = {.base = 10, .min = NAN, .max = NAN, .ticks = l->spec->levels, .format = l->spec->format};
    Axis axis = axis_new(&spec);
    axis.lo = lo, axis.hi = hi;
    axis_ticks(&axis, l->spec->levels.n ? l->spec->levels.n : 10, t);
}

static void draw_contour(cairo_t *cr, Arena *a, const Panel *p, const Layer *l) {
    Grid g;
    double lo, hi;
    Ticks levels;
    if (!contour_grid(a, p, l, &g, &lo, &hi)) return;
    contour_levels(l, lo, hi, &levels);
    Look look = layer_look(l, -1);
    Ink ink = ink_of(a, p, AS_OBSTACLES);
    for (int pass = 0; pass < 2; pass++) // labels over all lines
        for (int k = 0; k < levels.n; k++) {
            Polyline *lines;
            int n = contour_lines(a, &g, levels.at[k], &lines);
            if (!l->spec->color) look.color = palette_color(PALETTE_ORDERED, k, levels.n);
            for (int i = 0; i < n; i++) {
                for (int j = 0; !pass && j < lines[i].n; j++) cairo_line_to(cr, lines[i].x[j], lines[i].y[j]);
                if (pass)
                    label_contour(cr, &lines[i], levels.label[k], &ink);
                else
                    stroke(cr, look);
            }
        }
}

static void draw_texts(cairo_t *cr, const Panel *p, const Layer *l) {
    for (int i = 0; i < l->rows.n; i++) {
        if (isnan(l->x[i] + l->y[i]) || !axis_holds(p->x, l->x[i]) || !axis_holds(p->y, l->y[i])) continue;
        double x = at_x(p, l, i), y = at_y(p, l, i), width = text_size(cr, l->text[i], TICK_TEXT).width;
        bool right = x + 5 + width < p->box.x + p->box.w;
        text_halo(cr, l->text[i], TICK_TEXT, x + (right ? 4 : -4), y, right ? 0 : 1, 0.5, 0);
        set_rgb(cr, layer_look(l, i).color, 1);
        text_draw(cr, l->text[i], TICK_TEXT, x + (right ? 4 : -4), y, right ? 0 : 1, 0.5);
    }
}

static void draw_layer(cairo_t *cr, Arena *a, const Panel *p, const Layer *l, Drawn as) {
    switch (l->spec->kind) {
    case MARK_LINE:
    case MARK_STEPS:
    case MARK_ECDF:
    case MARK_SMOOTH:
        for (int s = 0; s < n_series(l); s++) draw_line(cr, p, l, s);
        break;
    case MARK_BARS: draw_bars(cr, p, l); break;
    case MARK_BAND:
        for (int s = 0; s < n_series(l); s++) draw_band(cr, p, l, s);
        break;
    case MARK_POINTS:
    case MARK_ERRORS:
        for (int i = 0; i < l->rows.n; i++) draw_point(cr, p, l, i);
        break;
    case MARK_HLINE: draw_across(cr, p, l, false); break;
    case MARK_VLINE: draw_across(cr, p, l, true); break;
    case MARK_DIAGONAL: draw_diagonal(cr, p, l); break;
    case MARK_SPAN:
        if (as == AS_PICTURE) draw_span(cr, p, l);
        break;
    case MARK_HEAT: draw_heat(cr, a, p, l); break;
    case MARK_CONTOUR:
        if (as != AS_OBSTACLES) draw_contour(cr, a, p, l);
        break;
    case MARK_TEXT: draw_texts(cr, p, l); break;
    case MARK_HISTOGRAM: draw_histogram(cr, p, l); break;
    case MARK_BOX: draw_boxes(cr, p, l); break;
    case MARK_VIOLIN: draw_violins(cr, p, l); break;
    default: break;
    }
}

void marks_draw(cairo_t *cr, Arena *a, const Panel *p, Drawn as) {
    for (int k = 0; k < p->n_layers; k++) {
        const Layer *l = &p->layers[k];
        bool spills = l->spec->kind == MARK_POINTS || l->spec->kind == MARK_ERRORS || l->spec->kind == MARK_TEXT ||
                      l->spec->kind == MARK_BOX;
        cairo_save(cr);
        if (!spills) cairo_rectangle(cr, p->box.x, p->box.y, p->box.w, p->box.h), cairo_clip(cr);
        draw_layer(cr, a, p, l, as);
        cairo_restore(cr);
    }
}

typedef struct {
    double y;
    const char *name;
    Rgb color;
} Direct;

// The last point of each series of direct-labelled lines, from top to bottom.
static int direct_labels(const Panel *p, Direct label[MOST_SERIES]) {
    int n = 0;
    for (int k = 0; k < p->n_layers; k++) {
        const Layer *l = &p->layers[k];
        if (!l->spec->direct || !l->set) continue;
        for (int s = 0; s < l->set->n && n < MOST_SERIES; s++) {
            int last = -1;
            for (int i = 0; i < l->rows.n; i++)
                if (in_series(l, i, s) && !isnan(l->x[i] + l->y[i]) && axis_holds(p->y, l->y[i])) last = i;
            if (last < 0) continue;
            Direct new = {at_y(p, l, last), l->set->name[s], series_look(l, s).color};
            int to = n++;
            for (; to > 0 && label[to - 1].y > new.y; to--) label[to] = label[to - 1];
            label[to] = new;
        }
    }
    return n;
}

double direct_width(cairo_t *cr, const Panel *p) {
    Direct label[MOST_SERIES];
    double width = 0;
    for (int i = 0, n = direct_labels(p, label); i < n; i++)
        width = fmax(width, text_size(cr, label[i].name, TICK_TEXT).width + 4);
    return width;
}

void direct_draw(cairo_t *cr, const Panel *p) {
    Direct label[MOST_SERIES];
    int n = direct_labels(p, label);
    double line = 8, bottom = p->box.y + p->box.h - line / 2;
    for (int i = 1; i < n; i++) label[i].y = fmax(label[i].y, label[i - 1].y + line);
    for (int i = n - 1; i >= 0; i--) { // and back up where they ran over the bottom
        label[i].y = fmin(label[i].y, i == n - 1 ? bottom : label[i + 1].y - line);
        set_rgb(cr, label[i].color, 1);
        text_draw(cr, label[i].name, TICK_TEXT, p->box.x + p->box.w + 3, label[i].y, 0, 0.5);
    }
}
