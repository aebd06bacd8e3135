// holdout.h - which runs of a design are kept from the fits, decided before any is trained.
#ifndef MOELAW_HOLDOUT_H
#define MOELAW_HOLDOUT_H

#include "design.h"

// Keeps or marks `n` cells among runs from..n_runs-1 for which `open` holds: those with the smallest cell ids, which
// are hashes, so that no hand and no order of the file chooses. chosen[i - from] says which runs belong to them.
// Returns how many cells there were.
int holdout_draw(const Design *design, int from, int n, bool (*open)(const PlannedRun *), bool *chosen);

// Marks the share `largest` of all runs that takes most FLOPs "largest" (runs that tie with the last one too), whatever
// they were marked before.
void holdout_largest(Design *design, double largest);

#endif
