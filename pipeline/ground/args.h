// args.h - command lines from one table of options, so that parsing and --help never disagree.
#ifndef MOELAW_ARGS_H
#define MOELAW_ARGS_H

#include "status.h"
#include "version.h"

typedef enum {
    ARG_FLAG,   // bool: present or not
    ARG_TEXT,   // const char *
    ARG_NUMBER, // double within [min, max] when max > min
    ARG_WHOLE,  // long within [min, max] when max > min
    ARG_LIST,   // TextList: may be repeated
} ArgKind;

typedef struct {
    int n;
    const char *text[64];
} TextList;

typedef struct {
    const char *name; // without "--"
    char letter;      // 0: none
    ArgKind kind;
    void *target; // holds the default before, the value after
    const char *value_name;
    const char *help; // one line; say the default here
    double min, max;
} Option;

// One line of a table of options; the target's type is what its kind needs.
Option opt_flag(const char *name, bool *target, const char *help);
Option opt_text(const char *name, const char **target, const char *value, const char *help);
Option opt_output(const char **target, const char *value, const char *help); // -o, --output
Option opt_list(const char *name, TextList *target, const char *value, const char *help);
Option opt_number(const char *name, double *target, const char *value, const char *help, double min, double max);
Option opt_whole(const char *name, long *target, const char *value, const char *help, double min, double max);

// A program, or one of its commands, and what --help says of it beside its options.
typedef struct Command Command;
struct Command {
    const char *program, *name, *summary; // "moelaw", "fit" (NULL: the program itself), a line in the list of commands
    const char *synopsis;                 // "RUNS.csv --law NAME [options] [-o FIT.json]"
    int least, most;                      // positional arguments
    const char *description, *examples;   // a paragraph; lines ready to paste, or NULL
    Status (*run)(const Command *self, int argc, char **argv);
};

// Reads argv[1..]; positional arguments land in positional[0..*n-1] (room for self->most; n may be NULL).
// --help and --version print on stdout and exit(0); -q/--quiet sets `quiet`. BAD_INPUT names the option and the remedy.
// "--name value", "--name=value", "-o value"; "--" ends options.
Status args_read(const Command *self, const Option *options, int argc, char **argv, const char **positional, int *n);

// A program with commands (the last has no name): finds argv[1] among them and runs it with argv + 1; without one, or
// with --help, lists them with their summaries. Returns the exit status.
int args_dispatch(const char *program, const char *description, const Command *commands, int argc, char **argv);

#endif
