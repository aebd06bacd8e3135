// layer.c - see layer.h.
#include "layer.h"

#include "summary.h"
#include "ground/number.h"
#include "read/expression.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double farthest = 1e100; // beyond this the arithmetic of axes would overflow

typedef struct {
    Store *store;
    StyleSets *sets;
    const PanelSpec *panel;
    Layer *layer;
} Binding;

static Status category_number(const Table *t, int row, int column, Axis *axis, double *v) {
    const char *cell = table_cell(t, row, column);
    *v = *cell ? axis_category(axis, cell) : NAN;
    if (*v >= 0 || isnan(*v)) return OK;
    return fail(BAD_INPUT, "%s:%d: %s: more than %d different values on one axis", t->path, t->lines[row],
                t->columns[column], MOST_CATEGORIES);
}

static Status drawable(const Table *t, int row, const char *name, const Axis *axis, double v) {
    if (fabs(v) > farthest)
        return fail(BAD_INPUT, "%s:%d: %s: %g is too large to draw, expected at most %g", t->path, t->lines[row], name,
                    v, farthest);
    if (axis && axis->spec.scale == SCALE_LOG && v <= 0)
        return fail(BAD_INPUT,
                    "%s:%d: %s: %g is not positive, but its axis is logarithmic; leave the row out with 'where', or "
                    "set 'scale: linear'",
                    t->path, t->lines[row], name, v);
    return OK;
}

// One value: a category's place, or the expression's number.
static Status value_at(const Expression *e, const char *name, const Table *t, int row, Axis *axis, double *v) {
    int column = expression_column(e);
    if (axis && axis->spec.scale == SCALE_CATEGORY && column >= 0) return category_number(t, row, column, axis, v);
    TRY(expression_value(e, t, row, v));
    return drawable(t, row, name, axis, *v);
}

// The numbers of `name` in the layer's rows; `axis` (may be NULL) gives the scale and is widened, unless the mark is
// cut off at it.
static Status numbers(const Binding *b, const char *name, Axis *axis, double **out) {
    Rows rows = b->layer->rows;
    double *v = *out = arena_get(b->store->arena, (size_t)rows.n, sizeof *v);
    if (!name) {
        for (int i = 0; i < rows.n; i++) v[i] = NAN;
        return OK;
    }
    Expression e;
    TRY(expression_read(b->store, rows.table, name, b->layer->spec->line, &e));
    for (int i = 0; i < rows.n; i++) {
        TRY(value_at(&e, name, rows.table, rows.at[i], axis, &v[i]));
        if (axis && b->layer->spec->clip != CLIP_ALL) axis_include(axis, v[i]);
    }
    return OK;
}

// Ends of intervals: -inf and inf say that an end is open, and so does what a log axis cannot show.
static Status ends(const Binding *b, const char *name, Axis *axis, double **out) {
    Rows rows = b->layer->rows;
    if (!name) return numbers(b, NULL, axis, out);
    double *v = *out = arena_get(b->store->arena, (size_t)rows.n, sizeof *v);
    Expression e;
    TRY(expression_read(b->store, rows.table, name, b->layer->spec->line, &e));
    int column = expression_column(&e);
    for (int i = 0; i < rows.n; i++) {
        const char *cell = column >= 0 ? table_cell(rows.table, rows.at[i], column) : "";
        bool below = !strcmp(cell, "-inf"), above = !strcmp(cell, "inf");
        if (below || above)
            v[i] = below ? -INFINITY : INFINITY;
        else
            TRY(expression_value(&e, rows.table, rows.at[i], &v[i]));
        if (axis->spec.scale == SCALE_LOG && v[i] <= 0) v[i] = -INFINITY;
        if (isinf(v[i])) continue;
        TRY(drawable(rows.table, rows.at[i], name, axis, v[i]));
        if (b->layer->spec->clip == CLIP_NONE) axis_include(axis, v[i]);
    }
    return OK;
}

static Status set_find(const Binding *b, const char *column, StyleSet **set) {
    StyleSets *sets = b->sets;
    for (int i = 0; i < sets->n; i++) {
        *set = &sets->at[i];
        if (!strcmp((*set)->spec.column, column)) return OK;
    }
    if (sets->n == MOST_STYLE_SETS)
        return fail(BAD_INPUT, "%s:%d: more than %d different series columns", b->store->spec_path,
                    b->layer->spec->line, MOST_STYLE_SETS);
    *set = &sets->at[sets->n++];
    (*set)->spec.column = column;
    return OK;
}

static Status series_of(const Binding *b, const char *name, const StyleSet **out, int **index) {
    *out = NULL;
    *index = NULL;
    if (!name) return OK;
    Rows rows = b->layer->rows;
    StyleSet *set;
    int column;
    TRY(data_column(b->store, rows.table, name, b->layer->spec->line, &column));
    TRY(set_find(b, name, &set));
    *index = arena_get(b->store->arena, (size_t)rows.n, sizeof **index);
    for (int i = 0; i < rows.n; i++) {
        const char *cell = table_cell(rows.table, rows.at[i], column);
        int k = 0;
        while (k < set->n && strcmp(set->value[k], cell)) k++;
        if (k == MOST_SERIES)
            return fail(BAD_INPUT, "%s:%d: %s: more than %d series", rows.table->path, rows.table->lines[rows.at[i]],
                        name, MOST_SERIES);
        if (k == set->n) set->value[set->n++] = cell;
        (*index)[i] = k;
    }
    *out = set;
    return OK;
}

