// bring.h - runs of other programs as rows of a run table.
#ifndef MOELAW_BRING_H
#define MOELAW_BRING_H

#include "mapping.h"
#include "readers.h"
#include "row.h"

typedef struct {
    const char *format; // name of a reader; NULL: by what the text looks like
    const char *map;    // path of a mapping file, or NULL
    const char *config; // path of a config.json for sources that say no settings, or NULL
    const char *loss;   // key of the loss, or NULL
    const char *source; // what the column says; NULL: the format
    TextList set;       // KEY=VALUE
    bool unfinished;    // runs that are not finished as well
    RowRules rules;
} BringOptions;

typedef struct {
    Mapping mapping;
    Bags bags;
    const char **formats;   // [bags.n] names of the readers
    const char *loss, *bpb; // keys that were taken
    int n;
    ImportedRow *rows;                            // [n]
    int *of;                                      // [n] bag
    int unfinished, without_loss, without_tokens; // runs left out
    int counted;                                  // rows whose counts follow from settings
} Brought;

// Reads sources (paths, .gz, "-"), chooses one loss for all and makes rows. Notes say which names were taken and what
// was left out. BAD_INPUT: see row_make(); no evaluation; no run left; two runs of one id.
Status bring(const char *const *paths, int n, const BringOptions *o, Brought *b);
void brought_free(Brought *b);

#endif
