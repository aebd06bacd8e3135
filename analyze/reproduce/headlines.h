// headlines.h - what the papers print against what this program gives: one list, nothing left out.
//
// A line either must hold (then a tolerance says how closely), or cannot be reproduced (then a reason says why; the
// number we get stands beside it where there is one).
#ifndef MOELAW_HEADLINES_H
#define MOELAW_HEADLINES_H

#include "decide/allocation.h"
#include "laws/law.h"

#include <stdbool.h>

// Where the number that ours is held against comes from.
typedef enum {
    PRINTED,    // in the paper: a number, a table, a statement
    ARITHMETIC, // ours, worked out from the paper's printed formula and coefficients by other means than this program
    REFIT,      // a refit of the paper's public data
    ORIGINS
} Origin;
const char *origin_name(Origin p); // "printed", "arithmetic", "refit"

typedef struct {
    const char *paper; // "zhao2025"
    Origin provenance;
    char quantity[96];
    char printed[40]; // as the paper has it
    double published, ours, tolerance;
    bool relative;      // of the tolerance
    const char *reason; // why it cannot be held to; NULL: it must hold
} Headline;

typedef struct {
    int n;
    Headline *lines;
    const char *paper; // of the lines added next, as is their provenance
    Origin provenance;
    const Law *serving_law; // that the statements of yun2024 are asked of; NULL: none
    const double *serving_parameters;
} Headlines;

#define NAMED(n, m) __attribute__((format(printf, n, m)))
// Must hold within `tolerance` (absolute), within a share of the published value, or lie in lo..hi.
void must_be(Headlines *h, double published, double ours, double tolerance, const char *quantity, ...) NAMED(5, 6);
void must_be_near(Headlines *h, double published, double ours, double share, const char *quantity, ...) NAMED(5, 6);
void must_lie(Headlines *h, double lo, double hi, double ours, const char *quantity, ...) NAMED(5, 6);
// Must be true; printed as the words given.
void must_hold(Headlines *h, const char *printed, double ours, bool holds, const char *quantity, ...) NAMED(5, 6);
// Cannot be held to.
void cannot_be(Headlines *h, const char *printed, double ours, const char *reason, const char *quantity, ...)
    NAMED(5, 6);

// The budget problem of a published law; its parameters are written to `parameters`.
AllocationTask published_task(const char *name, double *parameters);

bool headline_holds(const Headline *line);

void headlines_zhao(Headlines *h);
void headlines_wan(Headlines *h);
void headlines_yun(Headlines *h);
void headlines_krajewski(Headlines *h);
void headlines_dense(Headlines *h);
void headlines_ludziejewski(Headlines *h);
void headlines_sparsity(Headlines *h); // tian2025, clark2022, abnar2025, frantar2023 and others
void headlines_isoflop(Headlines *h);
void headlines_frontier(Headlines *h);

// Fits repeated on public runs: a folder with chinchilla_epoch.csv, deepmind_routing.csv, steplaw_moe.csv.
void headlines_data(Headlines *h, const char *folder);

// All but these, those of yun2024 asked of the law given. Free lines with free().
Headlines headlines_all(const Law *serving_law, const double *serving_parameters);

#endif
