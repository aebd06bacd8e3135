// tables.h - LaTeX (booktabs) and CSV tables, and numbers.tex: one macro for each number a text may quote.
#ifndef MOELAW_TABLES_H
#define MOELAW_TABLES_H

#include "scene.h"

Status table_coefficients(const Scene *s); // coefficients.csv, .tex
Status table_laws(const Scene *s);         // laws.csv, .tex
Status table_splits(const Scene *s);       // splits.csv, .tex: every law against the main one on every split
Status table_grid(const Scene *s);         // grid.csv, .tex
Status table_optimum(const Scene *s);      // optimum.csv, .tex
Status table_numbers(const Scene *s);      // numbers.tex

#endif
