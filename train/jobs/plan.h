// plan.h - from a manifest, or one run by hand, to jobs: which runs are asked for, on what text, in whose company.
#ifndef MOELAW_PLAN_H
#define MOELAW_PLAN_H

#include "trainer.h"

typedef struct {
    const char *manifest; // or NULL,
    const char *run_list; // "d_model=64,..."
    const char *only;     // ids with commas between; NULL: all
    const char *out;      // folder of the runs' folders
    const Corpus *corpus; // NULL: none was given
} PlanSource;

// Runs first..first+n-1 of the plan share a trunk.
typedef struct {
    int first, n;
    double flops;
} PlanJob;

typedef struct {
    int n_runs;
    Run *runs; // those of one job together, by rising decay start
    char (*ids)[RUN_ID];
    char **folders;
    int n_jobs;
    PlanJob *jobs; // longest first; made by plan_left()
} Plan;

// Fills a blank corpus with the one at hand, so that the id says what the run was trained on. BAD_INPUT: everything
// that is wrong with manifest, ids, corpus or vocabulary, before anything trains.
Status plan_make(const PlanSource *source, Plan *plan);
void plan_free(Plan *plan);

// The part of a plan that is left to do, open[n_runs], grouped into jobs.
void plan_left(const Plan *plan, const bool *open, Plan *left);

#endif
