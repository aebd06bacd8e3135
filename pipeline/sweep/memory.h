// memory.h - a run table that is kept: what stands in it is not trained again, and is neither lost nor changed.
#ifndef MOELAW_MEMORY_H
#define MOELAW_MEMORY_H

#include "ground/table.h"
#include "run/idset.h"

#include <stdio.h>

typedef struct {
    Table table; // no columns where there is no file yet
    IdSet ids;   // [table.n_rows] in the table's order
} Memory;

// `path` NULL, or naming no file: an empty memory. BAD_INPUT: no table; no run_id, loss or D; an id that comes twice or
// is none.
Status memory_read(const char *path, Memory *m);
void memory_free(Memory *m);

// The row of a run, -1 if it is not there.
int memory_row(const Memory *m, const char *id);

#endif
