// trainer.h - trains one job: a run, or several that share their stable phase.
//
// Runs that differ in tokens (or decay) alone have the same steps until the first of them starts to decay. Such a job
// trains that trunk once; where a run's decay starts the state is kept aside, the decay runs to its end and is
// evaluated, and the trunk goes on from the state kept. Each run ends with the same bits as if it had been alone.
#ifndef MOELAW_TRAINER_H
#define MOELAW_TRAINER_H

#include "backend.h"
#include "checkpoint.h"
#include "record.h"
#include "ranks/ranks.h"

#include <signal.h>

typedef enum { REPORT_STEP, REPORT_DONE, REPORT_FAILED } ReportKind;

// What a job tells while it works.
typedef struct {
    ReportKind kind;
    int run;             // index in the job
    double flops;        // done so far, in this call and those before
    double tokens_per_s; // of late
    double loss;
    char reason[256]; // of a failure
} Report;

typedef struct {
    int n_runs;      // 1..JOB_RUNS
    const Run *runs; // the same run_trunk_id; by rising decay start
    char **folders;  // [n_runs]
    const Corpus *corpus;
    const Backend *backend;
    Ranks *ranks;                      // that train this job together; NULL: alone
    bool export_weights;               // safetensors beside each record
    double checkpoint_interval;        // seconds between checkpoints; 0: after every step
    const volatile sig_atomic_t *stop; // not 0: write a checkpoint and return
    void (*report)(void *context, const Report *report);
    void *context;
} Job;

// Training and evaluation FLOPs of the whole job, shared steps counted once.
double job_flops(const Job *job);

// Trains to the end, from a checkpoint where there is one. All ranks call it and rank 0 alone writes.
// *stopped: ended early because of job->stop. A run that diverges is recorded as failed and is no error of the call.
// CANNOT_FINISH: I/O, memory, device.
Status trainer_run(const Job *job, bool *stopped);

#endif
