// identify.h - what the data can and cannot tell about a law's coefficients, in words.
#ifndef MOELAW_IDENTIFY_H
#define MOELAW_IDENTIFY_H

#include "fitting.h"

enum { MAX_WEAK = 4, MAX_WARNINGS = 24, WARNING_TEXT = 320 };

typedef struct {
    double condition; // of the Jacobian with columns of unit length, coefficients at a bound left out
    // Relative standard error of each coefficient (1: as large as itself); NAN where held or at a bound.
    double relative_error[LAW_MAX_PARAMETERS];
    bool unidentified[LAW_MAX_PARAMETERS];
    // Combinations that can change together by a factor without the data noticing: shares of log coefficients,
    // length 1.
    int n_weak;
    struct {
        double share[LAW_MAX_PARAMETERS], error;
    } weak[MAX_WEAK];
    int n_warnings;
    char warnings[MAX_WARNINGS][WARNING_TEXT];
} Identifiability;

void identify(const Fitted *f, Identifiability *id);

// "alpha +0.71, A +0.70" of a weak direction.
void weak_text(const Law *law, const Identifiability *id, int which, char *text, int size);

#endif
