// figure.c - see figure.h.
#include "figure.h"

#include "read/fill.h"
#include "legend.h"
#include "panel.h"
#include "place.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { MOST_GRID = 64 };
#define SMALLEST_FRAME 12.0
static const double page_rim = 1.5, panel_gap = 7, note_font = 7, note_line = 9.5;

typedef struct {
    const char *text; // rich; lines split at '\n'
    const NoteSpec *spec;
} Note;

typedef struct {
    int n;
    Note *at; // room for as many as the panel's spec has
} Notes;

struct Figure {
    Store *store;
    const FigureSpec *spec;
    StyleSets sets;
    int n_specs; // of panels: those of the spec, or one a facet
    PanelSpec *specs;
    int n_panels, n_columns, n_rows;
    Panel *panels; // [n_panels]
    Notes *notes;  // [n_panels]
    Legend legend;
};

static bool shares(const Figure *f, Share which) {
    return f->spec->share == (int)which || f->spec->share == SHARE_BOTH;
}

// The axis of an earlier panel in the same column (or row) of the grid that the spec means, if the figure shares it. A
// narrow page may lay the panels out otherwise; what is compared stays comparable.
static Status choose_axis(Figure *f, const Panel *p, bool is_x, Axis **axis) {
    const AxisSpec *spec = is_x ? &p->spec->x : &p->spec->y;
    int columns = f->spec->share_columns ? f->spec->share_columns : f->n_columns;
    for (int i = 0; shares(f, is_x ? SHARE_X : SHARE_Y) && i < f->n_panels; i++) {
        Panel *q = &f->panels[i];
        if (is_x ? i % columns != f->n_panels % columns : i / columns != f->n_panels / columns) continue;
        *axis = is_x ? q->x : q->y;
        if ((*axis)->spec.scale == spec->scale) return OK;
        return fail(BAD_INPUT, "%s:%d: %s: panels that share this axis must have the same 'scale'", f->store->spec_path,
                    p->spec->line, is_x ? "x" : "y");
    }
    *axis = arena_get(f->store->arena, 1, sizeof **axis);
    **axis = axis_new(spec);
    return OK;
}

// The middle 95 % of a column over the rows, and its first value, before its cells in a table of one row.
static Status summarize(Figure *f, const Rows *rows, const NoteSpec *note, Table *one) {
    Arena *a = f->store->arena;
    int column, n = 0;
    TRY(data_column(f->store, rows->table, note->interval, note->line, &column));
    double *v = arena_get(a, (size_t)rows->n, sizeof *v), first = NAN;
    for (int i = 0; i < rows->n; i++) {
        TRY(table_number(rows->table, rows->at[i], column, &v[n]));
        if (n == 0) first = v[0];
        n += !isnan(v[n]);
    }
    if (n == 0)
        return fail(BAD_INPUT, "%s: column '%s' is blank, so the note at %s:%d has nothing to say", rows->table->path,
                    note->interval, f->store->spec_path, note->line);
    double value[3] = {first, quantile(v, n, 0.025), quantile(v, n, 0.975)};
    static char *names[] = {"value", "lo", "hi"};
    int own = rows->table->n_columns; // the first row's cells come after the three
    one->path = rows->table->path, one->lines = rows->table->lines;
    one->n_columns = 3 + own, one->n_rows = 1;
    one->columns = arena_get(a, (size_t)one->n_columns, sizeof *one->columns);
    one->cells = arena_get(a, (size_t)one->n_columns, sizeof *one->cells);
    for (int i = 0; i < one->n_columns; i++) {
        one->columns[i] = i < 3 ? names[i] : rows->table->columns[i - 3];
        one->cells[i] = i < 3 ? arena_format(a, "%.17g", value[i])
                              : arena_format(a, "%s", table_cell(rows->table, rows->at[0], i - 3));
    }
    return OK;
}

// One line for each row selected; NULL if there is none.
static Status note_text(Figure *f, const PanelSpec *spec, const NoteSpec *note, const char **text) {
    *text = NULL;
    const Table *t;
    Table one = {0};
    Rows rows;
    TRY(store_table(f->store, note->data ? note->data : spec->data, note->line, &t));
    TRY(data_rows(f->store, t, &spec->where, &note->where, &rows));
    if (note->interval && rows.n) {
        TRY(summarize(f, &rows, note, &one));
        rows = (Rows){&one, 1, arena_get(f->store->arena, 1, sizeof(int))};
    }
    const char *before = NULL;
    for (int i = 0; i < rows.n; i++) {
        const char *line;
        TRY(fill_template(f->store, rows.table, rows.at[i], note->text, &note->uncertainty, note->line, &line));
        if (before && !strcmp(before, line)) continue; // once is enough
        *text = *text ? arena_format(f->store->arena, "%s\n%s", *text, line) : line;
        before = line;
    }
    return OK;
}

