// crossval_text.h - a cross-validation for people, in at most 100 columns: the ranking, then every split with what
// tells the laws apart on it and what does not.
#ifndef MOELAW_CROSSVAL_TEXT_H
#define MOELAW_CROSSVAL_TEXT_H

#include "crossval.h"

#include <stdio.h>

void crossval_print(FILE *f, const CrossVal *cv);

#endif