static Status texts(const Binding *b) {
    Layer *l = b->layer;
    if (!l->spec->text) return OK;
    int column;
    TRY(data_column(b->store, l->rows.table, l->spec->text, l->spec->line, &column));
    l->text = arena_get(b->store->arena, (size_t)l->rows.n, sizeof *l->text);
    for (int i = 0; i < l->rows.n; i++)
        l->text[i] =
            format_value(b->store->arena, table_cell(l->rows.table, l->rows.at[i], column), NULL, l->spec->format);
    return OK;
}

// Cells reach half a step beyond their centres, and fill the frame.
static void include_cells(const Binding *b, Axis *axis, const double *v) {
    int n = b->layer->rows.n;
    double *centre = arena_get(b->store->arena, (size_t)n + 1, sizeof *centre);
    double *edge = arena_get(b->store->arena, (size_t)n + 2, sizeof *edge);
    memcpy(centre, v, (size_t)n * sizeof *v);
    n = sort_unique(centre, n);
    cell_edges(axis, centre, n, edge);
    axis->tight = true;
    if (n) axis_include(axis, edge[0]), axis_include(axis, edge[n]);
}

bool bars_lie(const Axis *x, const Axis *y) {
    return y->spec.scale == SCALE_CATEGORY && x->spec.scale != SCALE_CATEGORY;
}

static bool without_data(const MarkSpec *m) {
    return m->kind == MARK_DIAGONAL || !isnan(m->at) || (m->kind == MARK_SPAN && !(isnan(m->from) && isnan(m->to)));
}

static Status check_fixed(const Binding *b, const Axis *axis, double v) {
    if (!(axis->spec.scale == SCALE_LOG && v <= 0)) return OK;
    return fail(BAD_INPUT, "%s:%d: %g is not positive, but its axis is logarithmic", b->store->spec_path,
                b->layer->spec->line, v);
}

Status layer_read(Store *store, StyleSets *sets, const PanelSpec *panel, const MarkSpec *m, Axis *x, Axis *y,
                  Layer *l) {
    *l = (Layer){.spec = m};
    Binding b = {store, sets, panel, l};
    Axis *across = m->kind == MARK_HLINE ? y : x;
    if (without_data(m)) {
        if (!isnan(m->at)) axis_include(across, m->at);
        TRY(check_fixed(&b, across, m->at));
        TRY(check_fixed(&b, across, m->from));
        return check_fixed(&b, across, m->to);
    }
    const Table *t;
    TRY(store_table(store, m->data ? m->data : panel->data, m->line, &t));
    TRY(data_rows(store, t, &panel->where, &m->where, &l->rows));
    if (l->rows.n == 0 && !m->optional && !panel->optional)
        return fail(BAD_INPUT, "%s: no row meets the conditions of the mark at %s:%d; 'optional: true' allows that",
                    t->path, store->spec_path, m->line);
    const char *of_x = m->x ? m->x : panel->x.column, *of_y = m->y ? m->y : panel->y.column;
    bool no_y = m->kind == MARK_VLINE || m->kind == MARK_SPAN || m->kind == MARK_BAND || m->kind == MARK_HISTOGRAM ||
                m->kind == MARK_ECDF;
    TRY(numbers(&b, m->kind == MARK_HLINE ? NULL : of_x, x, &l->x));
    Axis raw = *y; // a smoothed line shows less than its rows
    TRY(numbers(&b, no_y ? NULL : of_y, m->kind == MARK_SMOOTH ? &raw : y, &l->y));
    TRY(ends(&b, m->lo, y, &l->lo));
    TRY(ends(&b, m->hi, y, &l->hi));
    TRY(ends(&b, m->xlo, x, &l->xlo));
    TRY(ends(&b, m->xhi, x, &l->xhi));
    AxisSpec ramp = {.scale = m->log ? SCALE_LOG : SCALE_LINEAR};
    Axis values = axis_new(&ramp);
    TRY(numbers(&b, m->value, &values, &l->value));
    TRY(texts(&b));
    if (m->kind == MARK_HEAT) include_cells(&b, x, l->x), include_cells(&b, y, l->y);
    if (m->kind == MARK_BARS) axis_include(bars_lie(x, y) ? x : y, 0);
    if (m->kind == MARK_CONTOUR) x->tight = y->tight = true;
    TRY(series_of(&b, m->series, &l->set, &l->series));
    TRY(series_of(&b, m->shape, &l->shapes, &l->shape));
    layer_summarize(store->arena, l, x, y);
    return OK;
}

