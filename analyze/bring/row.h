// row.h - one row of a run table out of what a source says of a run.
#ifndef MOELAW_ROW_H
#define MOELAW_ROW_H

#include "bag.h"
#include "columns.h"
#include "model_of.h"

typedef struct {
    char id[128], notes[256];
    double x[N_COLUMNS]; // NAN where unknown
    ModelKind kind;
    bool named;       // the id stood in the source as an id
    char settings[9]; // hash of all but the loss
    char lacks[64];   // the setting without which nothing could be counted, or ""
    const Bag *bag;
} ImportedRow;

typedef struct {
    const char *assume;     // count an unknown model_type as this one
    bool trust;             // a stated count that does not agree is kept and marked
    double bytes_per_token; // makes nats a token of bits a byte; 0: unknown
    const char *loss, *bpb; // keys, or NULL
} RowRules;

// Counts follow from the settings where these are known; what is stated is held against them. BAD_INPUT names the run:
// a count or C that is off by more than 1 %, a setting that is not understood, text in a number.
Status row_make(const Bag *b, const RowRules *rules, ImportedRow *row);

#endif
