// verdict.h - does a law hold on new runs? Four criteria, each asked for or not: error, bias, coverage of prediction
// intervals, drift over time.
#ifndef MOELAW_VERDICT_H
#define MOELAW_VERDICT_H

#include "fit/predict.h"
#include "runs/runs.h"

typedef enum { CRITERION_ERROR, CRITERION_BIAS, CRITERION_COVERAGE, CRITERION_DRIFT, N_CRITERIA } CriterionKind;
typedef enum { NOT_ASKED, HOLDS, FAILS, CANNOT_TELL } Standing;

typedef struct {
    Standing standing;
    double value, limit; // per cent; limit NAN where not asked
    char text[200];      // what was measured, with the limit where it fails: "MAPE 2.1 % is above --max-mape 1"
} Criterion;

// What the command line asks; NAN: not asked.
typedef struct {
    double max_mape;     // mean absolute error, per cent
    double max_bias;     // absolute value of the mean error, per cent
    double min_coverage; // share of runs within their own 95 % interval, per cent
    double max_drift;    // change of the error from the first run to the last, per cent
    const char *order;   // column that says which run is first; NULL: the order of the table
} Limits;

typedef struct {
    int n, inside, with_interval; // runs; within their interval; that have one
    double rmse, mape, bias;      // nats, per cent, per cent (above 0: the law predicts too much)
    double chance;                // of so few or fewer inside, where 95 % of runs are
    double drift, drift95[2];     // per cent, first to last by least squares; NAN for fewer than 4 runs
    Criterion criteria[N_CRITERIA];
    bool holds;              // none fails
    Prediction *predictions; // [n]
    int *order;              // [n], largest relative error first
} Verdict;

extern const char *const criterion_names[N_CRITERIA]; // "error", "bias", "coverage", "drift"
extern const char *const standing_words[];            // "not asked", "holds", "FAILS", "cannot tell"

// BAD_INPUT: no such column to order by; coverage asked of a law without intervals.
Status judge(const Fit *fit, const Runs *runs, const Point *points, const Limits *limits, Verdict *v);
void verdict_free(Verdict *v);

// Per cent; above 0: too much was predicted.
double relative_error(const Prediction *p, double loss);
// False where there is no interval.
bool outside_interval(const Prediction *p, double loss);

#endif