static Status read_notes(Figure *f, Panel *p, Notes *notes) {
    const PanelSpec *spec = p->spec;
    notes->at = arena_get(f->store->arena, (size_t)spec->n_notes + 1, sizeof *notes->at);
    for (int k = 0; k < spec->n_notes; k++) {
        const NoteSpec *note = &spec->notes[k];
        const char *text = note->text;
        if (strchr(text, '{') || note->where.n) TRY(note_text(f, spec, note, &text));
        if (note->at == AT_HEADING) {
            if (text) p->heading = p->heading ? arena_format(f->store->arena, "%s; %s", p->heading, text) : text;
            continue;
        }
        Note *last = notes->n ? &notes->at[notes->n - 1] : NULL;
        bool placed = !isnan(note->x);
        if (placed &&
            ((p->x->spec.scale == SCALE_LOG && note->x <= 0) || (p->y->spec.scale == SCALE_LOG && note->y <= 0)))
            return fail(BAD_INPUT, "%s:%d: a note's place is not positive, but its axis is logarithmic",
                        f->store->spec_path, note->line);
        if (placed) axis_include(p->x, note->x), axis_include(p->y, note->y);
        if (text && last && !placed && isnan(last->spec->x) && last->spec->at == note->at) // of one corner, one block
            last->text = arena_format(f->store->arena, "%s\n%s", last->text, text);
        else if (text)
            notes->at[notes->n++] = (Note){text, note};
    }
    return OK;
}

// Labels may name what the data say of themselves: "parameters {size}", from the panel's first row.
static Status fill_label(Figure *f, const Panel *p, const char *label, const char **filled) {
    *filled = label;
    for (int k = 0; label && k < p->n_layers; k++) {
        const Rows *rows = &p->layers[k].rows;
        Texts none = {0};
        if (rows->n) return fill_template(f->store, rows->table, rows->at[0], label, &none, p->spec->line, filled);
    }
    return OK;
}

static Status read_panel(Figure *f, const PanelSpec *spec) {
    Panel *p = &f->panels[f->n_panels];
    *p = (Panel){.spec = spec, .row = f->n_panels / f->n_columns, .column = f->n_panels % f->n_columns};
    TRY(choose_axis(f, p, true, &p->x));
    TRY(choose_axis(f, p, false, &p->y));
    p->layers = arena_get(f->store->arena, (size_t)spec->n_marks, sizeof *p->layers);
    bool any = false;
    for (int k = 0; k < spec->n_marks; k++) {
        Layer *l = &p->layers[p->n_layers++];
        TRY(layer_read(f->store, &f->sets, spec, &spec->marks[k], p->x, p->y, l));
        any = any || l->rows.n > 0;
        bool by_value = l->spec->kind == MARK_HEAT || (l->spec->kind == MARK_POINTS && l->spec->value);
        if (by_value && l->rows.n) p->ramp = l;
    }
    if (!any && !spec->optional)
        return fail(BAD_INPUT, "%s:%d: no row of the data is in this panel; 'optional: true' would leave it out",
                    f->store->spec_path, spec->line);
    if (!any) return OK; // left out: the next panel takes its place
    TRY(fill_label(f, p, spec->x.label, &p->x_label));
    TRY(fill_label(f, p, spec->y.label, &p->y_label));
    const char *title = spec->title;
    if (title) TRY(fill_label(f, p, title, &title));
    if (f->spec->letters)
        title = arena_format(f->store->arena, title ? "(%c) %s" : "(%c)", 'a' + f->n_panels % 26, title);
    p->heading = title;
    TRY(read_notes(f, p, &f->notes[f->n_panels]));
    f->n_panels++;
    return OK;
}

static void name_categories(Figure *f, Axis *axis, const char *column) {
    const Names *names = NULL;
    for (int s = 0; column && s < f->sets.n; s++)
        if (!strcmp(f->sets.at[s].spec.column, column)) names = &f->sets.at[s].spec.names;
    for (int i = 0; i < axis->n_categories; i++)
        axis->name[i] = format_value(f->store->arena, axis->category[i], names, NULL);
}

