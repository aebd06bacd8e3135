// fill.h - templates: "β = {value} [{lo}, {hi}]" with the values of one row.
#ifndef MOELAW_PLOT_FILL_H
#define MOELAW_PLOT_FILL_H

#include "data.h"

// Replaces each {column} (or {column:.3g}, {column:si}) by the row's value, escaped, {column:rich} as it is; a
// backslash takes '{' literally, and
// ^{...} and _{...} stay raised and lowered text. Numbers without a format get as many digits as half of the distance
// between the `uncertainty` columns supports (two significant ones), else four significant digits.
// BAD_INPUT: missing column, unknown format.
Status fill_template(const Store *s, const Table *t, int row, const char *text, const Texts *uncertainty, int line,
                     const char **filled);

// One cell by the same rules, `format` NULL for the default.
Status fill_cell(const Store *s, const Table *t, int row, const char *column, const char *format,
                 const Texts *uncertainty, int line, const char **filled);

#endif
