// tabular.c - see tabular.h.
#include "tabular.h"

#include "read/fill.h"
#include "read/format.h"
#include "panel.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { MOST_COLUMNS = 32 };
static const double heavy = 0.9, light = 0.8, rim = 2;

struct Tabular {
    const TableSpec *spec;
    int n_rows, n_columns;
    const char **cell_RC;                                             // [n_rows * n_columns] rich text
    bool *rule_R;                                                     // a light rule above the row
    double x[MOST_COLUMNS], width[MOST_COLUMNS], point[MOST_COLUMNS]; // left, width, and where the decimal point stands
    double total;
};

static double row_height(const Tabular *t) {
    return t->spec->size * 1.5;
}

static Status fill(const Store *s, const Rows *rows, int i, const TableColumn *c, const char **cell) {
    const Table *t = rows->table;
    if (c->text) return fill_template(s, t, rows->at[i], c->text, &c->uncertainty, c->line, cell);
    int column;
    TRY(data_column(s, t, c->column, c->line, &column));
    const char *value = table_cell(t, rows->at[i], column);
    for (int k = 0; k < c->names.n; k++)
        if (!strcmp(c->names.from[k], value)) {
            *cell = c->names.to[k];
            return OK;
        }
    return fill_cell(s, t, rows->at[i], c->column, c->format, &c->uncertainty, c->line, cell);
}

static Status mark_groups(const Store *s, const Rows *rows, Tabular *t) {
    t->rule_R = arena_get(s->arena, (size_t)rows->n, sizeof *t->rule_R);
    if (!t->spec->group) return OK;
    int column;
    TRY(data_column(s, rows->table, t->spec->group, 1, &column));
    for (int i = 1; i < rows->n; i++)
        t->rule_R[i] =
            strcmp(table_cell(rows->table, rows->at[i], column), table_cell(rows->table, rows->at[i - 1], column)) != 0;
    return OK;
}

// The group's name stands once.
static void blank_repeats(Tabular *t) {
    for (int c = 0; t->spec->group && c < t->n_columns; c++) {
        const char *column = t->spec->columns[c].column;
        if (!column || strcmp(column, t->spec->group)) continue;
        for (int i = 1; i < t->n_rows; i++)
            if (!t->rule_R[i]) t->cell_RC[i * t->n_columns + c] = "";
    }
}

Status tabular_new(Store *s, const Spec *spec, Tabular **out) {
    Tabular *t = *out = arena_get(s->arena, 1, sizeof *t);
    t->spec = &spec->table;
    t->n_columns = t->spec->n_columns;
    if (t->n_columns > MOST_COLUMNS) return fail(BAD_INPUT, "%s: more than %d columns", s->spec_path, MOST_COLUMNS);
    const Table *data;
    Rows rows;
    Conditions none = {0};
    TRY(store_table(s, t->spec->data, 1, &data));
    TRY(data_rows(s, data, &t->spec->where, &none, &rows));
    if (rows.n == 0) return fail(BAD_INPUT, "%s: no row meets the conditions of %s", data->path, s->spec_path);
    t->n_rows = rows.n;
    t->cell_RC = arena_get(s->arena, (size_t)rows.n * (size_t)t->n_columns, sizeof *t->cell_RC);
    for (int i = 0; i < rows.n; i++)
        for (int c = 0; c < t->n_columns; c++)
            TRY(fill(s, &rows, i, &t->spec->columns[c], &t->cell_RC[i * t->n_columns + c]));
    TRY(mark_groups(s, &rows, t));
    blank_repeats(t);
    return OK;
}

static const char *head(const Tabular *t, int c) {
    const TableColumn *column = &t->spec->columns[c];
    return column->head ? column->head : column->column ? column->column : "";
}

