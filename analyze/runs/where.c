// where.c - see where.h.
#include "where.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Status source_find(const Table *t, const char *name, Source *s) {
    s->key[0] = '\0';
    s->column = table_column(t, name);
    if (s->column >= 0) return OK;
    if (!strncmp(name, "notes.", 6) && name[6]) {
        s->column = table_column(t, "notes");
        if (s->column < 0)
            return fail(BAD_INPUT, "%s:1: has no column 'notes', which %s is looked for in", t->path, name);
        snprintf(s->key, sizeof s->key, "%s", name + 6);
        return OK;
    }
    char have[512] = "";
    for (int i = 0; i < t->n_columns; i++) {
        size_t used = strlen(have);
        snprintf(have + used, sizeof have - used, "%s%s", i ? ", " : "", t->columns[i]);
    }
    return fail(BAD_INPUT, "%s:1: has no column '%s'; it has %s", t->path, name, have);
}

const char *source_text(const Table *t, const Source *s, int row, char room[CELL_ROOM]) {
    const char *cell = table_cell(t, row, s->column);
    if (!s->key[0]) return cell;
    return notes_value(cell, s->key, room, CELL_ROOM) ? room : "";
}

Status source_number(const Table *t, const Source *s, const char *name, int row, double *x) {
    char room[CELL_ROOM];
    const char *text = source_text(t, s, row, room);
    *x = NAN;
    if (!*text || parse_number(text, x)) return OK;
    return fail(BAD_INPUT, "%s:%d: %s: '%s' is not a number (blank means unknown)", t->path, t->lines[row], name, text);
}

typedef enum { EQUAL, UNEQUAL, MORE, MORE_EQUAL, LESS, LESS_EQUAL, CONTAINS } Relation;

typedef struct {
    char name[128];
    Relation relation;
    const char *value;
    double number; // NAN if the value is text
    Source source;
} Condition;

static Status parse_condition(const Table *t, const char *text, Condition *c) {
    static const struct {
        const char *sign;
        Relation relation;
    } signs[] = {{">=", MORE_EQUAL}, {"<=", LESS_EQUAL}, {"!=", UNEQUAL}, {">", MORE},
                 {"<", LESS},        {"=", EQUAL},       {"~", CONTAINS}};
    size_t at = strcspn(text, "<>=!~");
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t length = strlen(signs[i].sign);
        if (strncmp(text + at, signs[i].sign, length) != 0) continue;
        if (at == 0 || at >= sizeof c->name) break;
        memcpy(c->name, text, at);
        c->name[at] = '\0';
        while (at > 0 && c->name[at - 1] == ' ') c->name[--at] = '\0';
        c->relation = signs[i].relation;
        c->value = text + strcspn(text, "<>=!~") + length;
        while (*c->value == ' ') c->value++;
        c->number = NAN;
        bool numeric = parse_number(c->value, &c->number);
        if (!numeric && c->relation >= MORE && c->relation <= LESS_EQUAL)
            return fail(BAD_INPUT, "--where %s: '%s' is not a number to compare with", text, c->value);
        if (c->relation == CONTAINS && !*c->value) return fail(BAD_INPUT, "--where %s: needs a text after ~", text);
        return source_find(t, c->name, &c->source) == OK ? OK : fail_within(BAD_INPUT, "--where %s", text);
    }
    return fail(BAD_INPUT, "--where %s: expected COLUMN, one of = != > >= < <= ~, and a value", text);
}

// Whether one of the alternatives "a|b|c" equals the cell (as numbers where both are) or, for ~, stands in it.
static bool matches(const char *cell, const char *alternatives, Relation relation) {
    for (const char *at = alternatives;; at++) {
        char one[CELL_ROOM];
        double x, y;
        size_t length = strcspn(at, "|");
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        if (relation == CONTAINS ? strstr(cell, one) != NULL
                                 : !strcmp(cell, one) || (parse_number(cell, &x) && parse_number(one, &y) && x == y))
            return true;
        at += length;
        if (!*at) return false;
    }
}

static Status holds(const Table *t, const Condition *c, int row, bool *yes) {
    char room[CELL_ROOM];
    const char *cell = source_text(t, &c->source, row, room);
    double x = NAN;
    if (c->relation == CONTAINS || c->relation == EQUAL || c->relation == UNEQUAL) {
        *yes = matches(cell, c->value, c->relation) != (c->relation == UNEQUAL);
        return OK;
    }
    if (!parse_number(cell, &x) && *cell)
        return fail(BAD_INPUT, "%s:%d: %s: '%s' is not a number, as --where needs", t->path, t->lines[row], c->name,
                    cell);
    *yes = c->relation == MORE         ? x > c->number
           : c->relation == MORE_EQUAL ? x >= c->number
           : c->relation == LESS       ? x < c->number
                                       : x <= c->number; // blank is NAN and meets none
    return OK;
}

Status where_apply(const Table *t, const TextList *conditions, bool *keep) {
    for (int row = 0; row < t->n_rows; row++) keep[row] = true;
    for (int i = 0; i < conditions->n; i++) {
        Condition c;
        TRY(parse_condition(t, conditions->text[i], &c));
        for (int row = 0; row < t->n_rows; row++) {
            bool yes = false;
            TRY(holds(t, &c, row, &yes));
            keep[row] = keep[row] && yes;
        }
    }
    return OK;
}

const char *mark_of(const char *cell) {
    static const char *const unmarked[] = {"0", "no", "false"};
    for (size_t i = 0; i < sizeof unmarked / sizeof *unmarked; i++)
        if (!strcmp(cell, unmarked[i])) return "";
    return cell;
}

const char *holdout_mark(const Table *t, int row) {
    int column = table_column(t, "holdout");
    return column < 0 ? "" : mark_of(t->cells[(long)row * t->n_columns + column]);
}
