// curves.h - what happened during training, as figure data: loss and rate over steps, loss against cost, expert load.
#ifndef MOELAW_CURVES_H
#define MOELAW_CURVES_H

#include "collect.h"

// Writes training.csv (run_id, kind: training, validation, or entropy of the text where that is known; step, tokens,
// lr, loss, entropy of the router, load_entropy), cost.csv (series, flops, seconds, loss) and load.csv (run, run_id,
// layer, expert, load; 1 is balanced) into `folder`, for `n` finished runs with the most tokens, spread over N; the
// load is that of the one with most experts. CHECK_FAILED if no run is finished. Runs that stand in c->memory are read
// from what is kept beside that table.
Status curves_write(const Collection *c, const char *runs_folder, int n, const char *folder);

#endif
