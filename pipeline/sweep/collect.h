// collect.h - the run table (design page, section 4) from a manifest and the folders of its runs.
#ifndef MOELAW_COLLECT_H
#define MOELAW_COLLECT_H

#include "run/manifest.h"
#include "results.h"

typedef struct {
    Manifest manifest;
    Result *results; // [manifest.n_runs]
    int count[N_RUN_STATES];
} Collection;

Status collection_read(const char *manifest_path, const char *runs_folder, Collection *c);
void collection_free(Collection *c);

// Finished runs alone, in the manifest's order; an identical table keeps its time stamp.
Status collection_write(const Collection *c, const char *source, const char *path);

#endif
