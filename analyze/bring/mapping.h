// mapping.h - a YAML file that says which key of a source is which column:
//     columns: {D: tokens_B, loss: eval/loss, optimizer: opt}   # a column of ours, a setting of the model, or one to
//     keep times:   {D: 1e9}                                         # where the unit is another set:     {vocab_size:
//     32000}                              # what holds for all runs and is not said source:  my-team
#ifndef MOELAW_MAPPING_H
#define MOELAW_MAPPING_H

#include "bag.h"

#include "ground/args.h"
#include "ground/config.h"

enum { MOST_KEPT = 32 };

typedef struct {
    bool open;
    Config file;
    const ConfigNode *columns, *times, *set;
    const char *source; // NULL if it says none
    const char *loss;   // what columns: says of loss
    int n_kept;
    const char *kept[MOST_KEPT]; // columns that are none of ours
} Mapping;

// BAD_INPUT: line, what is wrong, what was expected.
Status mapping_read(const char *path, Mapping *m);
void mapping_free(Mapping *m);

// Puts what the mapping and "KEY=VALUE" settings say into the bags. BAD_INPUT for a column that no bag has.
Status mapping_apply(const Mapping *m, const TextList *set, Bags *bags);

#endif
