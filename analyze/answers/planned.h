// planned.h - a measured table with what its design said of each run: cell, stable phase, block, seeds, hold-out.
#ifndef MOELAW_PLANNED_H
#define MOELAW_PLANNED_H

#include "ground/table.h"

typedef struct {
    double D, N, Na, G, S, loss, seed, data_seed;
    int d_model, n_layers;
    int cell, trunk; // numbered from 0
    const char *cell_id, *trunk_id;
    const char *block, *marked; // as the table has them; "": no block, not held out
} PlannedRow;

enum { MOST_TABLES = 4 };

typedef struct {
    int n_tables;
    Table tables[MOST_TABLES];
    int n, n_cells, n_trunks;
    PlannedRow *rows; // [n]
} Planned;

// BAD_INPUT names the columns that such a table must have and this one has not, or the cell that is no number.
Status planned_read(const char *path, Planned *p);
// Adds the rows of another table, whose cells and phases may be the same ones; on failure nothing is added.
Status planned_add(const char *path, Planned *p);
void planned_free(Planned *p);

#endif
