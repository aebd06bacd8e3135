// append.h - imported rows as a run table, new or added to one that is there.
#ifndef MOELAW_APPEND_H
#define MOELAW_APPEND_H

#include "bring.h"

typedef struct {
    int added, replaced, same; // rows
} Appended;

// A table of its own.
Status brought_write(const Brought *b, const BringOptions *o, const char *path);
// Adds to `path`, or makes it. Rows that are there stay as they are, character for character, columns of theirs too; a
// run that is there with the same loss and tokens is left alone. BAD_INPUT: it is there with others and not `replace`.
// One program at a time, and whole or not at all.
Status brought_append(const Brought *b, const BringOptions *o, const char *path, bool replace, Appended *result);

#endif
