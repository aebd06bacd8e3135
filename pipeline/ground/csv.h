// csv.h - rows of a CSV file, cell by cell.
#ifndef MOELAW_CSV_H
#define MOELAW_CSV_H

#include "output.h"

typedef struct {
    Output out; // opened and committed by whoever writes; of a stream, out.file alone
    bool begun; // the row has a cell
} Csv;

// Quoted where it has to be.
void csv_text(Csv *c, const char *text);
void csv_printf(Csv *c, const char *format, ...) __attribute__((format(printf, 2, 3))); // as it is
// The shortest text that reads back to the same number; blank for what is not finite.
void csv_number(Csv *c, double x);
// The same to so many digits.
void csv_rounded(Csv *c, double x, int digits);
void csv_numbers(Csv *c, const double *x, size_t n);
#define CSV_NUMBERS(c, ...) csv_numbers(c, (double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double))
// Ends the row.
void csv_end(Csv *c);

#endif
