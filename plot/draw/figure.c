// figure.c - see figure.h.
#include "figure.h"

#include "read/fill.h"
#include "legend.h"
#include "panel.h"
#include "place.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { MOST_NOTES = 16, MOST_GRID = 32 };
static const double page_rim = 1.5, panel_gap = 7, note_font = 7, note_line = 9.5;

typedef struct {
    const char *text; // rich; lines split at '\n'
    Corner at;
    int line;
} Note;

typedef struct {
    int n;
    Note at[MOST_NOTES];
} Notes;

struct Figure {
    Store *store;
    const FigureSpec *spec;
    StyleSets sets;
    int n_panels, n_columns, n_rows;
    Panel *panels; // [n_panels]
    Notes *notes;  // [n_panels]
    Legend legend;
};

static bool shares(const Figure *f, Share which) {
    return f->spec->share == (int)which || f->spec->share == SHARE_BOTH;
}

// The axis of an earlier panel in the same column (or row), if the figure shares it.
static Status choose_axis(Figure *f, const Panel *p, bool is_x, Axis **axis) {
    const AxisSpec *spec = is_x ? &p->spec->x : &p->spec->y;
    for (int i = 0; shares(f, is_x ? SHARE_X : SHARE_Y) && i < f->n_panels; i++) {
        Panel *q = &f->panels[i];
        if (is_x ? q->column != p->column : q->row != p->row) continue;
        *axis = is_x ? q->x : q->y;
        if ((*axis)->spec.scale == spec->scale) return OK;
        return fail(BAD_INPUT, "%s:%d: %s: panels that share this axis must have the same 'scale'", f->store->spec_path,
                    p->spec->line, is_x ? "x" : "y");
    }
    *axis = arena_get(f->store->arena, 1, sizeof **axis);
    **axis = axis_new(spec);
    return OK;
}

// The middle 95 % of a column over the rows, and its first value, as a table of one row {value, lo, hi}.
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
    one->path = rows->table->path, one->columns = names, one->lines = rows->table->lines;
    one->n_columns = 3, one->n_rows = 1;
    one->cells = arena_get(a, 3, sizeof *one->cells);
    for (int i = 0; i < 3; i++) one->cells[i] = arena_format(a, "%.17g", value[i]);
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

static Status read_notes(Figure *f, const PanelSpec *spec, Notes *notes) {
    for (int k = 0; k < spec->n_notes; k++) {
        const NoteSpec *note = &spec->notes[k];
        const char *text = note->text;
        if (strchr(text, '{') || note->where.n) TRY(note_text(f, spec, note, &text));
        Note *last = notes->n ? &notes->at[notes->n - 1] : NULL;
        if (text && last && (int)last->at == note->at) // of one place, one block
            last->text = arena_format(f->store->arena, "%s\n%s", last->text, text);
        else if (text && notes->n < MOST_NOTES)
            notes->at[notes->n++] = (Note){text, (Corner)note->at, note->line};
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
    TRY(read_notes(f, spec, &f->notes[f->n_panels]));
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

static void finish_axes(Figure *f) {
    for (int i = 0; i < f->n_panels; i++) {
        Panel *p = &f->panels[i];
        name_categories(f, p->x, p->spec->x.column);
        name_categories(f, p->y, p->spec->y.column);
        if (p->spec->equal) {
            axis_include(p->x, p->y->lo), axis_include(p->x, p->y->hi);
            axis_include(p->y, p->x->lo), axis_include(p->y, p->x->hi);
        }
        bool below = i + f->n_columns < f->n_panels;
        p->x_text = !shares(f, SHARE_X) || !below;
        p->y_text = !shares(f, SHARE_Y) || p->column == 0;
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
    f->panels = arena_get(a, (size_t)f->spec->n_panels, sizeof *f->panels);
    f->notes = arena_get(a, (size_t)f->spec->n_panels, sizeof *f->notes);
    for (int i = 0; i < f->spec->n_panels; i++) TRY(read_panel(f, &f->spec->panels[i]));
    if (!f->n_panels) return fail(BAD_INPUT, "%s: all panels are optional and the data have none", store->spec_path);
    if (f->n_columns > f->n_panels) f->n_columns = f->n_panels;
    f->n_rows = (f->n_panels + f->n_columns - 1) / f->n_columns;
    if (f->n_rows > MOST_GRID) return fail(BAD_INPUT, "%s: more than %d rows of panels", store->spec_path, MOST_GRID);
    styles_finish(a, &f->sets);
    finish_axes(f);
    count_hidden(f);
    if (f->spec->legend != LEGEND_NONE) legend_collect(&f->legend, f->panels, f->n_panels, &f->sets);
    return OK;
}

void figure_fit(const Figure *drawn, Spec *spec, double width) {
    FigureSpec *f = &spec->figure;
    double scale = width / spec->width, narrowest = 1.5;
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
        size[i] = fmax(10, room * weight(weights, i) / total);
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

static TextSize note_size(cairo_t *cr, const Note *note, int *n_lines) {
    TextSize size = text_size(cr, note->text, note_font);
    *n_lines = 1;
    for (const char *p = note->text; (p = strchr(p, '\n')); p++) ++*n_lines;
    size.height = fmax(size.height, *n_lines * note_line);
    return size;
}

static void draw_notes(const Figure *f, cairo_t *cr, int panel, Ink *ink) {
    for (int k = 0; k < f->notes[panel].n; k++) {
        const Note *note = &f->notes[panel].at[k];
        int n_lines;
        TextSize size = note_size(cr, note, &n_lines);
        Rect place;
        if (size.width > f->panels[panel].box.w)
            warn("%s:%d: the note is wider than its panel", f->store->spec_path, note->line);
        ink_place(ink, size.width, size.height, note->at, &place);
        ink_block(ink, place);
        bool right = place.x + place.w / 2 > f->panels[panel].box.x + f->panels[panel].box.w / 2;
        text_halo(cr, note->text, note_font, right ? place.x + place.w : place.x, place.y, right ? 1 : 0, 0, 0);
        cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
        text_draw(cr, note->text, note_font, right ? place.x + place.w : place.x, place.y, right ? 1 : 0, 0);
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

void figure_draw(Figure *f, cairo_t *cr, double width, double height) {
    Rect area = {page_rim, page_rim, width - 2 * page_rim, height - 2 * page_rim}, legend;
    double flow;
    Ink *ink = place_legend(f, cr, area, &legend, &flow);
    for (int i = 0; i < f->n_panels; i++) {
        panel_draw(cr, f->store->arena, &f->panels[i]);
        draw_notes(f, cr, i, &ink[i]);
    }
    if (f->legend.n) legend_draw(cr, &f->legend, flow, legend.x, legend.y);
}