static Axis *own_copy(Figure *f, const Axis *axis) {
    Axis *copy = arena_get(f->store->arena, 1, sizeof *copy);
    *copy = *axis;
    return copy;
}

static void finish_axes(Figure *f) {
    for (int i = 0; i < f->n_panels; i++) {
        Panel *p = &f->panels[i];
        name_categories(f, p->x, p->spec->x.column);
        name_categories(f, p->y, p->spec->y.column);
        if (p->spec->equal) {
            axis_include(p->x, p->y->lo), axis_include(p->x, p->y->hi);
            axis_include(p->y, p->x->lo), axis_include(p->y, p->x->hi);
        }
        int below = i + f->n_columns; // the same axis is named once, at the bottom and at the left
        p->x_text = below >= f->n_panels || f->panels[below].x != p->x;
        p->y_text = p->column == 0 || f->panels[i - 1].y != p->y;
    }
    for (int i = 0; i < f->n_panels; i++) { // each axis once, after all that share it
        bool x_done = false, y_done = false;
        for (int k = 0; k < i; k++) {
            x_done = x_done || f->panels[k].x == f->panels[i].x;
            y_done = y_done || f->panels[k].y == f->panels[i].y;
        }
        if (!x_done) axis_finish(f->panels[i].x);
        if (!y_done) axis_finish(f->panels[i].y);
    }
    for (int i = 0; i < f->n_panels; i++) { // one range, but each panel has it at its own place
        Panel *p = &f->panels[i];
        p->x = own_copy(f, p->x);
        p->y = own_copy(f, p->y);
    }
}

// Limits set by hand may hide data; say so.
static void count_hidden(const Figure *f) {
    int hidden = 0;
    for (int i = 0; i < f->n_panels; i++)
        for (int k = 0; k < f->panels[i].n_layers; k++) {
            const Panel *p = &f->panels[i];
            const Layer *l = &p->layers[k];
            for (int r = 0; l->spec->kind == MARK_POINTS && r < l->rows.n; r++)
                hidden += !isnan(l->x[r] + l->y[r]) && !(axis_holds(p->x, l->x[r]) && axis_holds(p->y, l->y[r]));
        }
    if (hidden) note("%s: %d points lie outside the axes' limits", f->store->spec_path, hidden);
}

static const PanelSpec *facet_of(const FigureSpec *spec, const char *value) {
    for (int i = 0; i < spec->facets.n; i++)
        if (!strcmp(spec->facets.value[i], value)) return &spec->facets.panels[i];
    return &spec->defaults;
}

static Status add_facet(Figure *f, const char *value) {
    const Facets *facets = &f->spec->facets;
    for (int i = 0; i < f->n_specs; i++) {
        const Conditions *where = &f->specs[i].where;
        if (!strcmp(where->at[where->n - 1].value, value)) return OK;
    }
    if (f->n_specs == MOST_GRID)
        return fail(BAD_INPUT, "%s:%d: facets: '%.60s' has more than %d values", f->store->spec_path, facets->line,
                    facets->column, MOST_GRID);
    PanelSpec *spec = &f->specs[f->n_specs++];
    *spec = *facet_of(f->spec, value);
    Condition *at = arena_get(f->store->arena, (size_t)spec->where.n + 1, sizeof *at);
    for (int i = 0; i < spec->where.n; i++) at[i] = spec->where.at[i];
    at[spec->where.n] = (Condition){facets->column, value, IS, 0, facets->line};
    spec->where = (Conditions){spec->where.n + 1, at};
    return OK;
}

// The panels as listed, or one for each value of the facets' column.
static Status list_panels(Figure *f) {
    const Facets *facets = &f->spec->facets;
    f->specs = f->spec->panels;
    f->n_specs = f->spec->n_panels;
    if (!facets->column) return OK;
    const Table *t;
    Rows rows;
    Conditions none = {0};
    int column;
    f->n_specs = 0;
    f->specs = arena_get(f->store->arena, MOST_GRID, sizeof *f->specs);
    TRY(store_table(f->store, f->spec->defaults.data, facets->line, &t));
    TRY(data_column(f->store, t, facets->column, facets->line, &column));
    TRY(data_rows(f->store, t, &f->spec->defaults.where, &none, &rows));
    for (int i = 0; i < rows.n; i++)
        if (*table_cell(t, rows.at[i], column)) TRY(add_facet(f, table_cell(t, rows.at[i], column)));
    if (f->n_specs) return OK;
    return fail(BAD_INPUT, "%s: facets: no row of %s has a value of '%.60s'", f->store->spec_path, t->path,
                facets->column);
}

