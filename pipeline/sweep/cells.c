// cells.c - see cells.h.
#include "cells.h"

#include "ground/number.h"
#include "ground/output.h"

#include <math.h>

void cell_text(FILE *f, const char *text) {
    fputc(',', f);
    write_csv_cell(f, text);
}

void cell_number(FILE *f, double x) {
    char text[NUMBER_TEXT];
    fprintf(f, ",%s", number_text(x, text));
}

void cell_rounded(FILE *f, double x, int digits) {
    if (isfinite(x))
        fprintf(f, ",%.*g", digits, x);
    else
        fputc(',', f);
}
