// runs.c - see runs.h.
#include "runs.h"

#include "ground/number.h"
#include "groups.h"
#include "table_file.h"
#include "variables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// What is read beside the variables.
typedef struct {
    const char *loss_name, *weight_name; // weight_name: NULL without weights
    bool loss_optional;
    Source loss, weight;
} Measured;

static Status read_measured(const Table *t, const Measured *m, int row, double *loss, double *weight,
                            const char **missing) {
    *loss = NAN;
    if (m->loss.column >= 0) TRY(source_number(t, &m->loss, m->loss_name, row, loss));
    if (!isnan(*loss) && !(*loss > 0 && *loss < 1e3))
        return out_of_range(t, row, m->loss_name, *loss, "a loss above 0 (nats per token)");
    if (isnan(*loss) && !m->loss_optional && !*missing) *missing = m->loss_name;
    if (!m->weight_name) return OK;
    TRY(source_number(t, &m->weight, m->weight_name, row, weight));
    if (!isnan(*weight) && !(*weight >= 0 && *weight < 1e15))
        return out_of_range(t, row, m->weight_name, *weight, "a weight from 0 up");
    if (isnan(*weight) && !*missing) *missing = m->weight_name;
    return OK;
}

static Status read_rows(const Variables *v, const Measured *m, Runs *runs) {
    Lacks l = {0};
    double no_weight;
    for (int row = 0; row < v->table->n_rows; row++) {
        const char *missing = NULL;
        int at = runs->n;
        if (!v->keep[row]) continue;
        runs->rows_chosen++;
        runs->row[at] = row;
        runs->held[at] = *holdout_mark(v->table, row) != '\0';
        TRY(variables_read(v, row, &runs->points[at], &runs->nonemb[at], &missing));
        TRY(read_measured(v->table, m, row, &runs->loss[at], runs->weight ? &runs->weight[at] : &no_weight, &missing));
        runs->log_loss[at] = log(runs->loss[at]);
        if (missing)
            lacks(&l, missing);
        else
            runs->n++;
    }
    tell_lacks(v->path, &l, runs->rows_chosen, runs->n);
    if (!runs->n)
        return fail(BAD_INPUT, "%s: no row has all that is needed: %d lack %s", v->path, l.count[0], l.name[0]);
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
    char **ids = allocate(t->n_rows, sizeof *ids);
    int *order = allocate(t->n_rows, sizeof *order);
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

// A loss no model has: above that of guessing among a million tokens.
static const double LARGEST_LOSS = 13.815510557964274; // ln 1e6

// Numbers that are possible, but rarely meant.
static void tell_units(const Runs *runs) {
    const Table *t = runs->table;
    int below = 0, worst = -1;
    for (int i = 0; i < runs->n; i++) {
        const double *x = runs->points[i].x;
        below += x[VAR_D] < x[VAR_N];
        if (runs->loss[i] > LARGEST_LOSS && (worst < 0 || runs->loss[i] > runs->loss[worst])) worst = i;
    }
    if (below == runs->n)
        warn("%s: D is below N in every row; both are raw counts, of tokens and of parameters: is one in millions?",
             t->path);
    if (worst >= 0)
        warn("%s:%d: loss %g is above the logarithm of a vocabulary of a million; expected nats per token, not "
             "perplexity",
             t->path, t->lines[runs->row[worst]], runs->loss[worst]);
}

static void give_room(Runs *runs, bool weighted) {
    size_t n = runs->rows_read;
    runs->row = allocate(n, sizeof *runs->row);
    runs->points = allocate(n, sizeof *runs->points);
    runs->nonemb = allocate(n, sizeof *runs->nonemb);
    runs->loss = allocate(n, sizeof *runs->loss);
    runs->log_loss = allocate(n, sizeof *runs->log_loss);
    runs->cluster = allocate(n, sizeof *runs->cluster);
    runs->held = allocate(n, sizeof *runs->held);
    if (weighted) runs->weight = allocate(n, sizeof *runs->weight);
}

static Status find_measured(const Table *t, const RunChoice *choice, Measured *m) {
    *m = (Measured){.loss_name = choice->loss ? choice->loss : "loss",
                    .weight_name = choice->weight,
                    .loss_optional = choice->loss_optional};
    if (source_find(t, m->loss_name, &m->loss) != OK && (choice->loss || !choice->loss_optional)) return BAD_INPUT;
    return choice->weight ? source_find(t, choice->weight, &m->weight) : OK;
}

static bool asks_for_marks(const TextList *where) {
    for (int i = 0; i < where->n; i++)
        if (!strncmp(where->text[i], "holdout", strlen("holdout"))) return true;
    return false;
}

// Runs that were marked beforehand are for judging fits, not for making them.
static Status leave_marked_out(const Table *t, bool *keep) {
    int marked = 0, left = 0;
    for (int row = 0; row < t->n_rows; row++) {
        if (!keep[row]) continue;
        keep[row] = !*holdout_mark(t, row);
        marked += !keep[row];
        left += keep[row];
    }
    if (marked && left) note("%d of %d runs are marked in the column holdout and left out", marked, marked + left);
    return left ? OK
                : fail(BAD_INPUT, "%s: all its rows are marked in the column holdout; --held-out uses them", t->path);
}

static Status choose_rows(const Table *t, const RunChoice *choice, const Measured *m, bool *keep) {
    TRY(where_apply(t, &choice->where, keep));
    bool any = false;
    for (int row = 0; row < t->n_rows; row++) any = any || keep[row];
    if (!any) return fail(BAD_INPUT, "%s: --where leaves none of its %d rows", t->path, t->n_rows);
    TRY(check_ids(t));
    if (!choice->held_out && !asks_for_marks(&choice->where)) TRY(leave_marked_out(t, keep));
    if (!choice->best_per) return OK;
    if (m->loss.column < 0) return fail(BAD_INPUT, "%s: --best-per needs a loss", t->path);
    return keep_best_per(t, choice->best_per, &m->loss, m->loss_name, keep);
}

// Takes law i out of a NULL-terminated list, with the word that status_message() has.
static void leave_out(const Law **laws, int i) {
    note("%s is left out: %s", laws[i]->name, status_message());
    for (; laws[i]; i++) laws[i] = laws[i + 1];
}

// What all laws need is marked as needed; with `served`, laws that the table does not serve go from that list instead.
static Status serve_laws(Variables *v, const Law *const *laws, const Law **served) {
    if (!served) {
        for (const Law *const *law = laws; *law; law++) TRY(variables_serve(v, *law));
        return OK;
    }
    for (int i = 0; served[i];) {
        Variables before = *v;
        Status s = variables_serve(v, served[i]);
        const char *rare = s == OK ? variables_mostly_blank(v, served[i]) : NULL;
        if (rare) s = fail(BAD_INPUT, "%s: %s is blank in most rows", v->path, rare);
        if (s == OK) {
            i++;
            continue;
        }
        *v = before;
        leave_out(served, i);
    }
    return *served ? OK : fail(BAD_INPUT, "%s: serves none of the laws", v->path);
}

// A law of experts or shares says nothing where these are the same in all runs.
static Status drop_idle_laws(const Runs *runs, const Law **served) {
    for (int i = 0; served[i];) {
        int own = 0, vary = 0;
        for (int k = 0; k < served[i]->n_variables; k++) {
            Variable v = served[i]->variables[k].variable;
            if (v == VAR_D || v == VAR_N || v == VAR_NA) continue;
            own++;
            for (int row = 1; row < runs->n; row++)
                if (runs->points[row].x[v] != runs->points[0].x[v]) {
                    vary++;
                    break;
                }
        }
        if (vary || !own) {
            i++;
            continue;
        }
        (void)fail(BAD_INPUT, "%s: every row is alike in what it has beside D, N and Na", runs->table->path);
        leave_out(served, i);
    }
    return *served ? OK : fail(BAD_INPUT, "%s: serves none of the laws", runs->table->path);
}

static Status read_all(const RunChoice *choice, const Law *const *laws, const Law **served, Variables *v, bool *keep,
                       Runs *runs) {
    const Table *t = runs->table;
    Measured m;
    TRY(find_measured(t, choice, &m));
    TRY(choose_rows(t, choice, &m, keep));
    TRY(variables_open(v, t->path, t, keep, &choice->columns));
    TRY(serve_laws(v, laws, served));
    TRY(read_rows(v, &m, runs));
    if (served) TRY(drop_idle_laws(runs, served));
    runs->has_nonemb_n = v->nonemb[VAR_N].needed && strcmp(v->nonemb[VAR_N].name, "N_nonemb") == 0;
    runs->has_nonemb_na = v->nonemb[VAR_NA].needed && strcmp(v->nonemb[VAR_NA].name, "Na_nonemb") == 0;
    runs->chosen_n = v->plain[VAR_N].chosen;
    runs->chosen_na = v->plain[VAR_NA].chosen;
    tell_units(runs);
    tell_repeats(runs);
    if (!choice->best_per) tell_pooled(runs);
    return group_configurations(choice->cluster, runs);
}

static Status read_table(const char *path, const RunChoice *choice, const Law *const *laws, const Law **served,
                         Runs *runs) {
    *runs = (Runs){.table = allocate(1, sizeof(Table))};
    Status s = table_file_read(path, runs->table, runs->sha256);
    if (s == OK && runs->table->n_rows == 0) s = fail(BAD_INPUT, "%s: has a header and no rows", runs->table->path);
    if (s == OK) {
        runs->rows_read = runs->table->n_rows;
        give_room(runs, choice->weight != NULL);
        Variables *v = allocate(1, sizeof *v);
        bool *keep = allocate(runs->rows_read, sizeof *keep);
        s = read_all(choice, laws, served, v, keep, runs);
        free(keep);
        free(v);
    }
    if (s != OK) runs_free(runs);
    return s;
}

Status runs_read(const char *path, const RunChoice *choice, const Law *const *laws, Runs *runs) {
    return read_table(path, choice, laws, NULL, runs);
}

Status runs_read_served(const char *path, const RunChoice *choice, const Law **laws, Runs *runs) {
    return read_table(path, choice, NULL, laws, runs);
}

// A table of nothing but names, so that messages can name a row.
static Table *table_of_names(const char *name, int n) {
    enum { ROOM = 24 };
    static const char column[] = "run_id";
    Table *t = allocate(1, sizeof *t);
    size_t rows = n;
    *t = (Table){.path = copy_text(name),
                 .n_columns = 1,
                 .n_rows = n,
                 .columns = allocate(1, sizeof *t->columns),
                 .cells = allocate(rows, sizeof *t->cells),
                 .lines = allocate(rows, sizeof *t->lines),
                 .text = allocate(rows + 1, ROOM)};
    t->columns[0] = memcpy(t->text, column, sizeof column);
    for (int i = 0; i < n; i++) {
        t->cells[i] = t->text + (i + 1) * ROOM;
        t->lines[i] = i + 2;
        snprintf(t->cells[i], ROOM, "point_%04d", i);
    }
    return t;
}

void runs_of_points(const char *name, int n, const Point *points, const double *loss, const int *configuration,
                    Runs *runs) {
    *runs = (Runs){.table = table_of_names(name, n),
                   .rows_read = n,
                   .rows_chosen = n,
                   .n = n,
                   .has_nonemb_n = true,
                   .has_nonemb_na = true};
    Sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, points, (size_t)n * sizeof *points);
    sha256_add(&hash, loss, (size_t)n * sizeof *loss);
    sha256_end(&hash, runs->sha256);
    give_room(runs, false);
    for (int i = 0; i < n; i++) {
        runs->row[i] = i;
        runs->points[i] = runs->nonemb[i] = points[i];
        runs->loss[i] = loss[i];
        runs->log_loss[i] = log(loss[i]);
        runs->cluster[i] = configuration[i];
        if (configuration[i] >= runs->n_clusters) runs->n_clusters = configuration[i] + 1;
    }
    group_settle(runs);
}

