// expression.c - see expression.h: a parser by descent that writes steps for a stack.
#include "expression.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, NAME_ROOM = 128 };

static const struct {
    const char *name;
    StepKind kind;
} functions[] = {{"log", STEP_LOG}, {"log10", STEP_LOG10}, {"exp", STEP_EXP}, {"sqrt", STEP_SQRT},
                 {"abs", STEP_ABS}, {"min", STEP_MIN},     {"max", STEP_MAX}};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

typedef struct {
    const char *path, *text, *at;
    int line, depth;
    NameFinder find;
    void *context;
    Expression *e;
} Parser;

static Status wrong(const Parser *p, const char *expected) {
    return fail(BAD_INPUT, "%s:%d: column %d of '%.60s': expected %s", p->path, p->line, (int)(p->at - p->text) + 1,
                p->text, expected);
}

static Status add(Parser *p, Step step) {
    if (p->e->n == MOST_STEPS) return wrong(p, "a shorter expression");
    p->e->at[p->e->n++] = step;
    return OK;
}

static bool accept(Parser *p, char sign) {
    while (isspace((unsigned char)*p->at)) p->at++;
    if (*p->at != sign) return false;
    p->at++;
    return true;
}

static int function_of(const char *word) {
    int i = 0;
    while (i < N_FUNCTIONS && strcmp(word, functions[i].name) != 0) i++;
    return i;
}

bool expression_function(const char *word) {
    return function_of(word) < N_FUNCTIONS;
}

static Status parse_sum(Parser *p);

// The arguments of a function whose '(' was read.
static Status parse_call(Parser *p, const char *name) {
    int f = function_of(name);
    if (f == N_FUNCTIONS) return wrong(p, "one of log(, log10(, exp(, sqrt(, abs(, min(, max( before this");
    TRY(parse_sum(p));
    if (functions[f].kind <= STEP_MAX) {
        if (!accept(p, ',')) return wrong(p, "',' and a second argument");
        TRY(parse_sum(p));
    }
    if (!accept(p, ')')) return wrong(p, "')'");
    return add(p, (Step){.kind = functions[f].kind});
}

static Status parse_name(Parser *p) {
    char name[NAME_ROOM];
    size_t length = 0;
    int column = (int)(p->at - p->text) + 1;
    Step step = {.kind = STEP_NAME};
    while (isalnum((unsigned char)p->at[length]) || p->at[length] == '_' || p->at[length] == '.') length++;
    if (length >= NAME_ROOM) return wrong(p, "a shorter name");
    snprintf(name, sizeof name, "%.*s", (int)length, p->at);
    p->at += length;
    if (accept(p, '(')) return parse_call(p, name);
    TRY(p->find(p->context, name, column, &step.name));
    return add(p, step);
}

static Status parse_factor(Parser *p) {
    if (accept(p, '(')) {
        TRY(parse_sum(p));
        return accept(p, ')') ? OK : wrong(p, "')'");
    }
    if (isalpha((unsigned char)*p->at) || *p->at == '_') return parse_name(p);
    char *end;
    double x = strtod(p->at, &end);
    if (end == p->at || !isfinite(x)) return wrong(p, "a number, a name or '('");
    p->at = end;
    return add(p, (Step){.kind = STEP_NUMBER, .number = x});
}

static Status parse_power(Parser *p) {
    if (++p->depth > DEEPEST) return wrong(p, "fewer parentheses");
    bool minus = accept(p, '-');
    TRY(minus ? parse_power(p) : parse_factor(p));
    if (!minus && accept(p, '^')) {
        TRY(parse_power(p));
        TRY(add(p, (Step){.kind = STEP_POWER}));
    }
    p->depth--;
    return minus ? add(p, (Step){.kind = STEP_NEGATE}) : OK;
}

static Status parse_product(Parser *p) {
    TRY(parse_power(p));
    for (;;) {
        StepKind kind = accept(p, '*') ? STEP_MULTIPLY : accept(p, '/') ? STEP_DIVIDE : STEP_NUMBER;
        if (kind == STEP_NUMBER) return OK;
        TRY(parse_power(p));
        TRY(add(p, (Step){.kind = kind}));
    }
}

static Status parse_sum(Parser *p) {
    TRY(parse_product(p));
    for (;;) {
        StepKind kind = accept(p, '+') ? STEP_ADD : accept(p, '-') ? STEP_SUBTRACT : STEP_NUMBER;
        if (kind == STEP_NUMBER) return OK;
        TRY(parse_product(p));
        TRY(add(p, (Step){.kind = kind}));
    }
}

Status expression_parse(const char *path, int line, const char *text, NameFinder find, void *context, Expression *e) {
    Parser p = {.path = path, .text = text, .at = text, .line = line, .find = find, .context = context, .e = e};
    e->n = 0;
    TRY(parse_sum(&p));
    accept(&p, ' ');
    return *p.at ? wrong(&p, "an operator or the end") : OK;
}

double step_apply(StepKind kind, double a, double b) {
    switch (kind) {
    case STEP_ADD: return a + b;
    case STEP_SUBTRACT: return a - b;
    case STEP_MULTIPLY: return a * b;
    case STEP_DIVIDE: return a / b;
    case STEP_POWER: return pow(a, b);
    case STEP_MIN: return fmin(a, b);
    case STEP_MAX: return fmax(a, b);
    case STEP_NEGATE: return -b;
    case STEP_LOG: return log(b);
    case STEP_LOG10: return log10(b);
    case STEP_EXP: return exp(b);
    case STEP_SQRT: return sqrt(b);
    case STEP_ABS: return fabs(b);
    case STEP_NUMBER:
    case STEP_NAME: break;
    }
    return NAN;
}
