// data.c - see data.h.
#include "data.h"

#include "jsonl.h"
#include "ground/number.h"
#include "ground/words.h"

#include <math.h>
#include <string.h>

static const char *resolve(const Store *s, const char *name) {
    bool is_main = !name || (s->fallback && !strcmp(name, s->fallback));
    if (is_main && s->main) return s->main;
    if (!name || name[0] == '/') return name;
    const char *beside = s->main ? s->main : s->spec_path, *slash = strrchr(beside, '/');
    return slash ? arena_format(s->arena, "%.*s/%s", (int)(slash - beside), beside, name) : name;
}

Status store_table(Store *s, const char *name, int line, const Table **table) {
    const char *path = resolve(s, name);
    if (!path)
        return fail(BAD_INPUT, "%s:%d: no data: give DATA.csv after the spec, or 'data: FILE.csv' in it", s->spec_path,
                    line);
    for (int i = 0; i < s->n; i++) {
        *table = &s->table[i];
        if (!strcmp(s->table[i].path, path)) return OK;
    }
    if (s->n == MOST_TABLES) return fail(BAD_INPUT, "%s: more than %d data files", s->spec_path, MOST_TABLES);
    Table *t = &s->table[s->n];
    const char *ending = strrchr(path, '.');
    if (ending && !strcmp(ending, ".jsonl"))
        TRY(jsonl_read(s->arena, path, t));
    else
        TRY(table_read(path, t));
    s->n++;
    if (t->n_rows == 0) return fail(BAD_INPUT, "%s:1: has a header but no rows, so there is nothing to draw", path);
    *table = t;
    return OK;
}

void store_free(Store *s) {
    for (int i = 0; i < s->n; i++) table_free(&s->table[i]);
    s->n = 0;
}

Status data_column(const Store *s, const Table *t, const char *name, int line, int *column) {
    *column = table_column(t, name);
    if (*column >= 0) return OK;
    const char **known = arena_get(s->arena, (size_t)t->n_columns + 1, sizeof *known);
    for (int i = 0; i < t->n_columns; i++) known[i] = t->columns[i];
    char list[WORD_LIST];
    return fail(BAD_INPUT, "%s:1: no column '%.60s'%s, which %s:%d asks for; there are %s", t->path, name,
                nearest_word(name, known), s->spec_path, line, word_list(known, list));
}

static Status holds(const Table *t, int row, int column, const Condition *c, bool *yes) {
    const char *cell = table_cell(t, row, column);
    double x, wanted;
    switch (c->comparison) {
    case CONTAINS: *yes = strstr(cell, c->value) != NULL; return OK;
    case IS:
    case IS_NOT:
        *yes = !strcmp(cell, c->value);
        // 1, 1.0 and 1e0 are the same value.
        if (!*yes && parse_number(cell, &x) && parse_number(c->value, &wanted)) *yes = x == wanted;
        *yes = *yes == (c->comparison == IS);
        return OK;
    default: break;
    }
    TRY(table_number(t, row, column, &x));
    *yes = c->comparison == LESS         ? x < c->number
           : c->comparison == LESS_EQUAL ? x <= c->number
           : c->comparison == MORE       ? x > c->number
                                         : x >= c->number;
    return OK;
}

// "step=@max" keeps the rows of the largest step among those that are left.
static Status resolve_extreme(const Rows *rows, int column, Condition *c) {
    bool most = !strcmp(c->value, "@max");
    if (c->comparison != IS || (!most && strcmp(c->value, "@min") != 0)) return OK;
    c->number = most ? -INFINITY : INFINITY;
    for (int i = 0; i < rows->n; i++) {
        double x;
        TRY(table_number(rows->table, rows->at[i], column, &x));
        c->number = most ? fmax(c->number, x) : fmin(c->number, x);
    }
    c->comparison = most ? MORE_EQUAL : LESS_EQUAL;
    return OK;
}

static Status keep(const Store *s, const Conditions *list, Rows *rows) {
    for (int k = 0; k < list->n; k++) {
        Condition condition = list->at[k], *c = &condition;
        int column, n = 0;
        TRY(data_column(s, rows->table, c->column, c->line, &column));
        TRY(resolve_extreme(rows, column, c));
        for (int i = 0; i < rows->n; i++) {
            bool yes;
            TRY(holds(rows->table, rows->at[i], column, c, &yes));
            if (yes) rows->at[n++] = rows->at[i];
        }
        rows->n = n;
    }
    return OK;
}

Status data_rows(const Store *s, const Table *t, const Conditions *a, const Conditions *b, Rows *rows) {
    *rows = (Rows){t, t->n_rows, arena_get(s->arena, (size_t)t->n_rows, sizeof(int))};
    for (int i = 0; i < t->n_rows; i++) rows->at[i] = i;
    TRY(keep(s, a, rows));
    return keep(s, b, rows);
}
