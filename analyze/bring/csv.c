// csv.c - a CSV file with a row a run: the runs table of Weights & Biases as its page exports it, the data frame of its
// documented export script (whose cells "config" and "summary" are Python dicts), or any other.
#include "readers.h"

#include "loose.h"

#include "ground/table.h"

#include <stdio.h>
#include <string.h>

static bool looks_like(const SourceText *s) {
    (void)s;
    return true;
}

static Status add_cell(const Table *t, int row, int column, Bag *bag) {
    const char *name = t->columns[column], *cell = table_cell(t, row, column);
    bool dict = *cell == '{' && (!strcmp(name, "config") || !strcmp(name, "summary"));
    if (!dict) return bag_add(bag, name, cell), OK;
    json_t *value = loose_json(t->path, t->lines[row], cell, strlen(cell));
    if (!value) return fail_within(BAD_INPUT, "%s", name);
    bag_add_json(bag, name, value);
    json_decref(value);
    return OK;
}

// "brisk-sun-7 - eval/loss__MIN": a chart's curves, a step a row.
static Status refuse_chart(const Table *t) {
    for (int i = 0; i < t->n_columns; i++)
        if (strstr(t->columns[i], "__MIN") || strstr(t->columns[i], "__MAX"))
            return fail(BAD_INPUT,
                        "%s:1: column '%s' is of a chart's export, which has a row a step and no settings; export the "
                        "table of runs instead",
                        t->path, t->columns[i]);
    return OK;
}

static Status read(const SourceText *s, Bags *bags) {
    Table t;
    char *text = allocate(s->length + 1, 1), origin[600];
    memcpy(text, s->text, s->length + 1);
    TRY(table_parse_foreign(s->path, text, s->length, &t));
    Status status = refuse_chart(&t);
    for (int row = 0; row < t.n_rows && status == OK; row++) {
        snprintf(origin, sizeof origin, "%s:%d", s->path, t.lines[row]);
        Bag *bag = bags_add(bags, origin, NULL);
        for (int i = 0; i < t.n_columns && status == OK; i++) status = add_cell(&t, row, i, bag);
    }
    table_free(&t);
    return status;
}

const Reader reader_csv = {"csv", "any CSV with a row a run, Weights & Biases' exports among them", looks_like, read};
