// tables.h - LaTeX (booktabs) and CSV tables, and numbers.tex: one macro for each number a text may quote.
#ifndef MOELAW_TABLES_H
#define MOELAW_TABLES_H

#include "scene.h"

Status table_coefficients(const Scene *s); // coefficients.csv, .tex
Status table_laws(const Scene *s);         // laws.csv, .tex
Status table_grid(const Scene *s);         // grid.csv, .tex
Status table_optimum(const Scene *s);      // optimum.csv, .tex
Status table_numbers(const Scene *s);      // numbers.tex

enum { SHOWN = 64 };
// A value with as many digits as its uncertainty leaves (two of the uncertainty's); four significant ones without.
const char *shown(double x, double uncertainty, char text[SHOWN]);
// The same as LaTeX mathematics: "$4.78\times10^{2}$" for large and small ones.
const char *shown_tex(double x, double uncertainty, char text[SHOWN]);

#endif
