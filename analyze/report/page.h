// page.h - one self-contained HTML page about fits: the answer first, then figures, tables, warnings, where it is all
// from, and the commands. No network, no file beside it.
#ifndef MOELAW_PAGE_H
#define MOELAW_PAGE_H

#include "fit/fit_file.h"

#include <stdio.h>

typedef struct {
    int n;
    FitReport *fits;  // [n]; the first is what the page is about, unless a cross-validation ranks another one first
    json_t *crossval; // CV.json, NULL without
    const char *crossval_path;
    const char *figures; // folder with NAME.svg, NAME-dark.svg and NAME.csv, NULL without
    const Runs *runs;    // of the main fit, NULL without
    const Point *points; // [runs->n] of the main law, prepared
    const char *output;  // as the command line had it
} Page;

// Nothing in it depends on time or machine: the same input is the same page. BAD_INPUT: a figure cannot be read.
Status page_write(FILE *f, const Page *p);
// The fit that the page is about.
const FitReport *page_main(const Page *p);

extern const char page_style[], page_script[]; // page_style.c

// page_figures.c: every figure of the folder with its data; *n of them.
Status page_figures(FILE *f, const char *folder, int *n);
// page_tables.c
void page_optimum(FILE *f, const FitReport *r);
void page_laws(FILE *f, const Page *p);
void page_coefficients(FILE *f, const FitReport *r);
void page_runs(FILE *f, const Page *p);

// Text between tags, escaped.
void page_text(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A table that the reader can sort and scroll: opened with "heading|heading>" ('>': numbers), rows of cells, closed.
void table_begin(FILE *f, const char *caption, const char *headings);
void row_begin(FILE *f);
void cell_words(FILE *f, const char *text);
// Shown as `text`, sorted as `x`.
void cell_value(FILE *f, double x, const char *text);
void row_end(FILE *f);
void table_end(FILE *f);

#endif
