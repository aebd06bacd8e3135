// gsl_errors.c - what GSL does about errors: it returns them, and ends the program where memory is out, as allocate()
// does. (By itself it would abort, whatever the error.)
#include "ground/status.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>

static void on_error(const char *reason, const char *file, int line, int code) {
    if (code != GSL_ENOMEM) return;
    fprintf(stderr, "out of memory: %s (%s:%d)\n", reason, file, line);
    exit(CANNOT_FINISH);
}

__attribute__((constructor)) static void take_over(void) {
    gsl_set_error_handler(on_error);
}
