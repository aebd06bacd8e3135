// planned.c - see planned.h.
#include "planned.h"

#include "runs/table_file.h"
#include "runs/where.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { N_NUMBERS = 10, N_TEXTS = 3 };

static Status read_row(const Table *t, int row, const int column[N_NUMBERS], PlannedRow *r) {
    double x[N_NUMBERS];
    for (int i = 0; i < N_NUMBERS; i++) {
        TRY(table_number(t, row, column[i], &x[i]));
        if (!isfinite(x[i]))
            return fail(BAD_INPUT, "%s:%d: %s: is blank, expected a number", t->path, t->lines[row],
                        t->columns[column[i]]);
    }
    *r = (PlannedRow){.D = x[0],
                      .N = x[1],
                      .Na = x[2],
                      .G = x[3],
                      .S = x[4],
                      .loss = x[5],
                      .seed = x[6],
                      .data_seed = x[7],
                      .d_model = (int)x[8],
                      .n_layers = (int)x[9],
                      .cell_id = table_cell(t, row, table_column(t, "cell")),
                      .trunk_id = table_cell(t, row, table_column(t, "trunk")),
                      .block = table_cell(t, row, table_column(t, "block")),
                      .marked = holdout_mark(t, row)};
    return OK;
}

// Numbers rows by a text, in order of appearance.
static int number_rows(const Planned *p, size_t text, size_t number) {
    int n = 0;
    for (int i = 0; i < p->n; i++) {
        const char *own = *(const char *const *)((char *)&p->rows[i] + text);
        int *to = (int *)((char *)&p->rows[i] + number), k = 0;
        while (k < i && strcmp(own, *(const char *const *)((char *)&p->rows[k] + text)) != 0) k++;
        *to = k < i ? *(int *)((char *)&p->rows[k] + number) : n++;
    }
    return n;
}

static Status read_rows(const Table *t, PlannedRow *rows) {
    static const char *const numbers[N_NUMBERS] = {"D",    "N",    "Na",        "G",       "S",
                                                   "loss", "seed", "data_seed", "d_model", "n_layers"},
                             *const texts[N_TEXTS] = {"cell", "trunk", "block"};
    int column[N_NUMBERS];
    for (int i = 0; i < N_NUMBERS + N_TEXTS; i++) {
        const char *name = i < N_NUMBERS ? numbers[i] : texts[i - N_NUMBERS];
        int at = table_column(t, name);
        if (at < 0) return fail(BAD_INPUT, "%s: has no column %s, which tables of a design have", t->path, name);
        if (i < N_NUMBERS) column[i] = at;
    }
    for (int i = 0; i < t->n_rows; i++) TRY(read_row(t, i, column, &rows[i]));
    return OK;
}

Status planned_add(const char *path, Planned *p) {
    char sha256[SHA256_TEXT];
    Table *t = &p->tables[p->n_tables];
    if (p->n_tables == MOST_TABLES) return fail(BAD_INPUT, "%s: more than %d tables", path, MOST_TABLES);
    TRY(table_file_read(path, t, sha256));
    p->rows = reallocate(p->rows, p->n + t->n_rows, sizeof *p->rows);
    Status s = read_rows(t, p->rows + p->n);
    if (s != OK) {
        table_free(t);
        return s;
    }
    p->n += t->n_rows;
    p->n_tables++;
    p->n_cells = number_rows(p, offsetof(PlannedRow, cell_id), offsetof(PlannedRow, cell));
    p->n_trunks = number_rows(p, offsetof(PlannedRow, trunk_id), offsetof(PlannedRow, trunk));
    return OK;
}

Status planned_read(const char *path, Planned *p) {
    *p = (Planned){0};
    Status s = planned_add(path, p);
    if (s != OK) planned_free(p);
    return s;
}

void planned_free(Planned *p) {
    free(p->rows);
    for (int i = 0; i < p->n_tables; i++) table_free(&p->tables[i]);
    *p = (Planned){0};
}
