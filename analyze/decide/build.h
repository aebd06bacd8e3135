// build.h - from a budget to a shape that can be built: allocation and whole-number shape, iterated until the shape's
// own FLOPs per parameter are those that the allocation counts with.
#ifndef MOELAW_BUILD_H
#define MOELAW_BUILD_H

#include "allocated.h"
#include "architecture.h"

typedef struct {
    double C, percent;
    bool relation;       // wan2026 prescribes M and D; else the fit's own allocation
    const Fit *fit;      // of the loss
    AllocationTask task; // its limits
    Ratios ratios;
    Rules rules; // experts, active and shared ones: 0, 0 and -1 to be chosen
} BuildTask;

typedef struct {
    Goal goal;
    Architecture best;
    Shapes band;
    int rounds;
    double M_moved, N_moved; // by the iteration, shares
} Built;

// Chooses the experts that were not asked for: those of wan2026, or for a five-factor law whole numbers near its G* and
// S* and the fewest experts that leave room for its N/Na. BAD_INPUT as allocation_best() and architecture_search().
Status build(BuildTask *t, Built *b, Warnings *w);

// The shape with its counts in one row; the near-optimal ranges; how those move with compute, shapes not rounded.
Sheet built_sheet(const BuildTask *t, const Built *b);
Sheet built_ranges(const Built *b);
Sheet built_ranges_over_C(const BuildTask *t);

#endif
