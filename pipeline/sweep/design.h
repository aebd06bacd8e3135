// design.h - a sweep as a file: a grid over the five factors, or over any field of a run, expanded to concrete runs.
//
//     about: what this sweep is for
//     defaults: {seq_len: 64, batch: 16, lr: 4e-3}       # any field of a run (moetrain --help lists them)
//     solve: {d_model_multiple: 16, width_ratio: 3}      # how open shape fields are chosen (solve.h)
//     blocks:                                            # a design may also be one block at top level
//       - list: [{N: 1e6, Na: 4e5}, {N: 4e6, Na: 4e5}]   # every item ...
//         grid: {G: [2, 8], S: [0, 0.3], D: [1e7, 4e7], seed: [1, 2, 3]}    # ... with every combination
//         keep: {D_over_N: [1, 1000]}                    # drops runs whose exact counts fall outside
//
// Wishes: D, N, Na, Na_over_N, G, S. All else are fields of a run. Runs that differ in D alone share their stable phase
// when trained.
#ifndef MOELAW_DESIGN_H
#define MOELAW_DESIGN_H

#include "run/run.h"

typedef struct {
    Run run;
    Counts counts;
    char id[RUN_ID];
} PlannedRun;

typedef struct {
    int n_runs, room;
    PlannedRun *runs;
    int n_repeated;       // wishes met by a run that is already there
    int n_dropped;        // runs dropped by keep
    double worst_N;       // largest |log(met / wished)|
    double worst_Na;      //
    double worst_G;       //
    double worst_S;       // largest |met - wished|
    double flops;         // sum of M D
    double trained_flops; // the same, shared stable phases counted once
    int n_trunks;         // different stable phases
} Design;

enum { DESIGN_MAX_RUNS = 100000 };

// `corpus` goes into every run ("" for a plan only). BAD_INPUT names file, line, key and remedy.
Status design_read(const char *path, const char *corpus, Design *design);
void design_free(Design *design);

// run_id, all run fields, then D, N, Na, N_nonemb, Na_nonemb, granularity, G, S, M, flops.
Status design_write_manifest(const Design *design, const char *path);

#endif
