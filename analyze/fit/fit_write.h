// fit_write.h - a fit as JSON (fit.json) and as text.
#ifndef MOELAW_FIT_WRITE_H
#define MOELAW_FIT_WRITE_H

#include "derived.h"
#include "identify.h"

#include <stdio.h>

typedef struct {
    const Fitted *fitted;
    const Runs *runs;
    const FitOptions *options;
    const RunChoice *choice;
    Identifiability id;
    double ci95[LAW_MAX_PARAMETERS][2];      // of the printed coefficients; NAN without draws
    double profile95[LAW_MAX_PARAMETERS][2]; // NAN unless asked for
    bool has_profile;
    int n_derived;
    Derived derived[MAX_DERIVED];
} FitReport;

// Works out identifiability, intervals and derived quantities.
void fit_report(const Fitted *f, const Runs *runs, const FitOptions *options, const RunChoice *choice, FitReport *r);
void fit_write_json(FILE *file, const FitReport *r);
void fit_write_text(FILE *file, const FitReport *r);

#endif
