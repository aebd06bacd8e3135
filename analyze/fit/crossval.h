// crossval.h - laws judged by runs they have not seen.
#ifndef MOELAW_CROSSVAL_H
#define MOELAW_CROSSVAL_H

#include "fitting.h"
#include "runs/splits.h"

enum { MAX_CONTENDERS = 32 };

#define CROSSVAL_RANKED_BY "median over splits of the held-out RMSE, in units of that of the split's best law"

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
    // Median over splits of the RMSE in units of that of the split's best law, so that no one split decides; NAN if a
    // split failed. Places from 1, and the least and the greatest when any one split is left out.
    double score;
    int rank, rank_range[2];
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
// Scores, places and order from total[]; the last step of crossval_run.
void crossval_rank(CrossVal *cv);
void crossval_free(CrossVal *cv);

// Were two laws equally good, fewer configurations than this would all speak for the same one in more than 5 % of cases
// (2^(1 - n)): no interval of theirs can tell.
enum { FEWEST_TO_TELL = 6 };

// RMSE of a minus RMSE of b on the held-out runs of a split, with a 95 % interval by configuration.
typedef struct {
    int n, configurations; // held out
    double difference, ci95[2];
    bool told_apart; // the interval leaves 0 out, and the configurations suffice to say so
} Difference;
Difference crossval_difference(const CrossVal *cv, int split, int a, int b);

#endif
