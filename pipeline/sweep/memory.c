// memory.c - see memory.h.
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_id(const char *text) {
    return strlen(text) == RUN_ID - 1 && strspn(text, "0123456789abcdef") == RUN_ID - 1;
}

static Status read_ids(Memory *m) {
    static const char *const needed[] = {"run_id", "D", "loss", NULL};
    const Table *t = &m->table;
    for (int i = 0; needed[i]; i++)
        if (table_column(t, needed[i]) < 0)
            return fail(BAD_INPUT, "%s:1: no column %s, expected a run table as moesweep collect writes it", t->path,
                        needed[i]);
    for (int row = 0; row < t->n_rows; row++) {
        const char *id = table_cell(t, row, table_column(t, "run_id"));
        if (!is_id(id))
            return fail(BAD_INPUT, "%s:%d: run_id: '%.40s', expected %d hex digits", t->path, t->lines[row], id,
                        RUN_ID - 1);
        int first = idset_add(&m->ids, id);
        if (first < row)
            return fail(BAD_INPUT, "%s:%d: run_id: %s stands already on line %d", t->path, t->lines[row], id,
                        t->lines[first]);
    }
    return OK;
}

Status memory_read(const char *path, Memory *m) {
    *m = (Memory){0};
    struct stat info;
    if (!path || (stat(path, &info) && errno == ENOENT)) return OK;
    TRY(table_read(path, &m->table));
    Status s = read_ids(m);
    if (s != OK) memory_free(m);
    return s;
}

void memory_free(Memory *m) {
    table_free(&m->table);
    idset_free(&m->ids);
    *m = (Memory){0};
}

int memory_row(const Memory *m, const char *id) {
    return idset_find(&m->ids, id);
}
