// data.h - the tables a drawing reads, each once, and the rows its conditions select.
#ifndef MOELAW_PLOT_DATA_H
#define MOELAW_PLOT_DATA_H

#include "spec.h"
#include "ground/table.h"

enum { MOST_TABLES = 16 };

typedef struct {
    Arena *arena;
    const char *spec_path;
    const char *main;        // DATA.csv of the command line, NULL if none
    const char *fallback;    // the figure's `data:`, which DATA.csv replaces
    const StyleSpec *styles; // names of values, by column
    int n_styles;
    int n;
    Table table[MOST_TABLES];
} Store;

typedef struct {
    const Table *table;
    int n;
    int *at; // [n] rows of the table
} Rows;

// The table called `name` (NULL: the main one) for line `line` of the spec. A relative name stands beside DATA.csv, or
// beside the spec where there is none. BAD_INPUT: none given, unreadable, without rows.
Status store_table(Store *s, const char *name, int line, const Table **table);
void store_free(Store *s);

// BAD_INPUT names the columns there are.
Status data_column(const Store *s, const Table *t, const char *name, int line, int *column);

// Rows that meet all conditions of both lists; none is no error.
Status data_rows(const Store *s, const Table *t, const Conditions *a, const Conditions *b, Rows *rows);

#endif
