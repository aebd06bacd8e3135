// jsonl.h - JSON Lines, such as a run's record, as a table: one row an object, one column a key.
//
// A list, or list of lists, such as {"step": 9, "loads": [[3, 1], [2, 2]]}, unfolds: each element is a row of its own,
// with the object's other values, its value under "loads" and its place under "loads.row" and "loads.column".
#ifndef MOELAW_PLOT_JSONL_H
#define MOELAW_PLOT_JSONL_H

#include "arena.h"
#include "ground/table.h"

// Texts of the table live in the arena; table_free() frees the rest. BAD_INPUT: unreadable, a line that is no object.
Status jsonl_read(Arena *a, const char *path, Table *t);

#endif
