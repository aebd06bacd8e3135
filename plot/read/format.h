// format.h - numbers and templates as rich text.
//
// Rich text is plain text with ^{up}, _{down} and *slanted*; a backslash takes the next sign literally. Text from data
// is escaped first, text from a spec is not. text.h draws it.
#ifndef MOELAW_PLOT_FORMAT_H
#define MOELAW_PLOT_FORMAT_H

#include "arena.h"
#include "spec.h"

#include <stdbool.h>

enum { FORMAT_TEXT = 64 };

// "si" (1.2M), "power" (3×10^{8}), ".3f", ".3g".
bool format_known(const char *format);
// NULL: four significant digits. Minus is the true sign.
const char *format_number(double x, const char *format, char text[FORMAT_TEXT]);
// Digits after the point so that half of |hi - lo| keeps two significant digits; 0 to 9.
int format_digits(double lo, double hi);

char *format_escaped(Arena *a, const char *text);
// The text for a value of the data: its name if it has one, else the number in `format`, else itself, escaped.
const char *format_value(Arena *a, const char *value, const Names *names, const char *format);

#endif
