// collect.h - the run table (design page, section 4) from a manifest and the folders of its runs.
#ifndef MOELAW_COLLECT_H
#define MOELAW_COLLECT_H

#include "memory.h"
#include "results.h"
#include "run/manifest.h"

typedef struct {
    Manifest manifest;
    Memory memory;   // the table that the runs are kept in; empty without one
    Result *results; // [manifest.n_runs]
    bool *kept;      // [manifest.n_runs] stands in that table
    int n_kept;
    int count[N_RUN_STATES]; // of the runs that are not kept
} Collection;

// `table` may be NULL. CANNOT_FINISH if a record is there and cannot be read.
Status collection_read(const char *manifest_path, const char *runs_folder, const char *table, Collection *c);
void collection_free(Collection *c);

// Finished runs alone, in the manifest's order; an identical table keeps its time stamp.
Status collection_write(const Collection *c, const char *source, const char *path);

// The rows of c->memory, unchanged, and those of finished runs that it lacks, sorted by stable phase, D and id; columns
// that only the memory has stay, at the end. Call between lock_beside() and lock_release(), reading included.
// CHECK_FAILED if a record has another loss than the row of the same id: the table is left alone.
Status collection_merge(const Collection *c, const char *source, const char *path);

#endif