Status figure_new(Store *store, const Spec *spec, Figure **figure) {
    Arena *a = store->arena;
    Figure *f = *figure = arena_get(a, 1, sizeof *f);
    f->store = store;
    f->spec = &spec->figure;
    store->styles = f->spec->styles;
    store->n_styles = f->spec->n_styles;
    f->n_columns = f->spec->columns;
    f->sets.at = arena_get(a, MOST_STYLE_SETS, sizeof *f->sets.at);
    if (f->spec->n_styles > MOST_STYLE_SETS)
        return fail(BAD_INPUT, "%s: more than %d styles", store->spec_path, MOST_STYLE_SETS);
    for (int i = 0; i < f->spec->n_styles; i++) f->sets.at[f->sets.n++].spec = f->spec->styles[i];
    TRY(list_panels(f));
    f->panels = arena_get(a, (size_t)f->n_specs, sizeof *f->panels);
    f->notes = arena_get(a, (size_t)f->n_specs, sizeof *f->notes);
    for (int i = 0; i < f->n_specs; i++) TRY(read_panel(f, &f->specs[i]));
    if (!f->n_panels) return fail(BAD_INPUT, "%s: all panels are optional and the data have none", store->spec_path);
    if (f->n_columns > f->n_panels) f->n_columns = f->n_panels;
    f->n_rows = (f->n_panels + f->n_columns - 1) / f->n_columns;
    if (f->n_rows > MOST_GRID) return fail(BAD_INPUT, "%s: more than %d rows of panels", store->spec_path, MOST_GRID);
    TRY(styles_finish(a, &f->sets));
    finish_axes(f);
    count_hidden(f);
    if (f->spec->legend != LEGEND_NONE) legend_collect(a, &f->legend, f->panels, f->n_panels, &f->sets);
    return OK;
}

void figure_grow(const Figure *f, Spec *spec) {
    if (!(f->spec->row_height > 0)) return;
    spec->height = f->spec->row_height * f->n_rows;
    // Fewer panels than columns keep the size that they have among others.
    if (f->n_columns < f->spec->columns && f->n_rows == 1) spec->width *= (double)f->n_columns / f->spec->columns;
}

void figure_fit(const Figure *drawn, Spec *spec, double width) {
    FigureSpec *f = &spec->figure;
    double scale = width / spec->width, narrowest = 1.5;
    f->share_columns = drawn->n_columns;
    int fitting = (int)fmax(1, floor(width / narrowest));
    if (fitting < drawn->n_columns) {
        int rows = drawn->n_rows, more = (drawn->n_panels + fitting - 1) / fitting;
        spec->height *= (double)more / rows;
        f->columns = fitting;
        f->heights.n = f->widths.n = 0;
    } else {
        spec->height *= fmax(scale, 0.7);
    }
    spec->width = width;
}

static double weight(const Numbers *list, int i) {
    return i < list->n ? list->at[i] : 1;
}

// Shares `room` among n tracks by weight, each with its margins before and after; start[] and size[] are of the frames.
static void lay_tracks(double from, double room, int n, const Numbers *weights, const double *before,
                       const double *after, double *start, double *size) {
    double total = 0;
    for (int i = 0; i < n; i++) {
        room -= before[i] + after[i];
        total += weight(weights, i);
    }
    for (int i = 0; i < n; i++) {
        start[i] = from + before[i];
        size[i] = fmax(SMALLEST_FRAME, room * weight(weights, i) / total);
        from = start[i] + size[i] + after[i];
    }
}

static void align_labels(Figure *f, cairo_t *cr) {
    double room[MOST_GRID] = {0};
    for (int i = 0; i < f->n_panels; i++)
        room[f->panels[i].column] = fmax(room[f->panels[i].column], panel_tick_width(cr, &f->panels[i]));
    for (int i = 0; i < f->n_panels; i++) f->panels[i].y_room = room[f->panels[i].column];
}

