// checkpoint.h - the whole state of a job on disk, so that a killed one goes on to the same bits.
//
// A file holds a head (what it belongs to, counters, how each run's record stood), the model's values on the trunk
// and, while a decay is under way, those of the branch, then the sha256 of all that, then the loads of the last step
// with their own sha256 (an older file has none). It is written under another name,
// flushed and renamed; the one before is kept as "checkpoint.old".
#ifndef MOELAW_CHECKPOINT_H
#define MOELAW_CHECKPOINT_H

#include "record.h"

enum { JOB_RUNS = 64 }; // most runs that share one trunk

// All that the future depends on besides the model.
typedef struct {
    int64_t step;        // steps done
    int64_t since_event; // steps since the last step line, and the sum of their losses and seconds
    double loss_sum, seconds_sum;
    double smooth, smooth_weight; // running mean of the loss, and the lowest it has been (see trainer.c)
    double lowest;
    double train_s, cpu_s, wall_s; // seconds so far: of steps, of steps by this thread's clock, of all
    double seconds[6];             // by part of the step, as in StepStats
    StepStats last;
} Position;

typedef struct {
    Position position;
    float *values;   // all arrays of the model, one after another
    int64_t n_loads; // 0: not known
    int64_t *loads;  // of the last step
} Snapshot;

typedef struct {
    char trunk_id[RUN_ID];
    char backend[24];
    char branch_id[RUN_ID]; // the run whose decay is under way; "" on the trunk
    int n_runs;             // runs that are not finished
    char ids[JOB_RUNS][RUN_ID];
    RecordMark marks[JOB_RUNS]; // of their records
    int64_t n_values;           // of one snapshot
} CheckpointHead;

// Values of the whole model.
int64_t snapshot_size(const Model *model);
Status snapshot_take(const Model *model, Snapshot *s);
Status snapshot_restore(Model *model, const Snapshot *s);
void snapshot_free(Snapshot *s);

// `branch` may be NULL (on the trunk). CANNOT_FINISH: the disk is full, ...; the checkpoints before stay.
Status checkpoint_save(const char *folder, const CheckpointHead *head, const Snapshot *trunk, const Snapshot *branch);

// The newest checkpoint in the folder that is whole and belongs to `wanted` (trunk_id, backend, n_values); a damaged or
// foreign one is named in a warning and passed over. False if there is none. branch->values is NULL on the trunk.
bool checkpoint_load(const char *folder, const CheckpointHead *wanted, CheckpointHead *head, Snapshot *trunk,
                     Snapshot *branch);

// Removes left-over temporary files, and with `all` the checkpoints too.
void checkpoint_clear(const char *folder, bool all);

#endif