// The number that orders a value: itself, or the one in "N = 671M".
static bool order_of(const char *value, double *x) {
    if (parse_number(value, x)) return true;
    const char *digits = value + strcspn(value, "0123456789");
    char number[32];
    size_t n = strspn(digits, "0123456789.");
    if (n == 0 || n + 1 >= sizeof number) return false;
    snprintf(number, sizeof number, "%.*s", (int)n + 1, digits);
    if (parse_number(number, x)) return true;
    number[n] = '\0';
    return parse_number(number, x);
}

Status styles_finish(Arena *a, StyleSets *sets) {
    for (int k = 0; k < sets->n; k++) {
        StyleSet *s = &sets->at[k];
        if (s->n > MOST_LOOKS && s->spec.palette == PALETTE_CATEGORIES)
            return fail(BAD_INPUT,
                        "series '%.60s' has %d values, and no more than %d looks can be told apart; select some with "
                        "'where', or give it 'palette: ordered' under 'styles'",
                        s->spec.column, s->n, MOST_LOOKS);
        double number[MOST_SERIES];
        bool ordered = s->spec.palette == PALETTE_ORDERED, any = false;
        for (int i = 0; i < s->n; i++) {
            s->rank[i] = i;
            s->name[i] = format_value(a, s->value[i], &s->spec.names, s->spec.format);
            if (order_of(s->value[i], &number[i]))
                any = true;
            else
                number[i] = -INFINITY; // words before numbers
        }
        for (int i = 0; ordered && any && i < s->n; i++) {
            s->rank[i] = 0;
            for (int j = 0; j < s->n; j++) {
                bool tie = number[j] == number[i]; // no two of one rank
                s->rank[i] += tie ? j < i : number[j] < number[i];
            }
        }
    }
    return OK;
}

Look layer_look_of(const Layer *l, int series, int shape) {
    const MarkSpec *m = l->spec;
    Look look = {.width = 1,
                 .size = 4,
                 .alpha = m->kind == MARK_BAND                                  ? 0.18
                          : m->kind == MARK_HISTOGRAM || m->kind == MARK_VIOLIN ? 0.3
                                                                                : 1,
                 .hollow = m->hollow};
    // In a crowd the rims would hide the markers.
    look.rim = l->rows.n <= 150;
    if (m->kind == MARK_HLINE || m->kind == MARK_VLINE || m->kind == MARK_DIAGONAL) {
        look.width = 0.8;
        palette_named("gray", &look.color);
    }
    if (m->kind == MARK_SPAN) look.alpha = 0.12, palette_named("gray", &look.color);
    if (series >= 0) {
        int rank = l->set->rank[series];
        look.color = palette_color((PaletteKind)l->set->spec.palette, rank, l->set->n);
        look.marker = palette_marker(rank);
        look.dash = palette_dash(rank);
    }
    if (shape >= 0) look.marker = palette_marker(l->shapes->rank[shape]);
    if (m->kind == MARK_ERRORS && m->marker < 0) look.marker = N_MARKERS - 1;
    if (m->color) palette_named(m->color, &look.color);
    if (m->marker >= 0) look.marker = m->marker;
    if (m->dash >= 0) look.dash = m->dash;
    if (!isnan(m->width)) look.width = m->width;
    if (!isnan(m->size)) look.size = m->size;
    if (!isnan(m->alpha)) look.alpha = m->alpha;
    return look;
}

Look layer_look(const Layer *l, int i) {
    return layer_look_of(l, i >= 0 && l->series ? l->series[i] : -1, i >= 0 && l->shape ? l->shape[i] : -1);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double quantile(double *v, int n, double q) {
    qsort(v, (size_t)n, sizeof *v, by_value);
    double at = q * (n - 1);
    int i = at >= n - 1 ? n - 1 : (int)at;
    return i + 1 < n ? v[i] + (at - i) * (v[i + 1] - v[i]) : v[i];
}

int sort_unique(double *v, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) v[kept++] = v[i];
    n = kept;
    qsort(v, (size_t)n, sizeof *v, by_value);
    kept = 0;
    for (int i = 0; i < n; i++)
        if (!kept || v[i] > v[kept - 1]) v[kept++] = v[i];
    return kept;
}

void cell_edges(const Axis *a, const double *centre, int n, double *edge) {
    bool log = a->spec.scale == SCALE_LOG;
    for (int i = 1; i < n; i++) edge[i] = log ? sqrt(centre[i - 1] * centre[i]) : (centre[i - 1] + centre[i]) / 2;
    if (n == 1) {
        edge[0] = log ? centre[0] / 2 : centre[0] - 0.5;
        edge[1] = log ? centre[0] * 2 : centre[0] + 0.5;
    } else if (n > 1) {
        edge[0] = log ? centre[0] * centre[0] / edge[1] : 2 * centre[0] - edge[1];
        edge[n] = log ? centre[n - 1] * centre[n - 1] / edge[n - 1] : 2 * centre[n - 1] - edge[n - 1];
    }
}
