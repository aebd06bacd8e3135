// holdout.h - reading CV.json: a law's splits, which of them is shown where there is room for one, and how a law fares
// against another on each.
#ifndef MOELAW_FIT_HOLDOUT_H
#define MOELAW_FIT_HOLDOUT_H

#include <jansson.h>
#include <stdbool.h>

// NAN where the key is missing or no number; "" where it is no text.
double number_of(const json_t *object, const char *key);
const char *text_of(const json_t *object, const char *key);

// The laws' entry of that name (its variant); NULL if there is none or it could not be fitted.
const json_t *law_named(const json_t *crossval, const char *name);
// A law's split by name; NULL if there is none.
const json_t *split_named(const json_t *law, const char *name);
// The hold-out that is shown: runs marked as the largest beforehand, else the largest by compute, else the first that
// is not folds, else NULL.
const json_t *shown_holdout(const json_t *law);

typedef enum { WON, LOST, UNDECIDED } Verdict;

// One split as it is between two laws.
typedef struct {
    const char *split, *rival;
    int n, configurations;      // held out
    double rmse, rival_rmse;    // nats
    double difference, ci95[2]; // rmse - rival_rmse: positive where the law is worse
    Verdict verdict;
} Contest;

// All contests of a law in the order of the file, every rival and every split; to be freed.
Contest *contests_of(const json_t *crossval, const char *law, int *n);

const char *verdict_name(Verdict v); // "won", "lost", "undecided"

#endif