// Margins follow from the ticks and ticks from the room left, so: a guess, then twice the truth.
static void lay_out(Figure *f, cairo_t *cr, Rect area) {
    double left[MOST_GRID] = {0}, right[MOST_GRID] = {0}, top[MOST_GRID] = {0}, bottom[MOST_GRID] = {0};
    double x[MOST_GRID], y[MOST_GRID], w[MOST_GRID], h[MOST_GRID];
    for (int pass = 0; pass < 4; pass++) {
        lay_tracks(area.x, area.w, f->n_columns, &f->spec->widths, left, right, x, w);
        lay_tracks(area.y, area.h, f->n_rows, &f->spec->heights, top, bottom, y, h);
        memset(left, 0, sizeof left), memset(right, 0, sizeof right);
        memset(top, 0, sizeof top), memset(bottom, 0, sizeof bottom);
        for (int i = 0; i < f->n_panels; i++) {
            Panel *p = &f->panels[i];
            panel_place(cr, p, (Rect){x[p->column], y[p->row], w[p->column], h[p->row]});
        }
        align_labels(f, cr);
        for (int i = 0; i < f->n_panels; i++) {
            Panel *p = &f->panels[i];
            int c = p->column, r = p->row;
            Margins m = panel_margins(cr, p);
            left[c] = fmax(left[c], m.left + (c ? panel_gap : 0)), right[c] = fmax(right[c], m.right);
            top[r] = fmax(top[r], m.top + (r ? 3 : 0)), bottom[r] = fmax(bottom[r], m.bottom);
        }
    }
}

static TextSize note_size(cairo_t *cr, const char *text, int *n_lines) {
    TextSize size = text_size(cr, text, note_font);
    *n_lines = 1;
    for (const char *p = text; (p = strchr(p, '\n')); p++) ++*n_lines;
    size.height = fmax(size.height, *n_lines * note_line);
    return size;
}

// An arrow from the edge of the text towards what the note speaks of.
static void draw_arrow(cairo_t *cr, Rect text, double x, double y) {
    double cx = text.x + text.w / 2, cy = text.y + text.h / 2, dx = x - cx, dy = y - cy, length = hypot(dx, dy);
    // Out of the text's rectangle along the way.
    double out =
        fmin(dx != 0 ? (text.w / 2 + 2) / fabs(dx) : INFINITY, dy != 0 ? (text.h / 2 + 1) / fabs(dy) : INFINITY);
    if (!(out < 1)) return;
    dx /= length, dy /= length;
    double tip_x = x - 2 * dx, tip_y = y - 2 * dy;
    set_ink(cr);
    cairo_set_line_width(cr, 0.7);
    cairo_set_dash(cr, NULL, 0, 0);
    cairo_move_to(cr, cx + out * (x - cx), cy + out * (y - cy)), cairo_line_to(cr, tip_x, tip_y);
    cairo_move_to(cr, tip_x - 3.5 * dx - 1.6 * dy, tip_y - 3.5 * dy + 1.6 * dx), cairo_line_to(cr, tip_x, tip_y);
    cairo_line_to(cr, tip_x - 3.5 * dx + 1.6 * dy, tip_y - 3.5 * dy - 1.6 * dx);
    cairo_stroke(cr);
}

// About its place, kept inside the frame.
static Rect placed_note(const Panel *p, const NoteSpec *note, TextSize size) {
    double x = axis_at(p->x, note->x) - size.width / 2, y = axis_at(p->y, note->y) - size.height / 2;
    x = fmax(p->box.x + 2, fmin(x, p->box.x + p->box.w - size.width - 2));
    y = fmax(p->box.y + 1, fmin(y, p->box.y + p->box.h - size.height - 1));
    return (Rect){x, y, size.width, size.height};
}

static void draw_notes(const Figure *f, cairo_t *cr, int panel, Ink *ink) {
    const Panel *p = &f->panels[panel];
    for (int k = 0; k < f->notes[panel].n; k++) {
        const Note *note = &f->notes[panel].at[k];
        const NoteSpec *spec = note->spec;
        int n_lines;
        char *text = arena_format(f->store->arena, "%s", note->text);
        wrap_text(cr, text, note_font, p->box.w - 10);
        TextSize size = note_size(cr, text, &n_lines);
        Rect place;
        bool placed = !isnan(spec->x);
        if (size.width > p->box.w) warn("%s:%d: the note is wider than its panel", f->store->spec_path, spec->line);
        if (placed)
            place = placed_note(p, spec, size);
        else
            ink_place(ink, size.width, size.height, (Corner)spec->at, &place);
        ink_block(ink, place);
        if (spec->arrow.n) draw_arrow(cr, place, axis_at(p->x, spec->arrow.at[0]), axis_at(p->y, spec->arrow.at[1]));
        bool right = !placed && place.x + place.w / 2 > p->box.x + p->box.w / 2;
        text_halo(cr, text, note_font, right ? place.x + place.w : place.x, place.y, right ? 1 : 0, 0, 0);
        set_ink(cr);
        text_draw(cr, text, note_font, right ? place.x + place.w : place.x, place.y, right ? 1 : 0, 0);
    }
}

