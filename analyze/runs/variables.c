// variables.c - see variables.h.
#include "variables.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool column_is_blank(const Variables *v, const Source *s) {
    char room[CELL_ROOM];
    for (int row = 0; row < v->table->n_rows; row++)
        if (v->keep[row] && *source_text(v->table, s, row, room)) return false;
    return true;
}

// A column of that name with a value in it.
static bool usable(const Variables *v, const char *name, Source *s) {
    *s = (Source){.column = table_column(v->table, name)};
    if (s->column >= 0 && column_is_blank(v, s)) s->column = -1;
    return s->column >= 0;
}

static bool stands(const Variables *v, const char *name, VariableSource *s) {
    if (!usable(v, name, &s->source)) return false;
    s->derivation = AS_IT_STANDS;
    snprintf(s->name, sizeof s->name, "%s", name);
    return true;
}

static Status choose_column(Variables *v, const char *text) {
    const char *equals = strchr(text, '=');
    char name[32] = "";
    Variable variable;
    if (equals && equals - text < (long)sizeof name) memcpy(name, text, (size_t)(equals - text));
    if (!name[0] || !variable_find(name, &variable))
        return fail(BAD_INPUT, "--column %s: expected VAR=COLUMN with VAR one of " VARIABLE_NAMES, text);
    VariableSource *s = &v->plain[variable];
    if (source_find(v->table, equals + 1, &s->source) != OK) return fail_within(BAD_INPUT, "--column %s", text);
    snprintf(s->name, sizeof s->name, "%s", equals + 1);
    s->chosen = true;
    v->nonemb[variable] = *s;
    return OK;
}

Status variables_open(Variables *v, const char *path, const Table *t, const bool *keep, const TextList *columns) {
    *v = (Variables){.path = path, .table = t, .keep = keep};
    Parts *p = &v->parts;
    usable(v, "num_experts", &p->num_experts);
    usable(v, "top_k", &p->top_k);
    usable(v, "shared_ratio", &p->shared_ratio);
    usable(v, "num_shared", &p->num_shared);
    usable(v, "d_ff_shared", &p->d_ff_shared);
    usable(v, "d_ff_expert", &p->d_ff_expert);
    usable(v, "M", &p->M);
    usable(v, "D", &p->D);
    if (!usable(v, "Na", &p->size)) usable(v, "N", &p->size);
    for (int i = 0; i < columns->n; i++) TRY(choose_column(v, columns->text[i]));
    return OK;
}

static bool knows_shared(const Parts *p) {
    return p->shared_ratio.column >= 0 || p->num_shared.column >= 0 ||
           (p->d_ff_shared.column >= 0 && p->d_ff_expert.column >= 0);
}

// What a variable without a column follows from.
static bool follows(const Variables *v, Variable variable, VariableSource *s) {
    const Parts *p = &v->parts;
    if (variable == VAR_C && p->D.column >= 0 && (p->M.column >= 0 || p->size.column >= 0)) {
        bool exact = p->M.column >= 0;
        s->derivation = OF_COMPUTE;
        snprintf(s->name, sizeof s->name, "C (%s%s D)", exact ? "M" : "6 ",
                 exact ? "" : v->table->columns[p->size.column]);
        return true;
    }
    if (p->top_k.column < 0) return false;
    if (variable == VAR_SPARSITY && p->num_experts.column >= 0) {
        s->derivation = OF_EXPERTS;
        snprintf(s->name, sizeof s->name, "sparsity (of num_experts and top_k)");
    } else if ((variable == VAR_G || variable == VAR_S) && knows_shared(p)) {
        s->derivation = OF_WIDTHS;
        snprintf(s->name, sizeof s->name, "%s (of top_k and shared experts)", variable_name(variable));
    } else
        return false;
    return true;
}

static Status lacking(const Variables *v, Variable variable, const Law *law) {
    const char *name = variable_name(variable),
               *or_else = variable == VAR_SPARSITY ? "nor of num_experts and top_k to work it out from, and "
                          : variable == VAR_G || variable == VAR_S
                              ? "nor of top_k with shared_ratio, num_shared or d_ff_shared and d_ff_expert, and "
                          : variable == VAR_C ? "nor of D with M, Na or N to work it out from, and "
                                              : NULL;
    return fail(BAD_INPUT, "%s: has no values of %s, %s%s needs %s; where else they stand: --column %s=COLUMN", v->path,
                name, or_else ? or_else : "which ", law->name, or_else ? "it" : "", name);
}

