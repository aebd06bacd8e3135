// command.h - a command of moelaw is one file cmd_NAME.c that ends in
//     MOELAW_COMMAND(fit, 20, "fits a law to a run table", "RUNS.csv --law NAME [options]", 1, 1, "Fits ...",
//                    "  moelaw fit ...")
// that is name, place in the list of `moelaw --help`, and what a Command says of itself (ground/args.h). Its main is
// `static Status run(const Command *self, int argc, char **argv)`.
#ifndef MOELAW_COMMAND_H
#define MOELAW_COMMAND_H

#include "ground/args.h"

void command_register(const Command *command, int place);

// The commands in order of place, ended by a NULL name.
const Command *command_list(void);

#define MOELAW_COMMAND(name, place, ...)                                                                               \
    __attribute__((constructor)) static void register_command(void) {                                                  \
        command_register(&(Command){"moelaw", #name, __VA_ARGS__, run}, place);                                        \
    }

#endif
