// append.c - see append.h.
#include "append.h"

#include "ground/lock.h"
#include "ground/number.h"
#include "ground/output.h"
#include "ground/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Columns of the written table: those of the table that is there, then ours, then kept ones, each once.
typedef struct {
    int n;
    const char **names; // [n]
} Header;

static void header_add(Header *h, const char *name) {
    for (int i = 0; i < h->n; i++)
        if (!strcmp(h->names[i], name)) return;
    h->names = reallocate(h->names, (size_t)h->n + 1, sizeof *h->names);
    h->names[h->n++] = name;
}

static bool some_bpb(const Brought *b) {
    for (int i = 0; i < b->n; i++)
        if (!isnan(b->rows[i].x[COL_BPB])) return true;
    return false;
}

static Header header_of(const Brought *b, const Table *there) {
    Header h = {0};
    for (int i = 0; i < there->n_columns; i++) header_add(&h, there->columns[i]);
    for (int i = 0; i < COL_NOTES; i++)
        if (i != COL_BPB || some_bpb(b)) header_add(&h, column_info[i].name);
    for (int i = 0; i < b->mapping.n_kept; i++) header_add(&h, b->mapping.kept[i]);
    header_add(&h, column_info[COL_NOTES].name);
    return h;
}

static const char *source_of(const Brought *b, const BringOptions *o, int i) {
    return o->source ? o->source : b->mapping.source ? b->mapping.source : b->formats[b->of[i]];
}

static const char *cell_of(const Brought *b, const BringOptions *o, int i, const char *name, char text[NUMBER_TEXT]) {
    const ImportedRow *r = &b->rows[i];
    for (int c = 0; c < N_COLUMNS; c++) {
        if (strcmp(column_info[c].name, name) != 0) continue;
        return c == COL_RUN_ID   ? r->id
               : c == COL_SOURCE ? source_of(b, o, i)
               : c == COL_NOTES  ? r->notes
                                 : number_text(r->x[c], text);
    }
    for (int k = 0; k < b->mapping.n_kept; k++)
        if (!strcmp(b->mapping.kept[k], name)) {
            const char *value = bag_value(r->bag, name);
            return value ? value : "";
        }
    return "";
}

static void write_new(FILE *f, const Brought *b, const BringOptions *o, int i, const Header *h) {
    char text[NUMBER_TEXT];
    for (int k = 0; k < h->n; k++) {
        if (k) fputc(',', f);
        write_csv_cell(f, cell_of(b, o, i, h->names[k], text));
    }
    fputc('\n', f);
}

static void write_old(FILE *f, const Table *t, int row, const Header *h) {
    for (int k = 0; k < h->n; k++) {
        if (k) fputc(',', f);
        if (k < t->n_columns) write_csv_cell(f, table_cell(t, row, k));
    }
    fputc('\n', f);
}

// Which row of the table each imported one is, -1 for new ones; and for each row of the table which imported one takes
// its place, -1 where none does.
typedef struct {
    int *row_of, *replaced_by;
} Places;

static bool same_number(double a, double b) {
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fabs(a);
}

static Status same_run(const Table *t, int row, const ImportedRow *r, bool *same) {
    const Column held[] = {COL_LOSS, COL_D, COL_N};
    *same = true;
    for (int i = 0; i < 3; i++) {
        double x = NAN;
        int column = table_column(t, column_info[held[i]].name);
        if (column >= 0) TRY(table_number(t, row, column, &x));
        *same = *same && same_number(x, r->x[held[i]]);
    }
    return OK;
}

static Status place_one(const Brought *b, int i, const Table *t, int id, bool replace, Places *p, Appended *result) {
    bool same;
    p->row_of[i] = -1;
    for (int row = 0; row < t->n_rows && p->row_of[i] < 0; row++)
        if (!strcmp(table_cell(t, row, id), b->rows[i].id)) p->row_of[i] = row;
    int row = p->row_of[i];
    result->added += row < 0;
    if (row < 0) return OK;
    TRY(same_run(t, row, &b->rows[i], &same));
    result->same += same;
    if (same) return OK;
    if (!replace)
        return fail(BAD_INPUT,
                    "%s:%d: run '%s' is there with another loss, D or N than in %s; --replace takes the new ones",
                    t->path, t->lines[row], b->rows[i].id, b->rows[i].bag->origin);
    p->replaced_by[row] = i;
    result->replaced++;
    return OK;
}

static Status place(const Brought *b, const Table *t, bool replace, Places *p, Appended *result) {
    int id = table_column(t, "run_id");
    p->row_of = allocate((size_t)b->n + 1, sizeof *p->row_of);
    p->replaced_by = allocate((size_t)t->n_rows + 1, sizeof *p->replaced_by);
    for (int row = 0; row < t->n_rows; row++) p->replaced_by[row] = -1;
    if (id < 0 && t->n_columns)
        return fail(BAD_INPUT, "%s:1: has no column 'run_id', so it cannot be said which runs it has", t->path);
    for (int i = 0; i < b->n; i++) TRY(place_one(b, i, t, id, replace, p, result));
    return OK;
}

static Status write_all(const Brought *b, const BringOptions *o, const char *path, const Table *t, const Places *p) {
    Output out;
    Header h = header_of(b, t);
    Status s = output_open(&out, path);
    if (s == OK) {
        for (int k = 0; k < h.n; k++) {
            if (k) fputc(',', out.file);
            write_csv_cell(out.file, h.names[k]);
        }
        fputc('\n', out.file);
        for (int row = 0; row < t->n_rows; row++)
            if (p->replaced_by[row] >= 0)
                write_new(out.file, b, o, p->replaced_by[row], &h);
            else
                write_old(out.file, t, row, &h);
        for (int i = 0; i < b->n; i++)
            if (p->row_of[i] < 0) write_new(out.file, b, o, i, &h);
        s = output_commit_if_changed(&out);
    }
    free(h.names);
    return s;
}

static Status write_with(const Brought *b, const BringOptions *o, const char *path, const Table *t, bool replace,
                         Appended *result) {
    Places p;
    Status s = place(b, t, replace, &p, result);
    if (s == OK) s = write_all(b, o, path, t, &p);
    free(p.row_of);
    free(p.replaced_by);
    return s;
}

Status brought_write(const Brought *b, const BringOptions *o, const char *path) {
    Table none = {0};
    Appended result = {0};
    return write_with(b, o, path, &none, false, &result);
}

Status brought_append(const Brought *b, const BringOptions *o, const char *path, bool replace, Appended *result) {
    Table t = {0};
    struct stat info;
    *result = (Appended){0};
    int lock = lock_beside(path);
    bool absent = stat(path, &info) && errno == ENOENT;
    Status s = absent ? OK : table_read(path, &t);
    if (s == OK) s = write_with(b, o, path, &t, replace, result);
    if (!absent) table_free(&t);
    lock_release(lock);
    return s;
}
