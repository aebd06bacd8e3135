// table_record.h - tables of what was done rather than of what was found; each file may be missing, and then so is its
// table.
#ifndef MOELAW_TABLE_RECORD_H
#define MOELAW_TABLE_RECORD_H

#include "scene.h"

// How far seeds differ at one D: pooled over the cells that were repeated, with a chi-square interval.
typedef struct {
    double tokens, deviation, interval[2];
    int dof;
} SeedNoise;
enum { SEED_LEVELS = 64 };
// A level for each D where a cell was repeated, in the order of the table; how many. slope: of the deviation's
// logarithm in log D, with its 95 % interval; NANs with one D.
int seed_noise(const Scene *s, SeedNoise list[SEED_LEVELS], double slope[3]);
// Mean difference of loss, deepest less shallowest backbone, over pairs of runs alike in all factors of the law, seed,
// rate and batch, with a 95 % interval by t; how many pairs.
int backbone_effect(const Scene *s, double effect[3]);

Status table_record(const Scene *s);   // record.tex: macros of training, seeds, backbones
Status table_runs(const Scene *s);     // runs.tex: a long table, a row a run
Status table_exact(const Scene *s);    // exact.tex: the coefficients with all their digits
Status table_formulas(const Scene *s); // formulas.tex: each law that is published, with its source
// settings.tex: every setting of a manifest with its values, and those of another manifest (or NULL) that were tried.
Status table_settings(const Scene *s, const char *manifest, const char *tried);
// questions.tex: macros of a register (`moesweep register`), \registerQuestions the list of what it asked.
Status table_questions(const Scene *s, const char *file);
// coverage.csv, .tex: how many intervals of a rehearsal hold between 90 and 98 % of the time.
Status table_coverage(const Scene *s, const char *file);

#endif
