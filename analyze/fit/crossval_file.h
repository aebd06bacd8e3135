// crossval_file.h - CV.json: what `moelaw crossval` writes, held-out predictions and every difference included.
#ifndef MOELAW_CROSSVAL_FILE_H
#define MOELAW_CROSSVAL_FILE_H

#include "crossval.h"

#include <stdio.h>

void crossval_write(FILE *f, const CrossVal *cv);

#endif
