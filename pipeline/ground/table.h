// table.h - CSV tables (RFC 4180: quotes, doubled quotes, CRLF; a UTF-8 byte order mark is skipped). Where the header
// is cut by tabs or semicolons, so are the rows.
//
// Cells stay text, with the line they stand on, so that every complaint can name file, line and column. NaN, NA, N/A,
// null and None outside quotes are blanks.
#ifndef MOELAW_TABLE_H
#define MOELAW_TABLE_H

#include "status.h"

#include <assert.h>
#include <stddef.h>

typedef struct {
    char *path;
    int n_columns, n_rows;
    char **columns; // [n_columns]
    char **cells;   // [n_rows * n_columns], "" where blank, outer blanks trimmed
    int *lines;     // [n_rows], from 1
    char *text;     // what columns and cells point into
    char **own;     // [n_columns] names that were made up, NULL for others; NULL if there are none
} Table;

// BAD_INPUT: unreadable, empty, no header, doubled or empty column name, ragged row, open quote, NUL byte.
Status table_read(const char *path, Table *t);
// The same of `length` bytes of NUL-terminated text, which the table takes over; `path` is what messages call it.
Status table_parse(const char *path, char *text, size_t length, Table *t);
// The same, but of a header as other programs write it: a column without a name is "column 3", a name that comes again
// "lr#2".
Status table_parse_foreign(const char *path, char *text, size_t length, Table *t);
void table_free(Table *t);

// -1 if there is no such column.
int table_column(const Table *t, const char *name);
static inline const char *table_cell(const Table *t, int row, int column) {
    assert(row >= 0 && row < t->n_rows && column >= 0 && column < t->n_columns);
    return t->cells[(long)row * t->n_columns + column];
}
// The number in a cell; NAN where blank. BAD_INPUT names file:line: column.
Status table_number(const Table *t, int row, int column, double *x);

// The value of key in a "key=value;key=value" cell; false if absent. Truncated to `size`.
bool notes_value(const char *notes, const char *key, char *value, int size);

#endif
