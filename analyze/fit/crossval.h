// crossval.h - laws judged by runs they have not seen.
#ifndef MOELAW_CROSSVAL_H
#define MOELAW_CROSSVAL_H

#include "fitting.h"
#include "runs/splits.h"

enum { MAX_CONTENDERS = 32 };

// Errors of predictions of held-out runs.
typedef struct {
    int n, worst;            // worst: used row of Runs, -1 if n is 0
    double rmse, mape, bias; // nats, per cent, per cent (positive: predicted too high)
} Errors;

typedef struct {
    char name[64]; // the law's, or "hoffmann2022[E=1.69]"
    const Law *law;
    FitOptions options;
    Fitted full;               // on all rows
    double delta_aicc, weight; // Akaike weight among the contenders
    double score;              // mean over splits of the RMSE; NAN if a split failed
    int rank;                  // from 1
    Errors total[MAX_SPLITS];
    Errors *folds[MAX_SPLITS];     // [n_folds]
    double *predicted[MAX_SPLITS]; // [n of Runs], NAN where not held out
    char failed[200];              // why it could not be fitted; "" if it could
} Contender;

typedef struct {
    const Runs *runs;
    int n_splits, n_contenders;
    Split splits[MAX_SPLITS];
    Contender contenders[MAX_CONTENDERS];
    int order[MAX_CONTENDERS]; // best first
    int threads;
    long seed;
} CrossVal;

// Fits every contender on every fold and fills in all of the above.
void crossval_run(CrossVal *cv);
void crossval_free(CrossVal *cv);

// RMSE of a minus RMSE of b on the held-out runs of a split, with a 95 % interval by configuration.
typedef struct {
    double difference, ci95[2];
    bool told_apart; // the interval leaves 0 out
} Difference;
Difference crossval_difference(const CrossVal *cv, int split, int a, int b);

#endif