// Width of the part before the decimal point, and of the whole; the point is where the digits stop.
static void split(cairo_t *cr, const char *cell, double size, double *before, double *whole) {
    char start[256];
    const char *digits = cell + strcspn(cell, "0123456789"), *stop = digits + strspn(digits, "0123456789");
    size_t n = (size_t)(stop - cell) < sizeof start - 1 ? (size_t)(stop - cell) : sizeof start - 1;
    memcpy(start, cell, n);
    start[n] = '\0';
    *before = text_size(cr, start, size).width;
    *whole = text_size(cr, cell, size).width;
}

static void measure_column(Tabular *t, cairo_t *cr, int c) {
    double before = 0, after = 0, widest = 0, b, w;
    for (int i = 0; i < t->n_rows; i++) {
        split(cr, t->cell_RC[i * t->n_columns + c], t->spec->size, &b, &w);
        before = fmax(before, b), after = fmax(after, w - b), widest = fmax(widest, w);
    }
    double title = text_size(cr, head(t, c), t->spec->size).width;
    bool decimal = t->spec->columns[c].align == COLUMN_DECIMAL;
    double body = decimal ? before + after : widest;
    t->width[c] = fmax(title, body);
    t->point[c] = (t->width[c] - body) / 2 + before; // the numbers stand centred under their head
}

void tabular_size(Tabular *t, cairo_t *cr, double most, double *width, double *height) {
    double used = 0;
    for (int c = 0; c < t->n_columns; c++) {
        measure_column(t, cr, c);
        used += t->width[c];
    }
    double gap = t->n_columns > 1 ? (most - 2 * rim - used) / (t->n_columns - 1) : 0;
    gap = fmin(fmax(gap, 4), 16);
    double x = rim;
    for (int c = 0; c < t->n_columns; c++) {
        t->x[c] = x;
        x += t->width[c] + gap;
    }
    t->total = *width = x - gap + rim;
    int rules = 0;
    for (int i = 0; i < t->n_rows; i++) rules += t->rule_R[i];
    *height = (t->n_rows + 1) * row_height(t) + 12 + 3 * rules;
}

static void rule(cairo_t *cr, double from, double to, double y, double width) {
    cairo_set_line_width(cr, width);
    cairo_move_to(cr, from, y), cairo_line_to(cr, to, y);
    cairo_stroke(cr);
}

static void draw_cell(const Tabular *t, cairo_t *cr, int c, const char *cell, double y) {
    double size = t->spec->size, left = t->x[c], before, whole;
    split(cr, cell, size, &before, &whole);
    switch (t->spec->columns[c].align) {
    case COLUMN_LEFT: text_draw(cr, cell, size, left, y, 0, 0.5); break;
    case COLUMN_RIGHT: text_draw(cr, cell, size, left + t->width[c], y, 1, 0.5); break;
    case COLUMN_CENTER: text_draw(cr, cell, size, left + t->width[c] / 2, y, 0.5, 0.5); break;
    default: text_draw(cr, cell, size, left + t->point[c] - before, y, 0, 0.5); break;
    }
}

void tabular_draw(const Tabular *t, cairo_t *cr) {
    double y = 2, step = row_height(t), end = t->total - 1;
    set_ink(cr);
    rule(cr, 1, end, y, heavy);
    y += 1.5;
    for (int c = 0; c < t->n_columns; c++) {
        int align = t->spec->columns[c].align;
        double ax = align == COLUMN_LEFT ? 0 : align == COLUMN_RIGHT ? 1 : 0.5;
        text_draw(cr, head(t, c), t->spec->size, t->x[c] + ax * t->width[c], y + step / 2, ax, 0.5);
    }
    y += step + 1.5;
    rule(cr, 1, end, y, light);
    y += 1.5;
    for (int i = 0; i < t->n_rows; i++) {
        if (t->rule_R[i]) rule(cr, 1, end, y + 1.5, light), y += 3;
        for (int c = 0; c < t->n_columns; c++) draw_cell(t, cr, c, t->cell_RC[i * t->n_columns + c], y + step / 2);
        y += step;
    }
    rule(cr, 1, end, y + 1.5, heavy);
}
