// cells.h - cells of a CSV line, each with the comma before it.
#ifndef MOELAW_CELLS_H
#define MOELAW_CELLS_H

#include <stdio.h>

// Quoted where it has to be.
void cell_text(FILE *f, const char *text);
// The shortest text that reads back to the same number; blank for what is not finite.
void cell_number(FILE *f, double x);
// The same to so many digits.
void cell_rounded(FILE *f, double x, int digits);

#endif
