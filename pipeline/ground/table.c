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
    char separator;
    char stops[4]; // what ends a bare cell: the separator, \r, \n
    bool foreign;  // names may be missing or come twice
} Reader;

typedef enum { CELL_NEXT, ROW_NEXT, FILE_END } After;

static const char *separator_name(const Reader *r) {
    return r->separator == ',' ? "comma" : r->separator == ';' ? "semicolon" : "tab";
}

static char *trim(char *cell, char *end) {
    while (cell < end && isspace((unsigned char)*cell)) cell++;
    while (end > cell && isspace((unsigned char)end[-1])) end--;
    *end = '\0';
    return cell;
}

static After step_over(Reader *r) {
    if (r->at >= r->end) return FILE_END;
    char c = *r->at++;
    if (c == r->separator) return CELL_NEXT;
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
    if (r->at < r->end && !strchr(r->stops, *r->at))
        return fail(BAD_INPUT, "%s:%d: text after a closing quote, expected a %s or the end of the line", r->path,
                    r->line, separator_name(r));
    *after = step_over(r);
    *to = '\0';
    *cell = from;
    return OK;
}

static Status next_cell(Reader *r, char **cell, After *after) {
    if (r->at < r->end && *r->at == '"') return quoted_cell(r, cell, after);
    char *from = r->at;
    while (r->at < r->end && !strchr(r->stops, *r->at)) r->at++;
    char *to = r->at;
    *after = step_over(r);
    *cell = trim(from, to);
    return OK;
}

// What other programs write where a value is unknown.
static bool means_unknown(const char *cell) {
    static const char *const words[] = {"NaN", "nan", "NAN", "NA", "N/A", "null", "NULL", "None"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(cell, words[i])) return true;
    return false;
}

static bool skip_empty_lines(Reader *r) {
    while (r->at < r->end && (*r->at == '\n' || *r->at == '\r')) {
        if (*r->at == '\n') r->line++;
        r->at++;
    }
    return r->at < r->end;
}

// Comma, tab or semicolon: what stands most often in the header, outside quotes.
static void find_separator(Reader *r) {
    static const char separators[] = ",\t;";
    int count[3] = {0}, most = 0;
    bool quoted = false;
    for (const char *p = r->at; p < r->end && (quoted || !strchr("\r\n", *p)); p++) {
        const char *found = quoted ? NULL : strchr(separators, *p);
        if (*p == '"') quoted = !quoted;
        if (found) count[found - separators]++;
    }
    for (int i = 1; i < 3; i++)
        if (count[i] > count[most]) most = i;
    r->separator = separators[most];
    snprintf(r->stops, sizeof r->stops, "%c\r\n", r->separator);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Sorted, so that a table of very many columns is no work.
static Status check_names(const Reader *r, const Table *t, int line) {
    char **names = allocate(t->n_columns, sizeof *names);
    memcpy(names, t->columns, (size_t)t->n_columns * sizeof *names);
    qsort(names, (size_t)t->n_columns, sizeof *names, compare_names);
    Status s = OK;
    for (int i = 1; i < t->n_columns && s == OK; i++)
        if (!strcmp(names[i], names[i - 1]))
            s = fail(BAD_INPUT, "%s:%d: two columns are named '%s'", r->path, line, names[i]);
    free(names);
    return s;
}

// Names for columns that have none or another's.
static void make_names(Table *t) {
    t->own = allocate(t->n_columns, sizeof *t->own);
    for (int i = 0; i < t->n_columns; i++) {
        int times = 1;
        for (int k = 0; k < i; k++) times += !strcmp(t->columns[k], t->columns[i]);
        if (*t->columns[i] && times == 1) continue;
        size_t size = strlen(t->columns[i]) + 24;
        t->own[i] = allocate(size, 1);
        if (*t->columns[i])
            snprintf(t->own[i], size, "%s#%d", t->columns[i], times);
        else
            snprintf(t->own[i], size, "column %d", i + 1);
    }
    for (int i = 0; i < t->n_columns; i++)
        if (t->own[i]) t->columns[i] = t->own[i];
}

static Status read_header(Reader *r, Table *t) {
    if (!skip_empty_lines(r)) return fail(BAD_INPUT, "%s: is empty, expected a header line with column names", r->path);
    int line = r->line, room = 0;
    find_separator(r);
    for (After after = CELL_NEXT; after == CELL_NEXT;) {
        if (t->n_columns == room) t->columns = reallocate(t->columns, (room = 2 * room + 32), sizeof *t->columns);
        char **name = &t->columns[t->n_columns];
        TRY(next_cell(r, name, &after));
        if (!**name && !r->foreign)
            return fail(BAD_INPUT, "%s:%d: column %d has no name", r->path, line, t->n_columns + 1);
        t->n_columns++;
    }
    return r->foreign ? (make_names(t), OK) : check_names(r, t, line);
}

static Status read_row(Reader *r, Table *t) {
    int line = r->line, n = 0;
    char **cells = t->cells + (long)t->n_rows * t->n_columns;
    for (After after = CELL_NEXT; after == CELL_NEXT; n++) {
        char *cell;
        bool quoted = r->at < r->end && *r->at == '"';
        TRY(next_cell(r, &cell, &after));
        if (!quoted && means_unknown(cell)) *cell = '\0';
        if (n < t->n_columns) cells[n] = cell;
    }
    if (n != t->n_columns)
        return fail(BAD_INPUT, "%s:%d: has %d cells, expected %d as in the header, which is cut at each %s", r->path,
                    line, n, t->n_columns, separator_name(r));
    t->lines[t->n_rows++] = line;
    return OK;
}

static Status read_rows(Reader *r, Table *t) {
    int room = 0;
    while (skip_empty_lines(r)) {
        if (t->n_rows == room) {
            room = 2 * room + 64;
            t->cells = reallocate(t->cells, (size_t)room * t->n_columns, sizeof *t->cells);
            t->lines = reallocate(t->lines, room, sizeof *t->lines);
        }
        TRY(read_row(r, t));
    }
    return OK;
}

static Status parse(const char *path, char *text, size_t length, bool foreign, Table *t) {
    *t = (Table){.path = copy_text(path), .text = text};
    Status s = OK;
    if (memchr(text, '\0', length)) s = fail(BAD_INPUT, "%s: contains NUL bytes, expected CSV text", path);
    if (s == OK) {
        size_t mark = length >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
        Reader r = {.path = t->path, .at = text + mark, .end = text + length, .line = 1, .foreign = foreign};
        s = read_header(&r, t);
        if (s == OK) s = read_rows(&r, t);
    }
    if (s != OK) table_free(t);
    return s;
}

Status table_parse(const char *path, char *text, size_t length, Table *t) {
    return parse(path, text, length, false, t);
}

Status table_parse_foreign(const char *path, char *text, size_t length, Table *t) {
    return parse(path, text, length, true, t);
}

Status table_read(const char *path, Table *t) {
    char *text;
    size_t length;
    *t = (Table){0};
    TRY(read_file(path, (size_t)1 << 31, &text, &length));
    return table_parse(path, text, length, t);
}

void table_free(Table *t) {
    for (int i = 0; t->own && i < t->n_columns; i++) free(t->own[i]);
    free(t->own);
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
