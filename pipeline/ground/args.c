// args.c - see args.h.
#include "args.h"

#include "number.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_word(const char *a) {
    return a[0] != '-' || a[1] == '\0';
}

void args_help(const Usage *u) {
    write_wrapped(stdout, 4, "usage: %s %s\n\n", u->program, u->synopsis);
    write_wrapped(stdout, 0, "%s", u->description);
    printf("\noptions:\n");
    for (const Option *o = u->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%c%s--%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ',
                 o->letter ? ", " : "   ", o->name, o->value_name ? " " : "", o->value_name ? o->value_name : "");
        write_wrapped(stdout, 31, "  %-28s %s%s", left, o->help, o->kind == ARG_LIST ? " (repeatable)" : "");
    }
    printf("  %-28s %s\n  %-28s %s\n  %-28s %s\n", "-q, --quiet", "results and warnings only", "    --help",
           "this text", "    --version", "the version");
    if (u->examples) printf("\nexamples:\n%s", u->examples);
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

static const Option *find(const Usage *u, const char *arg, size_t length) {
    for (const Option *o = u->options; o->name; o++) {
        if (arg[1] == '-' && strlen(o->name) == length - 2 && !strncmp(arg + 2, o->name, length - 2)) return o;
        if (arg[1] != '-' && length == 2 && o->letter && arg[1] == o->letter) return o;
    }
    return NULL;
}

static void common(const Usage *u, const char *arg) {
    if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
        args_help(u);
        exit(OK);
    }
    if (!strcmp(arg, "--version")) {
        printf("%s %s\n", u->program, MOELAW_VERSION);
        exit(OK);
    }
    if (!strcmp(arg, "-q") || !strcmp(arg, "--quiet")) quiet = true;
}

Status args_parse(const Usage *u, int argc, char **argv, const char **positional, int *n_positional) {
    int n = 0;
    bool options_over = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (!options_over && !strcmp(arg, "--")) {
            options_over = true;
            continue;
        }
        if (options_over || is_word(arg)) {
            if (n == u->max_positional) return fail(BAD_INPUT, "unexpected argument '%s'; see --help", arg);
            positional[n++] = arg;
            continue;
        }
        common(u, arg);
        if (!strcmp(arg, "-q") || !strcmp(arg, "--quiet")) continue;
        size_t length = strcspn(arg, "=");
        const Option *o = find(u, arg, length);
        if (!o) return fail(BAD_INPUT, "unknown option '%s'; see --help", arg);
        const char *value = arg[length] == '=' ? arg + length + 1 : NULL;
        if (o->kind == ARG_FLAG && value) return fail(BAD_INPUT, "--%s takes no value", o->name);
        if (o->kind != ARG_FLAG && !value && ++i == argc)
            return fail(BAD_INPUT, "--%s needs a value: --%s %s", o->name, o->name, o->value_name);
        TRY(store(o, o->kind == ARG_FLAG || value ? value : argv[i]));
    }
    if (n < u->min_positional)
        return fail(BAD_INPUT, "an argument is missing: %s %s; see --help", u->program, u->synopsis);
    *n_positional = n;
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
        printf("%s %s\n", program, MOELAW_VERSION);
        return OK;
    }
    for (const Command *c = commands; c->name; c++)
        if (!strcmp(c->name, name)) return c->main(argc - 1, argv + 1);
    return status_report(program, fail(BAD_INPUT, "unknown command '%s'; see %s --help", name, program));
}
