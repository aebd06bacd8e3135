// runs.c - see runs.h.
#include "runs.h"

#include "ground/number.h"
#include "where.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Fewer configurations than this make no bootstrap: rows are drawn instead, and a note says so.
enum { FEWEST_CLUSTERS = 8 };

// Where one variable comes from. Sparsity may be worked out of num_experts and top_k.
typedef struct {
    bool needed, chosen, derived; // chosen: by --column
    char name[80];
    Source source, top_k;
} VariableSource;

typedef struct {
    const char *path;
    Table *table;
    bool *keep;
    VariableSource plain[N_VARIABLES], nonemb[N_VARIABLES]; // nonemb: only N and Na
} Reader;

static bool column_is_blank(const Reader *r, const Source *s) {
    char room[CELL_ROOM];
    for (int row = 0; row < r->table->n_rows; row++)
        if (r->keep[row] && *source_text(r->table, s, row, room)) return false;
    return true;
}

static bool usable(const Reader *r, const char *name, VariableSource *v) {
    int column = table_column(r->table, name);
    if (column < 0) return false;
    v->source = (Source){.column = column};
    snprintf(v->name, sizeof v->name, "%s", name);
    return !column_is_blank(r, &v->source);
}

static Status choose_columns(Reader *r, const TextList *columns) {
    for (int i = 0; i < columns->n; i++) {
        const char *text = columns->text[i], *equals = strchr(text, '=');
        char name[32] = "";
        Variable variable;
        if (equals && equals - text < (long)sizeof name) memcpy(name, text, (size_t)(equals - text));
        if (!name[0] || !variable_find(name, &variable))
            return fail(BAD_INPUT,
                        "--column %s: expected VAR=COLUMN with VAR one of D N Na num_experts granularity G S "
                        "sparsity",
                        text);
        VariableSource *v = &r->plain[variable];
        if (source_find(r->table, equals + 1, &v->source) != OK) return fail_within(BAD_INPUT, "--column %s", text);
        snprintf(v->name, sizeof v->name, "%s", equals + 1);
        v->chosen = true;
        r->nonemb[variable] = *v;
    }
    return OK;
}

static Status find_sparsity(Reader *r, VariableSource *v, const Law *law) {
    VariableSource top_k = {0};
    if (!usable(r, variable_name(VAR_E), v) || !usable(r, "top_k", &top_k))
        return fail(BAD_INPUT,
                    "%s: has no values of sparsity, nor of num_experts and top_k to work it out from, and %s "
                    "needs it; where else it stands: --column sparsity=COLUMN",
                    r->path, law->name);
    v->derived = true;
    v->top_k = top_k.source;
    return OK;
}

// Resolves the sources of the variables one law needs.
static Status find_variables(Reader *r, const Law *law) {
    for (int i = 0; i < law->n_variables; i++) {
        Variable variable = law->variables[i].variable;
        VariableSource *v = &r->plain[variable], *nonemb = &r->nonemb[variable];
        const char *name = variable_name(variable);
        if (!v->chosen && !v->needed && !usable(r, name, v)) {
            char other[40];
            snprintf(other, sizeof other, "%s_nonemb", name);
            bool has_other = variable == VAR_N || variable == VAR_NA;
            if (variable == VAR_SPARSITY)
                TRY(find_sparsity(r, v, law));
            else if (!has_other || !usable(r, other, v))
                return fail(BAD_INPUT,
                            "%s: has no values of %s, which %s needs; where else they stand: --column %s=COLUMN",
                            r->path, name, law->name, name);
        }
        v->needed = true;
        if (law->variables[i].count != COUNT_NONEMB || v->chosen || nonemb->needed) continue;
        char name_nonemb[40];
        snprintf(name_nonemb, sizeof name_nonemb, "%s_nonemb", name);
        if (!usable(r, name_nonemb, nonemb)) *nonemb = *v;
        nonemb->needed = true;
    }
    return OK;
}

