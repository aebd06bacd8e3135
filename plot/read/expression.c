// expression.c - see expression.h: a parser by descent that writes steps for a stack.
#include "expression.h"

#include "ground/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32 };
enum { NUMBER, COLUMN, ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, NEGATE, LOG, LOG10, EXP, SQRT, ABS };

typedef struct {
    const Store *store;
    const Table *table;
    const char *text, *at;
    int line, depth;
    Expression *e;
} Parser;

static Status wrong(const Parser *p, const char *expected) {
    return fail(BAD_INPUT, "%s:%d: column %d of '%.60s': expected %s", p->store->spec_path, p->line,
                (int)(p->at - p->text) + 1, p->text, expected);
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

static Status parse_sum(Parser *p);

static Status parse_name(Parser *p) {
    static const char *const functions[] = {"log", "log10", "exp", "sqrt", "abs"};
    size_t length = 0;
    while (isalnum((unsigned char)p->at[length]) || p->at[length] == '_' || p->at[length] == '.') length++;
    const char *name = arena_text(p->store->arena, p->at, length);
    Step step = {.kind = COLUMN};
    p->at += length;
    if (accept(p, '(')) {
        for (int i = 0; i < 5; i++)
            if (!strcmp(name, functions[i])) step.kind = LOG + i;
        if (step.kind == COLUMN) return wrong(p, "one of log(, log10(, exp(, sqrt(, abs( before this");
        TRY(parse_sum(p));
        if (!accept(p, ')')) return wrong(p, "')'");
    } else {
        TRY(data_column(p->store, p->table, name, p->line, &step.column));
    }
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
    if (end == p->at || !isfinite(x)) return wrong(p, "a number, a column or '('");
    p->at = end;
    return add(p, (Step){.kind = NUMBER, .number = x});
}

// -x^2 is -(x^2), and 2^-x is one half to the x.
static Status parse_power(Parser *p) {
    if (++p->depth > DEEPEST) return wrong(p, "fewer parentheses");
    bool minus = accept(p, '-');
    TRY(minus ? parse_power(p) : parse_factor(p));
    if (!minus && accept(p, '^')) {
        TRY(parse_power(p));
        TRY(add(p, (Step){.kind = POWER}));
    }
    p->depth--;
    return minus ? add(p, (Step){.kind = NEGATE}) : OK;
}

static Status parse_product(Parser *p) {
    TRY(parse_power(p));
    for (;;) {
        int kind = accept(p, '*') ? MULTIPLY : accept(p, '/') ? DIVIDE : 0;
        if (!kind) return OK;
        TRY(parse_power(p));
        TRY(add(p, (Step){.kind = kind}));
    }
}

static Status parse_sum(Parser *p) {
    TRY(parse_product(p));
    for (;;) {
        int kind = accept(p, '+') ? ADD : accept(p, '-') ? SUBTRACT : 0;
        if (!kind) return OK;
        TRY(parse_product(p));
        TRY(add(p, (Step){.kind = kind}));
    }
}

Status expression_read(const Store *s, const Table *t, const char *text, int line, Expression *e) {
    *e = (Expression){.n = 1, .at = {{.kind = COLUMN, .column = table_column(t, text)}}};
    if (e->at[0].column >= 0) return OK;
    if (!strpbrk(text, "+-*/^()")) return data_column(s, t, text, line, &e->at[0].column);
    Parser p = {.store = s, .table = t, .text = text, .at = text, .line = line, .e = e};
    e->n = 0;
    TRY(parse_sum(&p));
    accept(&p, ' ');
    return *p.at ? wrong(&p, "an operator or the end") : OK;
}

int expression_column(const Expression *e) {
    return e->n == 1 && e->at[0].kind == COLUMN ? e->at[0].column : -1;
}

static double apply(int kind, double a, double b) {
    switch (kind) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case POWER: return pow(a, b);
    case NEGATE: return -b;
    case LOG: return log(b);
    case LOG10: return log10(b);
    case EXP: return exp(b);
    case SQRT: return sqrt(b);
    default: return fabs(b);
    }
}

Status expression_value(const Expression *e, const Table *t, int row, double *value) {
    double stack[MOST_STEPS];
    bool blank = false;
    int n = 0;
    for (int i = 0; i < e->n; i++) {
        const Step *step = &e->at[i];
        if (step->kind == NUMBER) {
            stack[n++] = step->number;
        } else if (step->kind == COLUMN) {
            TRY(table_number(t, row, step->column, &stack[n]));
            blank = blank || isnan(stack[n++]);
        } else {
            bool both = step->kind <= POWER;
            double b = stack[--n], a = both ? stack[--n] : 0;
            stack[n++] = apply(step->kind, a, b);
        }
    }
    *value = blank ? NAN : stack[0];
    if (blank || isfinite(stack[0])) return OK;
    return fail(BAD_INPUT, "%s:%d: the expression has no finite value here; leave the row out with 'where'", t->path,
                t->lines[row]);
}
