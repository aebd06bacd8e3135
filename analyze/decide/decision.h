// decision.h - what all decisions share: a fit with its fitted range, intervals over bootstrap draws for several
// answers at once, warnings that reach both stderr and --json, and numbers for people.
#ifndef MOELAW_DECISION_H
#define MOELAW_DECISION_H

#include "ground/json.h"
#include "ground/number.h"
#include "fit/fit.h"

enum { ANSWERS = 16, MOST_DRAWS = 400 };
// Writes its answers, NAN where there is none.
typedef void (*Answer)(const Law *law, const double *parameters, void *context, double *answers);
// 95 % intervals of n answers over at most MOST_DRAWS draws; NANs without draws.
void decision_intervals(const Fit *fit, Answer f, void *context, int n, double ci95[][2]);

// The fitted range of a variable, these where it is unknown.
void range_or(const Fit *fit, Variable v, double lo, double hi, double range[2]);

enum { WARNINGS = 16, WARNING = 240 };
typedef struct {
    int n;
    char text[WARNINGS][WARNING];
} Warnings;
void warning_add(Warnings *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
// One for each variable that lies outside the fitted range in one of the points, for the furthest of them, with the
// factor (the distance for S).
void warn_outside(Warnings *w, const Fit *fit, const Point *points, int n);
// To stderr.
void warnings_print(const Warnings *w);
json_t *warnings_json(const Warnings *w);
// Prints the answer with its warnings, and frees it.
void json_answer(json_t *root, const Warnings *w);

// 2.35e9 as "2.35B", 1.2e12 as "1.20T", small numbers with four digits; "-" for what is not finite.
const char *people(double x, char text[NUMBER_TEXT]);
// "[1.2B, 1.4B]", "" without an interval.
enum { INTERVAL_TEXT = 80 };
const char *people_range(const double range[2], char text[INTERVAL_TEXT]);

#endif
