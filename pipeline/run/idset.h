// idset.h - numbers for run ids in order of first appearance, so that repeats are found in one look.
#ifndef MOELAW_IDSET_H
#define MOELAW_IDSET_H

#include "run.h"

typedef struct {
    int n, room; // room: a power of two, or 0
    char (*ids)[RUN_ID];
    int *slots; // [room], index + 1, 0: free
} IdSet;

// The index of `id`, a new one (the old n) if it was not there. Ids are hex digits of a hash.
int idset_add(IdSet *set, const char *id);
// The same without adding: -1 if it is not there.
int idset_find(const IdSet *set, const char *id);
void idset_free(IdSet *set);

#endif
