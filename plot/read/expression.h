// expression.h - a column of the data, or a formula over columns: "loss - 1.2", "100 * (predicted / observed - 1)".
//
// The formulas are those of ground/expression.h. A text that is the name of a column is that column, whatever signs are
// in it.
#ifndef MOELAW_PLOT_EXPRESSION_H
#define MOELAW_PLOT_EXPRESSION_H

#include "data.h"
#include "ground/expression.h"

// BAD_INPUT: not an expression, or a column that the table lacks; `line` is that of the spec.
Status expression_read(const Store *s, const Table *t, const char *text, int line, Expression *e);
// The only column of an expression that is nothing else, -1 for others.
int expression_column(const Expression *e);
// NAN where a cell is blank. BAD_INPUT: text in a cell, or a value that is not finite (a logarithm of zero).
Status expression_value(const Expression *e, const Table *t, int row, double *value);

#endif
