// jobs.h - many jobs at once: worker processes on a CPU, threads on a card, with the same results whatever their
// number.
//
// A run's folder is locked while it is trained, so two calls on one folder share the work and never a run; a run in
// other hands is waited for, so that a call which returns OK leaves every run finished.
// On several cards worker i trains on card i, counted round. Several ranks go through the jobs together, one at a time,
// each on the card of its number on its machine; rank 0 alone locks and writes.
#ifndef MOELAW_JOBS_H
#define MOELAW_JOBS_H

#include "plan.h"
#include "ranks/ranks.h"

typedef struct {
    const Backend *backend;
    const Corpus *corpus;
    int workers;  // 1 of several ranks
    Ranks *ranks; // NULL: alone
    bool threads; // in this process: a CUDA context is best shared, and MPI must not be forked
    bool export_weights;
    double checkpoint_interval; // seconds
} JobsOptions;

typedef struct {
    int done, diverged, died;
    bool stopped; // by SIGTERM or SIGINT; checkpoints are written
} JobsEnd;

// Trains the plan's jobs, with progress on stderr. A job that fails does not keep others from being trained.
Status jobs_run(const Plan *plan, const JobsOptions *options, JobsEnd *end);

#endif
