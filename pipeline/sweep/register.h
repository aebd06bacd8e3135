// register.h - what is laid down before a design's first run, so that nobody, its author included, can choose
// afterwards.
//
// The design says it:
//
//     register:
//       laws: [zhao2025, hoffmann2022]
//       objective: {kind: huber, residual: log, delta: 1e-3}
//       splits: [cell, trunk, holdout]
//       questions:
//         - question: is the minimum of G inside the sampled range?
//           statistic: 95 % interval of G* over stable phases
//           decision: yes if it excludes 1 and 16
//
// and the register holds that, the hashes of design and manifest, the ids of all hold-outs, and the expected widths. It
// is never rewritten: a design that changed later appends a dated deviation with its reason.
#ifndef MOELAW_REGISTER_H
#define MOELAW_REGISTER_H

#include "ground/status.h"

typedef struct {
    const char *design, *manifest, *out;
    const char *table;    // where finished runs are kept; NULL: the design's
    const char *expected; // a JSON file of expected widths, or NULL
    const char *amend;    // the reason of a deviation, or NULL
} RegisterOptions;

// BAD_INPUT: the design has no complete register, or the manifest does not follow from it. CHECK_FAILED: it is
// registered otherwise already, and no reason was given.
Status register_write(const RegisterOptions *o);

#endif