static Status out_of_range(const Reader *r, int row, const char *name, double x, const char *expected) {
    char text[NUMBER_TEXT];
    return fail(BAD_INPUT, "%s:%d: %s: is %s, expected %s; leave such rows out with --where, or blank if unknown",
                r->path, r->table->lines[row], name, number_text(x, text), expected);
}

static Status check_value(const Reader *r, int row, const char *name, Variable v, double x) {
    if (isnan(x)) return OK;
    switch (v) {
    case VAR_D:
    case VAR_N:
    case VAR_NA:
        if (!(x > 0) || x > 1e20) return out_of_range(r, row, name, x, "a raw count above 0 and below 1e20");
        break;
    case VAR_E:
        if (!(x >= 1) || x > 1e9) return out_of_range(r, row, name, x, "a number of experts, 1 for a dense model");
        break;
    case VAR_GRANULARITY:
    case VAR_G:
        if (!(x > 0) || x > 1e9) return out_of_range(r, row, name, x, "a number above 0");
        break;
    default:
        if (!(x >= 0 && x < 1)) return out_of_range(r, row, name, x, "a share from 0 to below 1");
    }
    return OK;
}

static Status read_variable(const Reader *r, const VariableSource *v, Variable variable, int row, double *x) {
    TRY(source_number(r->table, &v->source, v->name, row, x));
    if (v->derived) {
        double k;
        TRY(check_value(r, row, v->name, VAR_E, *x));
        TRY(source_number(r->table, &v->top_k, "top_k", row, &k));
        if (k < 1 || k > *x) return out_of_range(r, row, "top_k", k, "1 to num_experts");
        *x = (*x - k) / *x;
    }
    return check_value(r, row, v->name, variable, *x);
}

// Rows left out, by the first thing they lack.
typedef struct {
    int n;
    char name[16][80];
    int count[16];
} Lacks;

static void lacks(Lacks *l, const char *name) {
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->name[i], name)) {
            l->count[i]++;
            return;
        }
    if (l->n == 16) return;
    snprintf(l->name[l->n], sizeof l->name[0], "%s", name);
    l->count[l->n++] = 1;
}

static void tell_lacks(const char *path, const Lacks *l, int chosen, int used) {
    if (used == chosen) return;
    char text[512] = "";
    for (int i = 0; i < l->n; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%d lack %s", i ? ", " : "", l->count[i], l->name[i]);
    }
    note("%s: %d of %d rows left out: %s", path, chosen - used, chosen, text);
}

// Reads row `row` into place `at`; *whole is false if it lacks something.
static Status read_row(const Reader *r, const Source *loss, const char *loss_name, bool loss_optional,
                       const Source *weight, const char *weight_name, int row, Runs *runs, int at, Lacks *l,
                       bool *whole) {
    const char *missing = NULL;
    for (int v = 0; v < N_VARIABLES; v++) {
        const VariableSource *sources[2] = {&r->plain[v], &r->nonemb[v]};
        Point *points[2] = {&runs->points[at], &runs->nonemb[at]};
        for (int i = 0; i < 2; i++) {
            points[i]->x[v] = points[i]->ln[v] = NAN;
            if (!sources[i]->needed) continue;
            TRY(read_variable(r, sources[i], (Variable)v, row, &points[i]->x[v]));
            if (isnan(points[i]->x[v]) && !missing) missing = sources[i]->name;
        }
        if (!r->nonemb[v].needed) runs->nonemb[at].x[v] = runs->points[at].x[v];
    }
    double *y = &runs->loss[at];
    *y = NAN;
    if (loss->column >= 0) TRY(source_number(r->table, loss, loss_name, row, y));
    if (!isnan(*y) && !(*y > 0 && *y < 1e3))
        return out_of_range(r, row, loss_name, *y, "a loss above 0 (nats per token)");
    if (isnan(*y) && !loss_optional && !missing) missing = loss_name;
    if (runs->weight) {
        double *w = &runs->weight[at];
        TRY(source_number(r->table, weight, weight_name, row, w));
        if (!isnan(*w) && !(*w >= 0 && *w < 1e15)) return out_of_range(r, row, weight_name, *w, "a weight from 0 up");
        if (isnan(*w) && !missing) missing = weight_name;
    }
    *whole = !missing;
    if (missing) lacks(l, missing);
    return OK;
}

