// splits.h - ways to hold runs out: by folds, by size, by growing window, by level.
#ifndef MOELAW_SPLITS_H
#define MOELAW_SPLITS_H

#include "runs.h"

// One fit and the runs it is judged on.
typedef struct {
    int n_train, n_test;
    int *train, *test; // used rows of Runs
    char name[48];     // "3", "N <= 1e9", "G = 8"
} Fold;

typedef struct {
    char name[64]; // "folds", "largest:N", "N>2e9", "expand:N", "leave:G"
    int n_folds;
    Fold *folds;
} Split;

enum { MAX_SPLITS = 16 };

// K folds of whole configurations.
void split_folds(const Runs *runs, int k, unsigned long seed, Split *s);

// SPEC is one of
//     largest:N  largest:D  largest:C  largest:C:0.2     the top part (default 0.2) by size, data or compute 6 Na D
//     N>2e9  D>q80  G<4                                  by value, or by quantile (q80: the 80 % one)
//     expand:N  expand:D  expand:C                       fit on all up to one size, predict the next
//     leave:G  leave:S  leave:Na/N  leave:N              each level held out in turn
//     column:holdout                                     runs marked there (by hand or by the design, before they were
//                                                        trained), a fold for each mark, fitted on the unmarked
//     column:holdout:between                             of these the ones marked so
//     source=x  notes.key=1                              runs of which a column says so
// Runs marked in a column `holdout` no split fits, and no fold holds.
// BAD_INPUT if it is none of these, or leaves nothing to fit or to predict.
Status split_holdout(const Runs *runs, const char *spec, Split *s);

// The distinct marks of the column `holdout`, in order of appearance; at most `room`.
int split_marks(const Runs *runs, const char *marks[], int room);

// Distinct rows, and distinct configurations, that a split holds out.
void split_size(const Runs *runs, const Split *s, int *rows, int *configurations);

void split_free(Split *s);

#endif
