// expression.h - a column of the data, or a sum over columns: "loss - 1.2", "100 * (predicted / observed - 1)".
//
// Numbers, columns (letters, digits, _ and dots), + - * / ^, parentheses, and log, log10, exp, sqrt, abs. A text that
// is the name of a column is that column, whatever signs are in it.
#ifndef MOELAW_PLOT_EXPRESSION_H
#define MOELAW_PLOT_EXPRESSION_H

#include "data.h"

enum { MOST_STEPS = 64 };

typedef struct {
    int kind;   // what the step does: expression.c
    int column; // of the table
    double number;
} Step;

// In reverse Polish order.
typedef struct {
    int n;
    Step at[MOST_STEPS];
} Expression;

// BAD_INPUT: not an expression, or a column that the table lacks; `line` is that of the spec.
Status expression_read(const Store *s, const Table *t, const char *text, int line, Expression *e);
// The only column of an expression that is nothing else, -1 for others.
int expression_column(const Expression *e);
// NAN where a cell is blank. BAD_INPUT: text in a cell, or a value that is not finite (a logarithm of zero).
Status expression_value(const Expression *e, const Table *t, int row, double *value);

#endif
