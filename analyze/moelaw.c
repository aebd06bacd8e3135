// moelaw.c - from a run table to laws, and from laws to decisions. One file a command: cmd_*.c.
#include "command.h"

#include <gsl/gsl_errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

// GSL would abort the program. Out of memory ends it as our own allocations do; all else is seen in what GSL returns.
static void on_gsl_error(const char *reason, const char *file, int line, int error) {
    (void)file;
    (void)line;
    if (error != GSL_ENOMEM) return;
    fprintf(stderr, "out of memory: %s\n", reason);
    exit(CANNOT_FINISH);
}

// Jansson would go on with objects that lack what could not be added.
static void *json_room(size_t size) {
    return allocate(size, 1);
}

int main(int argc, char **argv) {
    gsl_set_error_handler(on_gsl_error);
    json_set_alloc_funcs(json_room, free);
    return args_dispatch("moelaw",
                         "Scaling laws of Mixture-of-Experts language models: fits them to a table of training runs,\n"
                         "compares them on runs they have not seen, predicts, and decides what to train.",
                         command_list(), argc, argv);
}
