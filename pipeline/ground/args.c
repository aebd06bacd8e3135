// args.c - see args.h.
#include "args.h"

#include "number.h"
#include "output.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Option opt_flag(const char *name, bool *target, const char *help) {
    return (Option){name, 0, ARG_FLAG, target, NULL, help, 0, 0};
}

Option opt_text(const char *name, const char **target, const char *value, const char *help) {
    return (Option){name, 0, ARG_TEXT, target, value, help, 0, 0};
}

Option opt_output(const char **target, const char *value, const char *help) {
    return (Option){"output", 'o', ARG_TEXT, target, value, help, 0, 0};
}

Option opt_list(const char *name, TextList *target, const char *value, const char *help) {
    return (Option){name, 0, ARG_LIST, target, value, help, 0, 0};
}

Option opt_number(const char *name, double *target, const char *value, const char *help, double min, double max) {
    return (Option){name, 0, ARG_NUMBER, target, value, help, min, max};
}

Option opt_whole(const char *name, long *target, const char *value, const char *help, double min, double max) {
    return (Option){name, 0, ARG_WHOLE, target, value, help, min, max};
}

static int is_word(const char *a) {
    return a[0] != '-' || a[1] == '\0';
}

static void help(const Command *c, const Option *options) {
    write_wrapped(stdout, 4, "usage: %s%s%s %s\n\n", c->program, c->name ? " " : "", c->name ? c->name : "",
                  c->synopsis);
    write_wrapped(stdout, 0, "%s", c->description);
    printf("\noptions:\n");
    for (const Option *o = options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%c%s--%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ',
                 o->letter ? ", " : "   ", o->name, o->value_name ? " " : "", o->value_name ? o->value_name : "");
        write_wrapped(stdout, 31, "  %-28s %s%s", left, o->help, o->kind == ARG_LIST ? " (repeatable)" : "");
    }
    printf("  %-28s %s\n  %-28s %s\n  %-28s %s\n", "-q, --quiet", "results and warnings only", "    --help",
           "this text", "    --version", "the version");
    if (c->examples) printf("\nexamples:\n%s", c->examples);
    printf("\nexit status: 0 good, 1 a check did not hold, 2 wrong usage or bad input, 3 could not finish\n");
}

static Status store(const Option *o, const char *value) {
    double x;
    long long whole;
    bool bounded = o->max > o->min;
    switch (o->kind) {
    case ARG_FLAG: *(bool *)o->target = true; return OK;
    case ARG_TEXT: *(const char **)o->target = value; return OK;
    case ARG_LIST: {
        TextList *list = o->target;
        if (list->n == (int)(sizeof list->text / sizeof *list->text))
            return fail(BAD_INPUT, "--%s: given more than %d times", o->name, list->n);
        list->text[list->n++] = value;
        return OK;
    }
    case ARG_NUMBER:
        if (!parse_number(value, &x)) return fail(BAD_INPUT, "--%s: '%s' is not a number", o->name, value);
        if (bounded && !(x >= o->min && x <= o->max))
            return fail(BAD_INPUT, "--%s: %s is outside %g..%g", o->name, value, o->min, o->max);
        *(double *)o->target = x;
        return OK;
    case ARG_WHOLE:
        if (!parse_whole(value, &whole)) return fail(BAD_INPUT, "--%s: '%s' is not a whole number", o->name, value);
        if (bounded && ((double)whole < o->min || (double)whole > o->max))
            return fail(BAD_INPUT, "--%s: %s is outside %.0f..%.0f", o->name, value, o->min, o->max);
        *(long *)o->target = (long)whole;
        return OK;
    }
    return OK;
}

static const Option *find(const Option *options, const char *arg, size_t length) {
    for (const Option *o = options; o->name; o++) {
        if (arg[1] == '-' && strlen(o->name) == length - 2 && !strncmp(arg + 2, o->name, length - 2)) return o;
        if (arg[1] != '-' && length == 2 && o->letter && arg[1] == o->letter) return o;
    }
    return NULL;
}

static void print_version(const char *program) {
    printf("%s %s (%s)\n", program, MOELAW_VERSION, moelaw_commit());
}

static void common(const Command *c, const Option *options, const char *arg) {
    if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
        help(c, options);
        exit(OK);
    }
    if (!strcmp(arg, "--version")) {
        print_version(c->program);
        exit(OK);
    }
    if (!strcmp(arg, "-q") || !strcmp(arg, "--quiet")) quiet = true;
}

Status args_read(const Command *self, const Option *options, int argc, char **argv, const char **positional, int *n) {
    assert(positional || !self->most); // room for what may come
    int given = 0;
    bool options_over = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (!options_over && !strcmp(arg, "--")) {
            options_over = true;
            continue;
        }
        if (options_over || is_word(arg)) {
            if (given == self->most) return fail(BAD_INPUT, "unexpected argument '%s'; see --help", arg);
            positional[given++] = arg;
            continue;
        }
        common(self, options, arg);
        if (!strcmp(arg, "-q") || !strcmp(arg, "--quiet")) continue;
        size_t length = strcspn(arg, "=");
        const Option *o = find(options, arg, length);
        if (!o) return fail(BAD_INPUT, "unknown option '%s'; see --help", arg);
        const char *value = arg[length] == '=' ? arg + length + 1 : NULL;
        if (o->kind == ARG_FLAG && value) return fail(BAD_INPUT, "--%s takes no value", o->name);
        if (o->kind != ARG_FLAG && !value && ++i == argc)
            return fail(BAD_INPUT, "--%s needs a value: --%s %s", o->name, o->name, o->value_name);
        TRY(store(o, o->kind == ARG_FLAG || value ? value : argv[i]));
    }
    if (given < self->least)
        return fail(BAD_INPUT, "an argument is missing: %s%s%s %s; see --help", self->program, self->name ? " " : "",
                    self->name ? self->name : "", self->synopsis);
    if (n) *n = given;
    return OK;
}

static void list_commands(const char *program, const char *description, const Command *commands) {
    printf("usage: %s COMMAND ...\n\n%s\n\ncommands:\n", program, description);
    for (const Command *c = commands; c->name; c++) printf("  %-14s %s\n", c->name, c->summary);
    printf("\n'%s COMMAND --help' explains one, with examples.\n", program);
}

int args_dispatch(const char *program, const char *description, const Command *commands, int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "--help";
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        list_commands(program, description, commands);
        return argc > 1 ? OK : BAD_INPUT;
    }
    if (!strcmp(name, "--version")) {
        print_version(program);
        return OK;
    }
    for (const Command *c = commands; c->name; c++)
        if (!strcmp(c->name, name)) return status_report(program, c->run(c, argc - 1, argv + 1));
    return status_report(program, fail(BAD_INPUT, "unknown command '%s'; see %s --help", name, program));
}
