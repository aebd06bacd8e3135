// args.h - command lines from one table of options, so that parsing and --help never disagree.
#ifndef MOELAW_ARGS_H
#define MOELAW_ARGS_H

#include "status.h"

#define MOELAW_VERSION "0.1.0"

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

typedef struct {
    const char *program;     // "moelaw"
    const char *synopsis;    // "fit RUNS.csv --law NAME [options] [-o FIT.json]"
    const char *description; // a paragraph
    const char *examples;    // lines ready to paste, or NULL
    const Option *options;   // ends with name == NULL
    int min_positional, max_positional;
} Usage;

// Reads argv[1..]; positional arguments land in positional[0..*n_positional-1] (room for max_positional).
// --help and --version print on stdout and exit(0); -q/--quiet sets `quiet`. BAD_INPUT names the option and the remedy.
// "--name value", "--name=value", "-o value"; "--" ends options.
Status args_parse(const Usage *usage, int argc, char **argv, const char **positional, int *n_positional);

void args_help(const Usage *usage);

// A program with subcommands: finds argv[1] in the table and runs it with argv + 1; without one, or with --help,
// lists them with their summaries.
typedef struct {
    const char *name, *summary;
    int (*main)(int argc, char **argv);
} Command;
int args_dispatch(const char *program, const char *description, const Command *commands, int argc, char **argv);

#endif
