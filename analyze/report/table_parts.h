// table_parts.h - what the tables and the macros share: reading fit.json and CV.json, and text for LaTeX.
#ifndef MOELAW_TABLE_PARTS_H
#define MOELAW_TABLE_PARTS_H

#include "fit/holdout.h"
#include "latex.h"
#include "tables.h"

// NAME.tex in the scene's folder, opened with the line that says who wrote it.
Status tex_open(const Scene *s, const char *name, Output *out);

// A table as CSV and as LaTeX; a failure leaves neither half written.
typedef struct {
    Csv csv;
    Output tex;
} Pair;
Status pair_open(const Scene *s, const char *name, const char *header, Pair *p);
Status pair_close(Pair *p);

typedef struct {
    double value, ci95[2];
    bool at_bound, fixed, unidentified;
} Coefficient;
Coefficient coefficient(const Scene *s, int i);

// The law whose splits the tables and the text go through: the fit's, or the first in rank where the fit's was not
// judged; NULL without a cross-validation.
const char *main_law(const Scene *s);

// \cvVerdicts, the splits in words, with the counts of those won, lost and undecided, and the lines that fail a
// document which leaves the words or the table of splits out.
void splits_words(FILE *f, const Scene *s);

#endif
