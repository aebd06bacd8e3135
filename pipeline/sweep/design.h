// design.h - a sweep as a file: a grid over the five factors, or over any field of a run, expanded to concrete runs.
//
//     about: what this sweep is for
//     table: artifacts/runs/joint.csv           # where finished rows are kept; what stands there is not trained again
//     defaults: {seq_len: 64, batch: 16, lr: 4e-3}       # any field of a run (moetrain --help lists them)
//     solve: {d_model_multiple: 16, width_ratio: 3}      # how open shape fields are chosen (shapes.h)
//     holdout: {largest_compute: 0.1, hash: 20}          # marked in the manifest: the largest tenth by FLOPs; 20 cells
//                                                        # that a hash of their fields draws from the others
//     register: {...}                                    # what is laid down before the first run (register.h)
//     blocks:                                            # a design may also be one block at top level
//       - name: hooks                                    # default 1, 2, ...
//         list: [{N: 1e6, Na: 4e5}, {N: 4e6, Na: 4e5}]   # every item ...
//         grid: {G: [2, 8], S: [0, 0.3], D: [1e7, 4e7], seed: [1, 2, 3]}    # ... with every combination
//         keep: {D_over_N: [1, 1000], missed: [0, 0.1]}  # drops runs whose exact counts fall outside, or that miss a
//                                                        # wish by more than a tenth (S: by 0.1)
//         draw: 20                                       # of the block's cells only those that the hash draws
//         holdout: between                               # what the block's runs are marked with (true: block)
//
// Wishes: D, N, Na, Na_over_N, G, S, active_ratio, total_ratio (shapes.h). All else are fields of a run. A block that
// sets d_model and n_layers holds the backbone: its wishes move the experts alone. Runs that differ in D alone share
// their stable phase when trained. A cell is a configuration: all but D, seeds and corpus.
#ifndef MOELAW_DESIGN_H
#define MOELAW_DESIGN_H

#include "run/run.h"
#include "shapes.h"

enum { DESIGN_MAX_RUNS = 100000, DESIGN_WORD = 24 };

typedef struct {
    Run run;
    Counts counts;
    Wish wish;
    char id[RUN_ID], trunk[RUN_ID], cell[RUN_ID];
    int block;
    char holdout[DESIGN_WORD]; // "": takes part in fits
} PlannedRun;

typedef struct {
    int n_runs, room;
    PlannedRun *runs;
    int n_blocks;
    char (*blocks)[DESIGN_WORD]; // their names
    char *table;                 // NULL: none
    int n_repeated;              // wishes met by a run that is already there
    int n_dropped;               // runs dropped by keep and draw
    int n_impossible;            // combinations with G (1 - S) < 1
} Design;

// `corpus` goes into every run ("" for a plan only). BAD_INPUT names file, line, key and remedy.
Status design_read(const char *path, const char *corpus, Design *design);
void design_free(Design *design);

// run_id, all run fields, then D, N, Na, N_nonemb, Na_nonemb, granularity, G, S, M, flops, trunk, cell, block, holdout.
Status design_write_manifest(const Design *design, const char *path);

#endif