// A panel with room for the legend beside its notes: the first one in reading order. The place is kept free.
static bool legend_inside(Figure *f, cairo_t *cr, Ink *ink, Rect *place) {
    TextSize size = legend_size(cr, &f->legend, 0);
    for (int i = 0; i < f->n_panels; i++) {
        if (size.width > 0.6 * f->panels[i].box.w || size.height > 0.7 * f->panels[i].box.h) continue;
        if (!ink_place(&ink[i], size.width, size.height, AT_AUTO, place)) continue;
        ink_block(&ink[i], *place);
        return true;
    }
    return false;
}

static Ink *all_ink(Figure *f) {
    Ink *ink = arena_get(f->store->arena, (size_t)f->n_panels, sizeof *ink);
    for (int i = 0; i < f->n_panels; i++) ink[i] = ink_of(f->store->arena, &f->panels[i], AS_INK);
    return ink;
}

// Where the legend goes decides the layout: inside if it covers no data, else above.
static Ink *place_legend(Figure *f, cairo_t *cr, Rect area, Rect *legend, double *flow) {
    *flow = 0;
    *legend = (Rect){0};
    if (f->spec->legend == LEGEND_AUTO || !f->legend.n) {
        lay_out(f, cr, area);
        Ink *ink = all_ink(f);
        if (!f->legend.n || legend_inside(f, cr, ink, legend)) return ink;
    }
    if (f->spec->legend == LEGEND_RIGHT) {
        TextSize size = legend_size(cr, &f->legend, 0);
        area.w -= size.width + 8;
        *legend = (Rect){area.x + area.w + 8, area.y + 4, size.width, size.height};
    } else {
        *flow = area.w;
        TextSize size = legend_size(cr, &f->legend, *flow);
        area.y += size.height + 2;
        area.h -= size.height + 2;
        *legend = (Rect){area.x, area.y - size.height - 2, size.width, size.height};
    }
    lay_out(f, cr, area);
    if (*flow > 0) { // centred over the frames, as far as the page allows
        double centred = (f->panels[0].box.x + area.x + area.w - legend->w) / 2;
        legend->x = fmax(area.x, fmin(centred, area.x + area.w - legend->w));
    }
    return all_ink(f);
}

// A frame that has no room left, or a text that the edge cuts, makes no figure.
static Status check_drawn(const Figure *f, const TextSheet *sheet) {
    for (int i = 0; i < f->n_panels; i++) {
        const Panel *p = &f->panels[i];
        TRY(panel_check(p, f->store->spec_path));
        if (p->box.w <= SMALLEST_FRAME || p->box.h <= SMALLEST_FRAME)
            return fail(BAD_INPUT,
                        "%s:%d: labels and legend leave a frame of %.2f x %.2f in; make the figure larger or its texts "
                        "shorter",
                        f->store->spec_path, p->spec->line, p->box.w / 72, p->box.h / 72);
    }
    if (!sheet->cut[0]) return OK;
    return fail(BAD_INPUT, "%s: the text '%s' does not fit on the page; shorten it or make the figure larger",
                f->store->spec_path, sheet->cut);
}

Status figure_draw(Figure *f, cairo_t *cr, double width, double height) {
    Rect area = {page_rim, page_rim, width - 2 * page_rim, height - 2 * page_rim}, legend;
    TextSheet sheet = {.width = width, .height = height, .slack = 0.5};
    double flow;
    text_watch(cr, &sheet);
    Ink *ink = place_legend(f, cr, area, &legend, &flow);
    for (int i = 0; i < f->n_panels; i++) {
        panel_draw(cr, f->store->arena, &f->panels[i]);
        draw_notes(f, cr, i, &ink[i]);
    }
    if (f->legend.n) legend_draw(cr, &f->legend, flow, legend.x, legend.y);
    text_watch(cr, NULL);
    return check_drawn(f, &sheet);
}
