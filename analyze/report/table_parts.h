// table_parts.h - what the tables and the macros share: reading fit.json and CV.json, and text for LaTeX.
#ifndef MOELAW_TABLE_PARTS_H
#define MOELAW_TABLE_PARTS_H

#include "tables.h"

// A LaTeX file in the scene's folder, opened with the line that says who wrote it.
Status tex_open(const Scene *s, const char *name, Output *out);
// Text for LaTeX outside mathematics.
void tex_text(FILE *f, const char *text);

typedef struct {
    double value, ci95[2];
    bool at_bound, fixed, unidentified;
} Coefficient;
Coefficient coefficient(const Scene *s, int i);

// NAN where the key is missing or no number.
double number_of(const json_t *object, const char *key);
// A law's split in CV.json by name or by its beginning; NULL if there is none.
const json_t *split_named(const json_t *law, const char *name, bool prefix);
// The hold-out whose bias is shown: of the largest runs by compute, else of the first hold-out that is not folds.
const json_t *shown_holdout(const json_t *law);

#endif