static Status serve_one(Variables *v, const Law *law, const LawVariable *wanted) {
    Variable variable = wanted->variable;
    VariableSource *s = &v->plain[variable], *nonemb = &v->nonemb[variable];
    const char *name = variable_name(variable);
    char other[40];
    snprintf(other, sizeof other, "%s_nonemb", name);
    bool counts = variable == VAR_N || variable == VAR_NA;
    if (!s->chosen && !s->needed && !stands(v, name, s) && !(counts && stands(v, other, s)) && !follows(v, variable, s))
        return lacking(v, variable, law);
    s->needed = true;
    if (wanted->count != COUNT_NONEMB || s->chosen || nonemb->needed) return OK;
    if (!stands(v, other, nonemb)) *nonemb = *s;
    nonemb->needed = true;
    return OK;
}

Status variables_serve(Variables *v, const Law *law) {
    Variables before = *v;
    for (int i = 0; i < law->n_variables; i++) {
        Status s = serve_one(v, law, &law->variables[i]);
        if (s == OK) continue;
        *v = before;
        return s;
    }
    return OK;
}

const char *variables_mostly_blank(const Variables *v, const Law *law) {
    char room[CELL_ROOM];
    for (int i = 0; i < law->n_variables; i++) {
        const VariableSource *s = &v->plain[law->variables[i].variable];
        int rows = 0, blank = 0;
        if (s->derivation != AS_IT_STANDS) continue;
        for (int row = 0; row < v->table->n_rows; row++) {
            rows += v->keep[row];
            blank += v->keep[row] && !*source_text(v->table, &s->source, row, room);
        }
        if (2 * blank > rows) return s->name;
    }
    return NULL;
}

Status out_of_range(const Table *t, int row, const char *name, double x, const char *expected) {
    char text[NUMBER_TEXT];
    return fail(BAD_INPUT, "%s:%d: %s: is %s, expected %s; leave such rows out with --where, or blank if unknown",
                t->path, t->lines[row], name, number_text(x, text), expected);
}

static Status check_value(const Table *t, int row, const char *name, Variable v, double x) {
    if (isnan(x)) return OK;
    switch (v) {
    case VAR_D:
    case VAR_U:
    case VAR_N:
    case VAR_NA:
        if (!(x > 0) || x > 1e20) return out_of_range(t, row, name, x, "a raw count above 0 and below 1e20");
        break;
    case VAR_C:
        if (!(x > 0) || x > 1e40) return out_of_range(t, row, name, x, "FLOPs above 0");
        break;
    case VAR_E:
        if (!(x >= 1) || x > 1e9) return out_of_range(t, row, name, x, "a number of experts, 1 for a dense model");
        break;
    case VAR_GRANULARITY:
    case VAR_G:
        if (!(x > 0) || x > 1e9) return out_of_range(t, row, name, x, "a number above 0");
        break;
    default:
        if (!(x >= 0 && x < 1)) return out_of_range(t, row, name, x, "a share from 0 to below 1");
    }
    return OK;
}

// A part that may have no column; NAN where unknown.
static Status read_part(const Table *t, const Source *s, int row, double *x) {
    *x = NAN;
    if (s->column < 0) return OK;
    const char *name = t->columns[s->column];
    TRY(source_number(t, s, name, row, x));
    if (!isnan(*x) && !(*x >= 0 && *x <= 1e20)) return out_of_range(t, row, name, *x, "a number from 0 up");
    return OK;
}

static Status read_sparsity(const Variables *v, int row, double *x) {
    double experts, k;
    TRY(source_number(v->table, &v->parts.num_experts, "num_experts", row, &experts));
    TRY(check_value(v->table, row, "num_experts", VAR_E, experts));
    TRY(read_part(v->table, &v->parts.top_k, row, &k));
    if (k < 1 || k > experts) return out_of_range(v->table, row, "top_k", k, "1 to num_experts");
    *x = (experts - k) / experts;
    return OK;
}

