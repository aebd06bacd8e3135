// idset.c - see idset.h. Open addressing; ids are hashes already.
#include "idset.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int *slot_of(const IdSet *set, const char *id) {
    assert(set->n < set->room); // or the search would not end
    uint64_t hash = strtoull(id, NULL, 16);
    unsigned mask = (unsigned)set->room - 1, at = (unsigned)hash & mask;
    while (set->slots[at] && memcmp(set->ids[set->slots[at] - 1], id, RUN_ID)) at = (at + 1) & mask;
    return &set->slots[at];
}

static void grow(IdSet *set) {
    set->room = set->room ? 2 * set->room : 256;
    free(set->slots);
    set->slots = allocate(set->room, sizeof *set->slots);
    set->ids = reallocate(set->ids, (size_t)set->room / 2, sizeof *set->ids);
    for (int i = 0; i < set->n; i++) *slot_of(set, set->ids[i]) = i + 1;
}

int idset_add(IdSet *set, const char *id) {
    if (2 * set->n >= set->room) grow(set);
    int *slot = slot_of(set, id);
    if (!*slot) {
        memcpy(set->ids[set->n], id, RUN_ID);
        *slot = ++set->n;
    }
    return *slot - 1;
}

int idset_find(const IdSet *set, const char *id) {
    return set->n && strlen(id) == RUN_ID - 1 ? *slot_of(set, id) - 1 : -1;
}

void idset_free(IdSet *set) {
    free(set->ids);
    free(set->slots);
    *set = (IdSet){0};
}