void runs_of_rows(const Runs *all, const int *rows, int n, Runs *runs) {
    *runs = *all;
    runs->borrowed = true;
    runs->n = n;
    runs->n_clusters = 0;
    give_room(runs, all->weight != NULL);
    int *number = allocate(all->n_clusters, sizeof *number); // a cluster's number here, from 1; 0: none yet
    for (int i = 0; i < n; i++) {
        int from = rows[i], *cluster = &number[all->cluster[from]];
        if (!*cluster) *cluster = ++runs->n_clusters;
        runs->row[i] = all->row[from];
        runs->points[i] = all->points[from];
        runs->nonemb[i] = all->nonemb[from];
        runs->loss[i] = all->loss[from];
        runs->log_loss[i] = all->log_loss[from];
        runs->cluster[i] = *cluster - 1;
        runs->held[i] = all->held[from];
        if (all->weight) runs->weight[i] = all->weight[from];
    }
    free(number);
}

void runs_free(Runs *runs) {
    if (runs->table && !runs->borrowed) {
        table_free(runs->table);
        free(runs->table);
    }
    free(runs->row);
    free(runs->points);
    free(runs->nonemb);
    free(runs->loss);
    free(runs->log_loss);
    free(runs->weight);
    free(runs->cluster);
    free(runs->held);
    *runs = (Runs){0};
}

Point *runs_points(const Runs *runs, const Law *law, bool say) {
    Point *points = allocate(runs->n, sizeof *points);
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
            return fail(BAD_INPUT, "--at: '%.*s': expected VAR=NUMBER with VAR one of " VARIABLE_NAMES, (int)length,
                        text);
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
