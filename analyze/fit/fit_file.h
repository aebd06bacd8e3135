// fit_file.h - everything that is known of a fit, and its file fit.json, which no other place knows the keys of.
#ifndef MOELAW_FIT_FILE_H
#define MOELAW_FIT_FILE_H

#include "derived.h"
#include "identify.h"

#include <jansson.h>
#include <stdio.h>

typedef struct {
    Fit fit;
    // The runs: what was read and which of it was used.
    const char *file, *sha256;
    int rows_read, rows_used, configurations;
    RunChoice choice;
    // The problem. Of the options the file keeps objective, residual, delta, seed and bounds; `held` has what was
    // fixed.
    FitOptions options;
    double value; // of the objective
    double printed[LAW_MAX_PARAMETERS];
    bool held[LAW_MAX_PARAMETERS], at_bound[LAW_MAX_PARAMETERS];
    Interval ci95[LAW_MAX_PARAMETERS], profile95[LAW_MAX_PARAMETERS]; // of the printed coefficients
    bool has_profile;
    Starts starts; // its optima have printed coefficients; no ends
    Metrics metrics;
    const char *worst; // run with the largest error
    char worst_room[32];
    Identifiability id;
    int n_derived;
    Derived derived[MAX_DERIVED];
    Resampling resampling;
    int clusters, unmoved;                     // see Fitted
    double draws_at_bound[LAW_MAX_PARAMETERS]; // share of the draws
    const char *drawn_by;                      // "row", "configuration" or a column: what the bootstrap draws
    json_t *texts;                             // of a report that was read: what the texts above point into
} FitReport;

// A fit that was just made: identifiability, intervals and derived quantities are worked out. Draws and texts stay
// those of its arguments; nothing is to be freed.
void fit_report(const Fitted *f, const Runs *runs, const FitOptions *options, const RunChoice *choice, FitReport *r);

// fit.json. Nothing in it depends on time, threads or the machine: the same fit is the same file.
void fit_file_write(FILE *file, const FitReport *r);
// BAD_INPUT if unreadable, of another schema, or not a fit. fit_report_free() afterwards.
Status fit_file_read(const char *path, FitReport *r);
// The same from text already in memory; `path` is for messages.
Status fit_file_parse(const char *path, const char *text, size_t length, FitReport *r);
void fit_report_free(FitReport *r);

// `spec` is a path or published:NAME; a published set has no `file`, no runs and no draws.
Status fit_report_load(const char *spec, FitReport *r);

// The fit as a problem again, on the runs it was made of (read with r->choice): objective, weights, bounds and held
// coefficients as they were. `points` [runs->n] stay the caller's; fitted_free() must not be called.
Status fit_again(const FitReport *r, const Runs *runs, const Point *points, Fitted *f);

#endif
