// table.c - see table.h.
#include "table.h"

#include "number.h"
#include "output.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A cursor over the text; cells are cut in place.
typedef struct {
    const char *path;
    char *at, *end;
    int line;
} Reader;

typedef enum { CELL_NEXT, ROW_NEXT, FILE_END } After;

static char *trim(char *cell, char *end) {
    while (cell < end && isspace((unsigned char)*cell)) cell++;
    while (end > cell && isspace((unsigned char)end[-1])) end--;
    *end = '\0';
    return cell;
}

static After step_over(Reader *r) {
    if (r->at >= r->end) return FILE_END;
    char c = *r->at++;
    if (c == ',') return CELL_NEXT;
    if (c == '\r' && r->at < r->end && *r->at == '\n') r->at++;
    r->line++;
    return ROW_NEXT;
}

static Status quoted_cell(Reader *r, char **cell, After *after) {
    int line = r->line;
    char *from = ++r->at, *to = from;
    for (;; r->at++) {
        if (r->at >= r->end) return fail(BAD_INPUT, "%s:%d: a quote is opened and never closed", r->path, line);
        if (*r->at == '"' && r->at[1] == '"')
            r->at++;
        else if (*r->at == '"')
            break;
        if (*r->at == '\n') r->line++;
        *to++ = *r->at;
    }
    r->at++;
    if (r->at < r->end && !strchr(",\r\n", *r->at))
        return fail(BAD_INPUT, "%s:%d: text after a closing quote, expected a comma or the end of the line", r->path,
                    r->line);
    *after = step_over(r);
    *to = '\0';
    *cell = from;
    return OK;
}

static Status next_cell(Reader *r, char **cell, After *after) {
    if (r->at < r->end && *r->at == '"') return quoted_cell(r, cell, after);
    char *from = r->at;
    while (r->at < r->end && !strchr(",\r\n", *r->at)) r->at++;
    char *to = r->at;
    *after = step_over(r);
    *cell = trim(from, to);
    return OK;
}

static bool skip_empty_lines(Reader *r) {
    while (r->at < r->end && (*r->at == '\n' || *r->at == '\r')) {
        if (*r->at == '\n') r->line++;
        r->at++;
    }
    return r->at < r->end;
}

static Status read_header(Reader *r, Table *t) {
    if (!skip_empty_lines(r)) return fail(BAD_INPUT, "%s: is empty, expected a header line with column names", r->path);
    int line = r->line, room = 0;
    for (After after = CELL_NEXT; after == CELL_NEXT;) {
        if (t->n_columns == room)
            t->columns = reallocate(t->columns, (unsigned long)(room = 2 * room + 32), sizeof *t->columns);
        char **name = &t->columns[t->n_columns];
        TRY(next_cell(r, name, &after));
        if (!**name) return fail(BAD_INPUT, "%s:%d: column %d has no name", r->path, line, t->n_columns + 1);
        for (int i = 0; i < t->n_columns; i++)
            if (!strcmp(t->columns[i], *name))
                return fail(BAD_INPUT, "%s:%d: two columns are named '%s'", r->path, line, *name);
        t->n_columns++;
    }
    return OK;
}

static Status read_row(Reader *r, Table *t) {
    int line = r->line, n = 0;
    char **cells = t->cells + (long)t->n_rows * t->n_columns;
    for (After after = CELL_NEXT; after == CELL_NEXT; n++) {
        char *cell;
        TRY(next_cell(r, &cell, &after));
        if (n < t->n_columns) cells[n] = cell;
    }
    if (n != t->n_columns)
        return fail(BAD_INPUT, "%s:%d: has %d cells, expected %d as in the header", r->path, line, n, t->n_columns);
    t->lines[t->n_rows++] = line;
    return OK;
}

static Status read_rows(Reader *r, Table *t) {
    int room = 0;
    while (skip_empty_lines(r)) {
        if (t->n_rows == room) {
            room = 2 * room + 64;
            t->cells = reallocate(t->cells, (unsigned long)room * (unsigned long)t->n_columns, sizeof *t->cells);
            t->lines = reallocate(t->lines, (unsigned long)room, sizeof *t->lines);
        }
        TRY(read_row(r, t));
    }
    return OK;
}

Status table_read(const char *path, Table *t) {
    *t = (Table){.path = copy_text(path)};
    size_t length;
    Status s = read_file(path, (size_t)1 << 31, &t->text, &length);
    if (s == OK && memchr(t->text, '\0', length))
        s = fail(BAD_INPUT, "%s: contains NUL bytes, expected CSV text", path);
    if (s == OK) {
        size_t mark = length >= 3 && !memcmp(t->text, "\xEF\xBB\xBF", 3) ? 3 : 0;
        Reader r = {t->path, t->text + mark, t->text + length, 1};
        s = read_header(&r, t);
        if (s == OK) s = read_rows(&r, t);
    }
    if (s != OK) table_free(t);
    return s;
}

void table_free(Table *t) {
    free(t->path);
    free(t->columns);
    free(t->cells);
    free(t->lines);
    free(t->text);
    *t = (Table){0};
}

int table_column(const Table *t, const char *name) {
    for (int i = 0; i < t->n_columns; i++)
        if (!strcmp(t->columns[i], name)) return i;
    return -1;
}

Status table_number(const Table *t, int row, int column, double *x) {
    const char *cell = table_cell(t, row, column);
    *x = NAN;
    if (*cell == '\0' || parse_number(cell, x)) return OK;
    return fail(BAD_INPUT, "%s:%d: %s: '%.40s' is not a finite number (leave the cell blank where unknown)", t->path,
                t->lines[row], t->columns[column], cell);
}

bool notes_value(const char *notes, const char *key, char *value, int size) {
    size_t length = strlen(key);
    for (const char *p = notes; *p; p += strcspn(p, ";"), p += *p == ';') {
        while (*p == ' ') p++;
        if (strncmp(p, key, length) || p[length] != '=') continue;
        const char *from = p + length + 1;
        int n = (int)strcspn(from, ";");
        if (n >= size) n = size - 1;
        memcpy(value, from, (size_t)n);
        value[n] = '\0';
        return true;
    }
    return false;
}
