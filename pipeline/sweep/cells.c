// cells.c - see cells.h.
#include "cells.h"

#include "ground/number.h"

#include <math.h>
#include <string.h>

void cell_text(FILE *f, const char *text) {
    fputc(',', f);
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) fprintf(f, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', f);
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
