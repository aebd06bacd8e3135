// command.h - a command of moelaw is one file cmd_NAME.c that ends in
//     COMMAND(fit, "fits a law to a run table", 20)
// where `static int run(int argc, char **argv)` is its main and 20 its place in the list of `moelaw --help`.
#ifndef MOELAW_COMMAND_H
#define MOELAW_COMMAND_H

#include "ground/args.h"

#include <jansson.h>

void command_register(const Command *command, int place);

// The commands in order of place, ended by a NULL name.
const Command *command_list(void);

// What --json prints: the object, freed, on stdout or in the file that -o names (NULL: none), whole or not at all.
Status command_json(json_t *object, const char *path);

// The name cmd_NAME is what analyze.mk asks the linker for.
#define COMMAND(command_name, summary_text, place)                                                                     \
    extern const Command cmd_##command_name;                                                                           \
    const Command cmd_##command_name = {#command_name, summary_text, run};                                             \
    __attribute__((constructor)) static void register_command(void) {                                                  \
        command_register(&cmd_##command_name, place);                                                                  \
    }

#endif
