// results.h - what became of a run, read from its folder: RUNS/<id>/record.jsonl and the markers DONE and FAILED.
//
// A record holds one JSON object a line ("event": config, step, eval, result). Lines that do not parse (a run that was
// killed while writing) are skipped; of several results the last counts. DONE holds the sha256 of the record: where it
// does not match, the run is not finished.
#ifndef MOELAW_RESULTS_H
#define MOELAW_RESULTS_H

#include "run/run.h"

typedef enum { RUN_PENDING, RUN_RUNNING, RUN_STOPPED, RUN_DONE, RUN_FAILED, N_RUN_STATES } RunState;
extern const char *const run_state_names[N_RUN_STATES];

enum { RESULT_TEXT = 160, RESULT_NOTES = 1024 };

typedef struct {
    RunState state;
    double loss, loss_se, tokens_per_s, wall_s, cpu_s, tokens_per_cpu_s; // NAN where unknown
    double step, steps;                                                  // progress of a run that is not done
    char device[RESULT_TEXT], commit[RESULT_TEXT], host[RESULT_TEXT];
    char reason[RESULT_TEXT]; // why it failed, died or was rejected
    char notes[RESULT_NOTES]; // every other number or word of the result, "key=value;..."
} Result;

// A record untouched for this long belongs to a run that was stopped.
enum { HEARTBEAT_SECONDS = 180 };

// Only a run that diverged is failed: it would do so again. One that died is stopped, with the reason, and is tried
// again. CANNOT_FINISH if a file is there and cannot be read (permission, I/O, memory, no regular file): what the run
// came to is not known then, so nothing may be concluded from it.
Status result_read(const char *runs_folder, const char *id, Result *result);

#endif
