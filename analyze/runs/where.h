// where.h - conditions on rows: COLUMN or notes.KEY, one of = != > >= < <= ~ (contains), and a value; a|b
// means either.
#ifndef MOELAW_WHERE_H
#define MOELAW_WHERE_H

#include "ground/args.h"
#include "ground/table.h"

// The text of `name` (a column, or notes.KEY) in a row; "" where blank. `room` holds a value out of the notes.
typedef struct {
    int column;   // of the table; -1 if none
    char key[64]; // a key of the notes, "" if a column itself
} Source;
enum { CELL_ROOM = 256 };

// BAD_INPUT names the column that is missing and lists those that are there.
Status source_find(const Table *t, const char *name, Source *s);
const char *source_text(const Table *t, const Source *s, int row, char room[CELL_ROOM]);
// NAN where blank; BAD_INPUT with file:line: column where it is not a number.
Status source_number(const Table *t, const Source *s, const char *name, int row, double *x);

// keep[n_rows]: whether a row meets all conditions.
Status where_apply(const Table *t, const TextList *conditions, bool *keep);

// A cell that marks rows: "" where it is blank, 0, no or false.
const char *mark_of(const char *cell);

// What a run is marked with in the column `holdout`, decided before it was trained; "" where it is not, or where there
// is no such column.
const char *holdout_mark(const Table *t, int row);

#endif
