// next.h - the runs to do next, as an answer: which shapes on how many tokens, and how narrow they make a quantity.
#ifndef MOELAW_NEXT_H
#define MOELAW_NEXT_H

#include "candidates.h"
#include "decision.h"
#include "experiment.h"
#include "sheet.h"
#include "sought.h"

typedef struct {
    double flops; // for all of them
    int most;     // runs
    double noise; // of log L of one run; 0: the fit's
    double extend;
    const char *candidates; // a table; NULL: built
} NextQuestion;

typedef struct {
    double value, noise, spent, factor;
    double before95[2], after95[2];
    bool from_draws; // before95 is the bootstrap's, and after95 shrinks it as information says; else information alone
    int n_runs;      // done
    Sheet runs;      // to do, in order
} NextAnswer;

// BAD_INPUT: the quantity is not determined (the message says what would determine it), or no run fits the budget.
// Free with sheet_free(&a->runs).
Status next_runs(const Fit *fit, const Runs *runs, const Sought *s, const NextQuestion *q, NextAnswer *a);

#endif