static Status read_rows(const Reader *r, const RunChoice *choice, Runs *runs) {
    const char *loss_name = choice->loss ? choice->loss : "loss";
    Source loss, weight = {0};
    if (source_find(r->table, loss_name, &loss) != OK && (choice->loss || !choice->loss_optional)) return BAD_INPUT;
    if (choice->weight) TRY(source_find(r->table, choice->weight, &weight));
    Lacks l = {0};
    for (int row = 0; row < r->table->n_rows; row++) {
        bool whole = false;
        if (!r->keep[row]) continue;
        runs->rows_chosen++;
        runs->row[runs->n] = row;
        TRY(read_row(r, &loss, loss_name, choice->loss_optional, &weight, choice->weight, row, runs, runs->n, &l,
                     &whole));
        if (whole) runs->log_loss[runs->n] = log(runs->loss[runs->n]);
        runs->n += whole;
    }
    tell_lacks(r->path, &l, runs->rows_chosen, runs->n);
    if (!runs->n)
        return fail(BAD_INPUT, "%s: no row has all that is needed: %d lack %s", r->path, l.count[0], l.name[0]);
    return OK;
}

static int compare_text(const void *a, const void *b, void *context) {
    char *const *cells = context;
    int d = strcmp(cells[*(const int *)a], cells[*(const int *)b]);
    return d ? d : *(const int *)a - *(const int *)b;
}

// Two rows of one run_id would count a run twice.
static Status check_ids(const Table *t) {
    int column = table_column(t, "run_id");
    if (column < 0) return OK;
    char **ids = allocate((unsigned long)t->n_rows, sizeof *ids);
    int *order = allocate((unsigned long)t->n_rows, sizeof *order);
    for (int i = 0; i < t->n_rows; i++) {
        ids[i] = t->cells[(long)i * t->n_columns + column];
        order[i] = i;
    }
    qsort_r(order, (size_t)t->n_rows, sizeof *order, compare_text, ids);
    Status s = OK;
    for (int i = 1; i < t->n_rows && s == OK; i++)
        if (*ids[order[i]] && !strcmp(ids[order[i]], ids[order[i - 1]]))
            s = fail(BAD_INPUT, "%s:%d: run_id '%s' stands on line %d as well; one row a run", t->path,
                     t->lines[order[i]], ids[order[i]], t->lines[order[i - 1]]);
    free(ids);
    free(order);
    return s;
}

static uint64_t hash_text(uint64_t h, const char *text) {
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return (h ^ 0x1f) * 0x100000001b3u;
}

typedef struct {
    uint64_t hash;
    int index;
} Keyed;

static int compare_keyed(const void *a, const void *b) {
    const Keyed *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->index - y->index;
}

// Numbers configurations by first appearance.
static void number_clusters(Keyed *keys, Runs *runs) {
    int *first = allocate((unsigned long)runs->n, sizeof *first),
        *name = allocate((unsigned long)runs->n, sizeof *name);
    qsort(keys, (size_t)runs->n, sizeof *keys, compare_keyed);
    for (int i = 0; i < runs->n; i++)
        first[keys[i].index] = i && keys[i].hash == keys[i - 1].hash ? first[keys[i - 1].index] : keys[i].index;
    runs->n_clusters = 0;
    for (int i = 0; i < runs->n; i++) {
        if (first[i] == i) name[i] = runs->n_clusters++;
        runs->cluster[i] = name[first[i]];
    }
    free(first);
    free(name);
}

