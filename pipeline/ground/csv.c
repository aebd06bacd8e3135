// csv.c - see csv.h.
#include "csv.h"

#include "number.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>

static FILE *next(Csv *c) {
    if (c->begun) fputc(',', c->out.file);
    c->begun = true;
    return c->out.file;
}

void csv_text(Csv *c, const char *text) {
    write_csv_cell(next(c), text);
}

void csv_printf(Csv *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(next(c), format, args);
    va_end(args);
}

void csv_number(Csv *c, double x) {
    char text[NUMBER_TEXT];
    fputs(isfinite(x) ? number_text(x, text) : "", next(c));
}

void csv_rounded(Csv *c, double x, int digits) {
    FILE *f = next(c);
    if (isfinite(x)) fprintf(f, "%.*g", digits, x);
}

void csv_numbers(Csv *c, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) csv_number(c, x[i]);
}

void csv_end(Csv *c) {
    assert(c->begun); // a row has a cell
    fputc('\n', c->out.file);
    c->begun = false;
}
