// structure.h - what a law's models are built of besides size: experts, granularity, sparsity, or the share Na/N; for
// the figures that compare structures, all by the one allocator.
#ifndef MOELAW_STRUCTURE_H
#define MOELAW_STRUCTURE_H

#include "decide/allocation.h"
#include "scene.h"

// The fit's allocation task over the structures of its law; of laws with N and Na apart the shares Na/N that the runs
// reach. The first is the nearest to a dense model. BAD_INPUT as allocation_of_fit().
Status structures_open(const Scene *s, AllocationTask *t);
// How many there are; with one there is nothing to compare.
int structures(const AllocationTask *t);
// What tells them apart: "*N*_{a}/*N*", "experts", "granularity", "sparsity"; and its value.
const char *structure_name(const Law *law);
double structure_value(const Law *law, const Setting *s);
enum { STRUCTURE_TEXT = 48 };
const char *structure_text(const Law *law, const Setting *s, char text[STRUCTURE_TEXT]);

// Least and most 6 Na D of the runs.
void compute_range(const Scene *s, double range[2]);

#endif
