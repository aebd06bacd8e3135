// plan.h - what a design is, said before a run is trained: ranges, correlations, replicates, how well wishes were met,
// what it costs.
#ifndef MOELAW_SWEEP_PLAN_H
#define MOELAW_SWEEP_PLAN_H

#include "cost.h"
#include "design.h"

enum { PLAN_FACTORS = 5 }; // log D, log N, log Na, log G, S
extern const char *const plan_factor_names[PLAN_FACTORS];

typedef struct {
    double correlation[PLAN_FACTORS][PLAN_FACTORS]; // NAN where a factor does not vary
    int a, b;                                       // the pair that correlates most; a = b where none does
} PlanCorrelations;

// Over all runs, or over those that no hold-out keeps from fits.
PlanCorrelations plan_correlations(const Design *d, bool fitted);

enum { PLAN_SEEDS = 3 }; // so many make a point well replicated
enum { PLAN_MARKS = 16 };

typedef struct {
    const char *name;
    int n;
} PlanMark;

// What is counted over the runs of a design.
typedef struct {
    Cost cost;
    int cells, replicated; // configurations; (cell, D) with PLAN_SEEDS seeds and more
    int held;              // runs held out
    PlanMark marks[PLAN_MARKS];
    const PlannedRun *worst[N_WISHES];
    double mismatch[N_WISHES], low[PLAN_FACTORS], high[PLAN_FACTORS];
} PlanSummary;

// Close its cost with cost_free().
PlanSummary plan_summary(const Design *d);

// The backbone's fields, those that wishes for the experts leave alone; the different values of one in a block, "48,
// 64", in order of appearance, and how many; the runs of a block and its cells.
extern const char *const plan_backbone[];
int plan_distinct(const Design *d, int block, const char *field, char *list, size_t size);
int plan_block_runs(const Design *d, int block, int *cells);

typedef struct {
    double gflops, jobs; // model FLOPs of one job / 1e9 / s; jobs at a time
    const char *from;    // where that number is from
} Speed;

// On stderr, for people, and on stdout as JSON. `n_kept` runs stand in the design's table already.
void plan_print(const Design *d, Speed speed, int n_kept);
void plan_json(const Design *d, Speed speed, int n_kept);

#endif
