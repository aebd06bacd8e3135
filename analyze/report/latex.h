// latex.h - text and numbers for LaTeX. Every string that reaches a .tex file goes through tex_text().
#ifndef MOELAW_LATEX_H
#define MOELAW_LATEX_H

#include <stdio.h>

// Text outside mathematics: what LaTeX would act on is set as it reads, controls become blanks.
void tex_text(FILE *f, const char *text);

enum { SHOWN = 64 };
// A value with as many digits as its uncertainty leaves (two of the uncertainty's); four significant ones without.
const char *shown(double x, double uncertainty, char text[SHOWN]);
// The same as LaTeX mathematics: "$4.78\times10^{2}$" for large and small ones.
const char *shown_tex(double x, double uncertainty, char text[SHOWN]);

// What an interval (fit/interval.h) leaves uncertain of its value, for shown(); NAN if that is not known.
double digits_from(const double ci[2]);
// An interval in words of LaTeX: "[$1.2$, $1.4$]", "at most $1.4$", "at least $1.2$", "not determined"; "--" if
// unknown.
void tex_interval(FILE *f, const double ci[2]);

#endif