static Status find_clusters(const RunChoice *choice, Runs *runs) {
    static const char *const shape[] = {"N",           "Na",          "N_nonemb",    "G",           "S",
                                        "num_experts", "top_k",       "num_shared",  "d_model",     "n_layers",
                                        "n_heads",     "d_ff_expert", "d_ff_shared", "granularity", "source"};
    enum { N_SHAPE = sizeof shape / sizeof *shape };
    const Table *t = runs->table;
    Source sources[N_SHAPE];
    int n = 0;
    if (choice->cluster)
        TRY(source_find(t, choice->cluster, &sources[n++]));
    else
        for (int i = 0; i < N_SHAPE; i++) {
            sources[n] = (Source){.column = table_column(t, shape[i])};
            n += sources[n].column >= 0;
        }
    Keyed *keys = allocate((unsigned long)runs->n, sizeof *keys);
    for (int i = 0; i < runs->n; i++) {
        char room[CELL_ROOM];
        keys[i] = (Keyed){0xcbf29ce484222325u, i};
        for (int j = 0; j < n; j++)
            keys[i].hash = hash_text(keys[i].hash, source_text(t, &sources[j], runs->row[i], room));
    }
    number_clusters(keys, runs);
    free(keys);
    if (!choice->cluster && runs->n_clusters < FEWEST_CLUSTERS && runs->n_clusters < runs->n) {
        note("only %d configuration%s: resampling draws rows, not configurations, and its intervals are too narrow "
             "where "
             "runs of one configuration err together",
             runs->n_clusters, runs->n_clusters == 1 ? "" : "s");
        runs->clustered_by_row = true;
        runs->n_clusters = runs->n;
        for (int i = 0; i < runs->n; i++) runs->cluster[i] = i;
    }
    return OK;
}

// The same numbers under two names: noise looks smaller than it is.
static void tell_repeats(const Runs *runs) {
    Keyed *keys = allocate((unsigned long)runs->n, sizeof *keys);
    int repeats = 0;
    for (int i = 0; i < runs->n; i++) {
        keys[i] = (Keyed){0xcbf29ce484222325u, i};
        for (int v = 0; v <= N_VARIABLES; v++) {
            double x = v < N_VARIABLES ? runs->points[i].x[v] : runs->loss[i];
            uint64_t bits;
            if (isnan(x)) x = -1;
            memcpy(&bits, &x, sizeof bits);
            keys[i].hash = (keys[i].hash ^ bits) * 0x9e3779b97f4a7c15u;
            keys[i].hash ^= keys[i].hash >> 29;
        }
    }
    qsort(keys, (size_t)runs->n, sizeof *keys, compare_keyed);
    int example = -1;
    for (int i = 1; i < runs->n; i++)
        if (keys[i].hash == keys[i - 1].hash) {
            repeats++;
            example = keys[i].index;
        }
    if (repeats)
        warn("%s: %d rows repeat another row, loss included (line %d for one); they count each time", runs->table->path,
             repeats, runs->table->lines[runs->row[example]]);
    free(keys);
}

static void give_room(Runs *runs, bool weighted) {
    unsigned long n = (unsigned long)runs->rows_read;
    runs->row = allocate(n, sizeof *runs->row);
    runs->points = allocate(n, sizeof *runs->points);
    runs->nonemb = allocate(n, sizeof *runs->nonemb);
    runs->loss = allocate(n, sizeof *runs->loss);
    runs->log_loss = allocate(n, sizeof *runs->log_loss);
    runs->cluster = allocate(n, sizeof *runs->cluster);
    if (weighted) runs->weight = allocate(n, sizeof *runs->weight);
}

static Status read_all(Reader *r, const RunChoice *choice, const Law *const *laws, Runs *runs) {
    TRY(where_apply(r->table, &choice->where, r->keep));
    bool any = false;
    for (int row = 0; row < r->table->n_rows; row++) any = any || r->keep[row];
    if (!any) return fail(BAD_INPUT, "%s: --where leaves none of its %d rows", r->path, r->table->n_rows);
    TRY(check_ids(r->table));
    TRY(choose_columns(r, &choice->columns));
    for (const Law *const *law = laws; *law; law++) TRY(find_variables(r, *law));
    TRY(read_rows(r, choice, runs));
    runs->has_nonemb_n = r->nonemb[VAR_N].needed && strcmp(r->nonemb[VAR_N].name, "N_nonemb") == 0;
    runs->has_nonemb_na = r->nonemb[VAR_NA].needed && strcmp(r->nonemb[VAR_NA].name, "Na_nonemb") == 0;
    runs->chosen_n = r->plain[VAR_N].chosen;
    runs->chosen_na = r->plain[VAR_NA].chosen;
    tell_repeats(runs);
    return find_clusters(choice, runs);
}

