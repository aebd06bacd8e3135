// sheet.h - an answer as a table of values, which text, CSV, LaTeX and JSON print from one place: they cannot differ.
#ifndef MOELAW_SHEET_H
#define MOELAW_SHEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum {
    AS_PEOPLE, // 2.35B
    AS_SHORT,  // four digits
    AS_LONG,   // six digits
    AS_WHOLE,  // a whole number, all its digits
    AS_FLOPS,  // the same; a power of ten in LaTeX
    AS_LOSS,   // four decimals
    AS_RANGE,  // the interval alone
    AS_WORD,
    AS_FLAG,               // not 0: true
    WITH_INTERVAL = 0x100, // or'ed: has a 95 % interval, NAME_ci95 in JSON, NAME_lo and NAME_hi in CSV
    ABSENT = 0x200,        // or'ed by sheet_hide()
} CellStyle;

typedef struct {
    const char *name; // JSON key and CSV column
    const char *head; // of the text column; NULL: not in text
    const char *tex;  // of the LaTeX column; NULL: not in LaTeX
    int style;
} Column;

typedef struct {
    double x, range[2]; // NAN: unknown. range: the interval
    const char *word;   // of AS_WORD; NULL: unknown
} Cell;

typedef struct {
    Column *columns; // [n_columns], a copy of the sheet's own
    int n_columns, n_rows;
    Cell *cells; // [n_rows * n_columns]
} Sheet;

// All cells unknown. Free with sheet_free().
Sheet sheet_open(const Column *columns, int n_columns, int n_rows);
void sheet_free(Sheet *s);
// This answer has no such column.
void sheet_hide(const Sheet *s, int column);
Cell *sheet_cell(const Sheet *s, int row, int column);
void sheet_put(const Sheet *s, int row, int column, double x);
void sheet_put_range(const Sheet *s, int row, int column, const double range[2]);

// Columns as wide as they need, a row over several lines where they would pass column 100; intervals below the row.
void sheet_text(const Sheet *s, FILE *f);
// One row as lines: head, value, interval.
void sheet_facts(const Sheet *s, int row, FILE *f);
void sheet_csv(const Sheet *s, FILE *f);
void sheet_latex(const Sheet *s, FILE *f);
// An object a row, a list of them; numbers that are not finite are null.
json_t *sheet_row_json(const Sheet *s, int row);
json_t *sheet_json(const Sheet *s);

// "text", "csv" or "latex"; NULL if there is no such format.
typedef void (*SheetPrinter)(const Sheet *s, FILE *f);
SheetPrinter sheet_printer(const char *format);

#endif
