// manifest.h - a manifest (what moesweep expand writes) read back as runs.
#ifndef MOELAW_MANIFEST_H
#define MOELAW_MANIFEST_H

#include "run.h"
#include "ground/table.h"

typedef struct {
    Table table;
    int n_runs;
    Run *runs;
    char (*ids)[RUN_ID];
} Manifest;

// Columns that are no setting of a run are left alone; run_id may be absent. Needs no library: moetrain reads manifests
// with it as well. BAD_INPUT names file:line: column; also for a run_id that does not follow from its row (edited by
// hand, or written by a version that trains otherwise), and for ids that come twice.
Status manifest_read(const char *path, Manifest *m);
void manifest_free(Manifest *m);

#endif
