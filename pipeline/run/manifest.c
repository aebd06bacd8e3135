// manifest.c - see manifest.h.
#include "manifest.h"

#include "idset.h"

#include <stdlib.h>
#include <string.h>

static Status read_row(const Manifest *m, int row, int id_column, Run *run, char id[RUN_ID]) {
    const Table *t = &m->table;
    *run = run_default();
    for (const RunField *f = run_fields; f->name; f++) {
        int column = table_column(t, f->name);
        const char *cell = column < 0 ? "" : table_cell(t, row, column);
        if (*cell && run_set(run, f->name, cell) != OK) return fail_within(BAD_INPUT, "%s:%d", t->path, t->lines[row]);
    }
    if (run_finish(run) != OK) return fail_within(BAD_INPUT, "%s:%d", t->path, t->lines[row]);
    run_id(run, id);
    const char *written = id_column < 0 ? "" : table_cell(t, row, id_column);
    if (*written && strcmp(written, id))
        return fail(BAD_INPUT,
                    "%s:%d: run_id: '%.40s' does not follow from the row, which gives %s; expand the design again",
                    t->path, t->lines[row], written, id);
    return OK;
}

// A table without a single setting is some other file.
static Status check_columns(const Table *t) {
    for (const RunField *f = run_fields; f->name; f++)
        if (table_column(t, f->name) >= 0) return OK;
    return fail(BAD_INPUT, "%s:1: no column is a setting of a run, expected a manifest as moesweep expand writes it",
                t->path);
}

static Status read_rows(Manifest *m, IdSet *seen) {
    const Table *t = &m->table;
    TRY(check_columns(t));
    int id_column = table_column(t, "run_id");
    m->runs = allocate(t->n_rows, sizeof *m->runs);
    m->ids = allocate(t->n_rows, sizeof *m->ids);
    for (int row = 0; row < t->n_rows; row++) {
        TRY(read_row(m, row, id_column, &m->runs[row], m->ids[row]));
        int first = idset_add(seen, m->ids[row]);
        if (first < row)
            return fail(BAD_INPUT, "%s:%d: run_id: %s stands already on line %d", t->path, t->lines[row], m->ids[row],
                        t->lines[first]);
        m->n_runs++;
    }
    return OK;
}

Status manifest_read(const char *path, Manifest *m) {
    *m = (Manifest){0};
    TRY(table_read(path, &m->table));
    IdSet seen = {0};
    Status s = read_rows(m, &seen);
    idset_free(&seen);
    if (s != OK) manifest_free(m);
    return s;
}

void manifest_free(Manifest *m) {
    table_free(&m->table);
    free(m->runs);
    free(m->ids);
    *m = (Manifest){0};
}
