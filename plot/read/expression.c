// expression.c - see expression.h.
#include "expression.h"

#include <math.h>
#include <string.h>

typedef struct {
    const Store *store;
    const Table *table;
    int line;
} Place;

static Status find_column(void *context, const char *name, int at, int *column) {
    const Place *p = context;
    (void)at;
    return data_column(p->store, p->table, name, p->line, column);
}

Status expression_read(const Store *s, const Table *t, const char *text, int line, Expression *e) {
    Place place = {s, t, line};
    *e = (Expression){.n = 1, .at = {{.kind = STEP_NAME, .name = table_column(t, text)}}};
    if (e->at[0].name >= 0) return OK;
    if (!strpbrk(text, "+-*/^()")) return data_column(s, t, text, line, &e->at[0].name);
    return expression_parse(s->spec_path, line, text, find_column, &place, e);
}

int expression_column(const Expression *e) {
    return e->n == 1 && e->at[0].kind == STEP_NAME ? e->at[0].name : -1;
}

Status expression_value(const Expression *e, const Table *t, int row, double *value) {
    double stack[MOST_STEPS];
    bool blank = false;
    int n = 0;
    for (int i = 0; i < e->n; i++) {
        const Step *step = &e->at[i];
        if (step->kind == STEP_NUMBER) {
            stack[n++] = step->number;
        } else if (step->kind == STEP_NAME) {
            TRY(table_number(t, row, step->name, &stack[n]));
            blank = blank || isnan(stack[n++]);
        } else {
            double b = stack[--n], a = step->kind <= STEP_MAX ? stack[--n] : 0;
            stack[n++] = step_apply(step->kind, a, b);
        }
    }
    *value = blank ? NAN : stack[0];
    if (blank || isfinite(stack[0])) return OK;
    return fail(BAD_INPUT, "%s:%d: the expression has no finite value here; leave the row out with 'where'", t->path,
                t->lines[row]);
}