Status runs_read(const char *path, const RunChoice *choice, const Law *const *laws, Runs *runs) {
    *runs = (Runs){0};
    TRY(sha256_file(path, runs->sha256));
    Table *table = allocate(1, sizeof *table);
    runs->table = table;
    Status s = table_read(path, table);
    if (s == OK && table->n_rows == 0) s = fail(BAD_INPUT, "%s: has a header and no rows", path);
    if (s == OK) {
        runs->rows_read = table->n_rows;
        give_room(runs, choice->weight != NULL);
        Reader *r = allocate(1, sizeof *r);
        *r = (Reader){.path = path, .table = table, .keep = allocate((unsigned long)table->n_rows, sizeof(bool))};
        s = read_all(r, choice, laws, runs);
        free(r->keep);
        free(r);
    }
    if (s != OK) runs_free(runs);
    return s;
}

void runs_free(Runs *runs) {
    if (runs->table) table_free((Table *)runs->table);
    free((Table *)runs->table);
    free(runs->row);
    free(runs->points);
    free(runs->nonemb);
    free(runs->loss);
    free(runs->log_loss);
    free(runs->weight);
    free(runs->cluster);
    *runs = (Runs){0};
}

Point *runs_points(const Runs *runs, const Law *law, bool say) {
    Point *points = allocate((unsigned long)runs->n, sizeof *points);
    memcpy(points, runs->points, (size_t)runs->n * sizeof *points);
    for (int i = 0; i < law->n_variables; i++) {
        Variable v = law->variables[i].variable;
        bool has = v == VAR_N ? runs->has_nonemb_n : runs->has_nonemb_na,
             chosen = v == VAR_N ? runs->chosen_n : runs->chosen_na;
        if (law->variables[i].count != COUNT_NONEMB || chosen) continue;
        for (int row = 0; has && row < runs->n; row++) points[row].x[v] = runs->nonemb[row].x[v];
        if (say && !has)
            note("%s means %s without embeddings; the table has no %s_nonemb, so %s is taken as it is", law->name,
                 variable_name(v), variable_name(v), variable_name(v));
    }
    for (int i = 0; i < runs->n; i++) point_prepare(law, &points[i]);
    return points;
}

const char *runs_name(const Runs *runs, int i, char text[32]) {
    int column = table_column(runs->table, "run_id");
    const char *id = column < 0 ? "" : table_cell(runs->table, runs->row[i], column);
    if (*id) return id;
    snprintf(text, 32, "line %d", runs->table->lines[runs->row[i]]);
    return text;
}

Status point_parse(const Law *law, const char *text, Point *p) {
    for (int v = 0; v < N_VARIABLES; v++) p->x[v] = p->ln[v] = NAN;
    while (*text) {
        char item[64], *equals;
        size_t length = strcspn(text, ",");
        Variable v;
        snprintf(item, sizeof item, "%.*s", (int)length, text);
        equals = strchr(item, '=');
        if (equals) *equals = '\0';
        if (!equals || !variable_find(item, &v) || !parse_number(equals + 1, &p->x[v]))
            return fail(BAD_INPUT,
                        "--at: '%.*s': expected VAR=NUMBER with VAR one of D N Na num_experts granularity G S "
                        "sparsity",
                        (int)length, text);
        text += length + (text[length] == ',');
    }
    for (int i = 0; i < law->n_variables; i++) {
        Variable v = law->variables[i].variable;
        Point one = *p;
        const Law only = {.n_variables = 1, .variables = &law->variables[i]};
        if (!law_covers(&only, &one))
            return fail(BAD_INPUT, "--at: %s needs %s, %s", law->name, variable_name(v),
                        isnan(p->x[v]) ? "which is not given" : "and cannot take this value of it");
    }
    return OK;
}