// Shared experts in units of a routed one, of the most exact that is known.
static Status read_shared(const Variables *v, int row, double *ratio) {
    double shared, expert, count;
    TRY(read_part(v->table, &v->parts.shared_ratio, row, ratio));
    TRY(read_part(v->table, &v->parts.d_ff_shared, row, &shared));
    TRY(read_part(v->table, &v->parts.d_ff_expert, row, &expert));
    TRY(read_part(v->table, &v->parts.num_shared, row, &count));
    if (isnan(*ratio) && shared == 0) *ratio = 0;
    if (isnan(*ratio) && expert > 0) *ratio = shared / expert;
    if (isnan(*ratio)) *ratio = count;
    return OK;
}

// Training FLOPs: as many a token as the table says, else six an active parameter.
static Status read_compute(const Variables *v, int row, double *x) {
    bool exact = v->parts.M.column >= 0;
    double a_token, tokens;
    TRY(read_part(v->table, exact ? &v->parts.M : &v->parts.size, row, &a_token));
    TRY(read_part(v->table, &v->parts.D, row, &tokens));
    *x = (exact ? 1 : 6) * a_token * tokens;
    return OK;
}

static Status read_derived(const Variables *v, const VariableSource *s, Variable variable, int row, double *x) {
    double k, ratio, experts;
    if (s->derivation == OF_EXPERTS) return read_sparsity(v, row, x);
    if (s->derivation == OF_COMPUTE) return read_compute(v, row, x);
    TRY(read_part(v->table, &v->parts.top_k, row, &k));
    TRY(read_part(v->table, &v->parts.num_experts, row, &experts));
    TRY(read_shared(v, row, &ratio));
    if (k < 1) return out_of_range(v->table, row, "top_k", k, "at least 1");
    if (experts == 1) k = 1, ratio = 0; // a dense model is one expert always on
    *x = variable == VAR_G ? k + ratio : ratio / (k + ratio);
    return OK;
}

static Status read_variable(const Variables *v, const VariableSource *s, Variable variable, int row, double *x) {
    if (s->derivation != AS_IT_STANDS)
        TRY(read_derived(v, s, variable, row, x));
    else
        TRY(source_number(v->table, &s->source, s->name, row, x));
    return check_value(v->table, row, s->name, variable, *x);
}

// Counts of one kind: a total without embeddings may well be below an active count with them.
static Status check_active(const Variables *v, const VariableSource *total, const VariableSource *active,
                           const Point *p, int row) {
    bool alike = !strstr(total->name, "_nonemb") == !strstr(active->name, "_nonemb");
    double N = p->x[VAR_N], Na = p->x[VAR_NA];
    if (!alike || !(Na > N * (1 + 1e-9))) return OK;
    char expected[160], text[NUMBER_TEXT];
    snprintf(expected, sizeof expected, "at most %s, which is %s", total->name, number_text(N, text));
    return out_of_range(v->table, row, active->name, Na, expected);
}

Status variables_read(const Variables *v, int row, Point *plain, Point *nonemb, const char **missing) {
    const VariableSource *sources[2] = {v->plain, v->nonemb};
    Point *points[2] = {plain, nonemb};
    for (int variable = 0; variable < N_VARIABLES; variable++) {
        for (int i = 0; i < 2; i++) {
            const VariableSource *s = &sources[i][variable];
            double *x = &points[i]->x[variable];
            *x = points[i]->ln[variable] = NAN;
            if (!s->needed) continue;
            TRY(read_variable(v, s, (Variable)variable, row, x));
            if (isnan(*x) && !*missing) *missing = s->name;
        }
        if (!v->nonemb[variable].needed) nonemb->x[variable] = plain->x[variable];
    }
    if (!v->plain[VAR_N].needed || !v->plain[VAR_NA].needed) return OK;
    TRY(check_active(v, &v->plain[VAR_N], &v->plain[VAR_NA], plain, row));
    if (!v->nonemb[VAR_N].needed || !v->nonemb[VAR_NA].needed) return OK;
    return check_active(v, &v->nonemb[VAR_N], &v->nonemb[VAR_NA], nonemb, row);
}
