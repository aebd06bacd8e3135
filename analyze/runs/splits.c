// splits.c - see splits.h.
#include "splits.h"

#include "ground/number.h"
#include "ground/random.h"
#include "where.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 24, FEWEST_TRAIN_LEVELS = 2 };

static void add_fold(const Runs *runs, Split *s, const bool *train, const bool *test, const char *name) {
    s->folds = reallocate(s->folds, s->n_folds + 1, sizeof *s->folds);
    Fold *f = &s->folds[s->n_folds++];
    *f = (Fold){.train = allocate(runs->n, sizeof(int)), .test = allocate(runs->n, sizeof(int))};
    snprintf(f->name, sizeof f->name, "%s", name);
    for (int i = 0; i < runs->n; i++) {
        if (train[i] && !runs->held[i]) f->train[f->n_train++] = i; // what is marked no fit may see
        if (test[i]) f->test[f->n_test++] = i;
    }
}

void split_free(Split *s) {
    for (int i = 0; i < s->n_folds; i++) {
        free(s->folds[i].train);
        free(s->folds[i].test);
    }
    free(s->folds);
    *s = (Split){0};
}

static int clusters_judged(const Runs *runs, bool *judged) {
    int n = 0;
    for (int i = 0; i < runs->n; i++) {
        if (runs->held[i] || judged[runs->cluster[i]]) continue;
        judged[runs->cluster[i]] = true;
        n++;
    }
    return n;
}

// Of clusters that have runs which are not marked.
void split_folds(const Runs *runs, int k, unsigned long seed, Split *s) {
    *s = (Split){0};
    snprintf(s->name, sizeof s->name, "folds");
    bool *judged = allocate(runs->n_clusters, sizeof *judged);
    int n_judged = clusters_judged(runs, judged), n = 0;
    if (k > n_judged) k = n_judged;
    int *order = allocate(runs->n_clusters, sizeof *order);
    bool *train = allocate(2 * (size_t)runs->n, sizeof *train), *test = train + runs->n;
    Random r = random_stream(seed, 0xf01d);
    for (int i = 0; i < runs->n_clusters; i++) order[i] = i;
    for (int i = runs->n_clusters - 1; i > 0; i--) {
        int j = (int)random_below(&r, (uint32_t)i + 1), keep = order[i];
        order[i] = order[j];
        order[j] = keep;
    }
    int *fold_of = allocate(runs->n_clusters, sizeof *fold_of);
    for (int i = 0; i < runs->n_clusters; i++)
        if (judged[order[i]]) fold_of[order[i]] = n++ % k;
    free(judged);
    for (int fold = 0; fold < k; fold++) {
        char name[16];
        snprintf(name, sizeof name, "%d", fold + 1);
        for (int i = 0; i < runs->n; i++) {
            test[i] = fold_of[runs->cluster[i]] == fold && !runs->held[i];
            train[i] = !test[i];
        }
        add_fold(runs, s, train, test, name);
    }
    free(order);
    free(fold_of);
    free(train);
}

// The values of N, D, C, ... of all used rows; BAD_INPUT if the laws' columns do not give them.
static Status values_of(const Runs *runs, const char *spec, const char *name, double *x) {
    Variable v = VAR_D;
    bool compute = !strcmp(name, "C"), ratio = !strcmp(name, "Na/N");
    if (!compute && !ratio && !variable_find(name, &v))
        return fail(BAD_INPUT, "--holdout %s: '%s' is none of N D C Na Na/N G S num_experts granularity sparsity", spec,
                    name);
    for (int i = 0; i < runs->n; i++) {
        const double *at = runs->points[i].x;
        double active = isnan(at[VAR_NA]) ? at[VAR_N] : at[VAR_NA];
        x[i] = compute ? isnan(at[VAR_C]) ? 6 * active * at[VAR_D] : at[VAR_C] : ratio ? at[VAR_NA] / at[VAR_N] : at[v];
        if (isnan(x[i]))
            return fail(BAD_INPUT,
                        "--holdout %s: %s is not known, since none of the laws needs it; add a law that does", spec,
                        name);
    }
    return OK;
}

// Distinct values in rising order (values within 1 % are one level); returns how many.
static int levels_of(const double *x, int n, double *levels) {
    double *sorted = allocate(n, sizeof *sorted);
    memcpy(sorted, x, (size_t)n * sizeof *sorted);
    gsl_sort(sorted, 1, (size_t)n);
    int count = 0;
    for (int i = 0; i < n; i++)
        if (!count || sorted[i] > levels[count - 1] + 0.01 * fabs(levels[count - 1])) levels[count++] = sorted[i];
    free(sorted);
    return count;
}

static Status add_split(const Runs *runs, const char *spec, Split *s, const bool *test) {
    bool *train = allocate(runs->n, sizeof *train);
    int held = 0;
    for (int i = 0; i < runs->n; i++) {
        train[i] = !test[i];
        held += test[i] || runs->held[i];
    }
    if (held && held < runs->n) add_fold(runs, s, train, test, "1");
    free(train);
    if (held && held < runs->n) return OK;
    return fail(BAD_INPUT, "--holdout %s: holds out %d of %d runs; some must be left on both sides", spec, held,
                runs->n);
}

static Status hold_largest(const Runs *runs, const char *spec, const double *x, double part, Split *s, bool *test) {
    double *sorted = allocate(runs->n, sizeof *sorted);
    memcpy(sorted, x, (size_t)runs->n * sizeof *sorted);
    gsl_sort(sorted, 1, (size_t)runs->n);
    // Runs of equal size stay together: the boundary moves up until the held part is at most what was asked, if any is;
    // else the largest size is held out, however many runs have it.
    int held = (int)(part * runs->n + 1e-9);
    double most = sorted[runs->n - 1], edge = sorted[runs->n - 1 - (held > 0 ? held : 1)];
    if (edge == most && sorted[0] < most) edge = nextafter(most, 0);
    for (int i = 0; i < runs->n; i++) test[i] = x[i] > edge;
    free(sorted);
    return add_split(runs, spec, s, test);
}

// Runs marked in a column, one fold for each mark (or for `mark` alone) in order of appearance, fitted on the unmarked.
static Status hold_marked(const Runs *runs, const char *spec, const char *name, const char *mark, Split *s,
                          bool *test) {
    Source column;
    char room[CELL_ROOM];
    const char *marks[MAX_LEVELS];
    int n = 0;
    if (source_find(runs->table, name, &column) != OK) return fail_within(BAD_INPUT, "--holdout %s", spec);
    if (column.key[0]) return fail(BAD_INPUT, "--holdout %s: expected a column of its own, not notes", spec);
    bool *train = allocate(runs->n, sizeof *train);
    for (int i = 0; i < runs->n; i++) {
        const char *cell = mark_of(source_text(runs->table, &column, runs->row[i], room));
        int k = 0;
        train[i] = !*cell;
        while (k < n && strcmp(marks[k], cell) != 0) k++;
        if (*cell && k == n && n < MAX_LEVELS && (!mark || !strcmp(mark, cell))) marks[n++] = cell;
    }
    for (int k = 0; k < n; k++) {
        for (int i = 0; i < runs->n; i++)
            test[i] = !strcmp(source_text(runs->table, &column, runs->row[i], room), marks[k]);
        add_fold(runs, s, train, test, marks[k]);
    }
    free(train);
    if (n && s->folds[0].n_train) return OK;
    return fail(BAD_INPUT, "--holdout %s: %s run is marked so; some must be left on both sides", spec,
                n ? "every" : "no");
}

// Runs whose column (or notes.KEY) is VALUE, as a number or as text.
static Status hold_equal(const Runs *runs, const char *spec, const char *name, const char *value, Split *s,
                         bool *test) {
    Source column;
    char room[CELL_ROOM];
    double x, wanted;
    if (source_find(runs->table, name, &column) != OK) return fail_within(BAD_INPUT, "--holdout %s", spec);
    bool number = parse_number(value, &wanted);
    for (int i = 0; i < runs->n; i++) {
        const char *cell = source_text(runs->table, &column, runs->row[i], room);
        test[i] = !strcmp(cell, value) || (number && parse_number(cell, &x) && x == wanted);
    }
    return add_split(runs, spec, s, test);
}

static Status hold_by_value(const Runs *runs, const char *spec, const double *x, char relation, const char *value,
                            Split *s, bool *test) {
    double limit;
    bool quantile = value[0] == 'q';
    if (!parse_number(value + quantile, &limit) || (quantile && !(limit > 0 && limit < 100)))
        return fail(BAD_INPUT, "--holdout %s: '%s' is neither a number nor a quantile like q80", spec, value);
    if (quantile) {
        double *sorted = allocate(runs->n, sizeof *sorted);
        memcpy(sorted, x, (size_t)runs->n * sizeof *sorted);
        gsl_sort(sorted, 1, (size_t)runs->n);
        limit = sorted[(int)(limit / 100 * (runs->n - 1))];
        free(sorted);
    }
    for (int i = 0; i < runs->n; i++) test[i] = relation == '>' ? x[i] > limit : x[i] < limit;
    return add_split(runs, spec, s, test);
}

// Sizes are gathered into at most MAX_LEVELS steps, so that a table of all different sizes is not a fit a row.
static int steps_of(const Runs *runs, const double *x, double *levels) {
    int n = levels_of(x, runs->n, levels);
    if (n <= MAX_LEVELS) return n;
    for (int i = 0; i < MAX_LEVELS; i++) levels[i] = levels[(int)((double)i * n / MAX_LEVELS)];
    return MAX_LEVELS;
}

static int level_at(const double *levels, int n, double x) {
    int i = 0;
    while (i + 1 < n && x >= levels[i + 1] * (1 - 1e-12)) i++;
    return i;
}

static Status hold_levels(const Runs *runs, const char *spec, const double *x, bool expand, const char *name, Split *s,
                          bool *test) {
    double *levels = allocate(runs->n, sizeof *levels);
    bool *train = allocate(runs->n, sizeof *train);
    int n = steps_of(runs, x, levels), from = expand ? FEWEST_TRAIN_LEVELS : 0;
    for (int k = from; k < n && n > 1; k++) {
        char label[48], text[NUMBER_TEXT];
        for (int i = 0; i < runs->n; i++) {
            int level = level_at(levels, n, x[i]);
            test[i] = level == k;
            train[i] = expand ? level < k : level != k;
        }
        snprintf(label, sizeof label, "%.30s = %s", name, short_count(levels[k], text));
        if (!expand && levels[k] < 100) snprintf(label, sizeof label, "%.30s = %.4g", name, levels[k]);
        add_fold(runs, s, train, test, label);
    }
    free(levels);
    free(train);
    if (s->n_folds) return OK;
    return fail(BAD_INPUT, "--holdout %s: %s has %d levels here, too few", spec, name, n);
}

// "largest:N:0.2" after its first colon: the variable, and the part if one is given.
static Status read_part(const char *spec, const char *text, char name[CELL_ROOM], double *part) {
    const char *more = strchr(text, ':');
    *part = 0.2;
    snprintf(name, CELL_ROOM, "%.*s", (int)strcspn(text, ":"), text);
    if (!more || (parse_number(more + 1, part) && *part > 0 && *part < 1)) return OK;
    return fail(BAD_INPUT, "--holdout %s: '%s' is not a part between 0 and 1", spec, more + 1);
}

static Status hold(const Runs *runs, const char *spec, Split *s, double *x, bool *test) {
    size_t at = strcspn(spec, ":<>=");
    const char *rest = spec + at + (spec[at] != '\0');
    char name[CELL_ROOM];
    double part;
    snprintf(name, sizeof name, "%.*s", (int)at, spec);
    if (spec[at] == '=') return hold_equal(runs, spec, name, rest, s, test);
    if (spec[at] == '<' || spec[at] == '>') {
        TRY(values_of(runs, spec, name, x));
        return hold_by_value(runs, spec, x, spec[at], rest, s, test);
    }
    bool largest = !strcmp(name, "largest"), expand = !strcmp(name, "expand");
    if (spec[at] == ':' && !strcmp(name, "column")) {
        const char *mark = strchr(rest, ':');
        char column[CELL_ROOM];
        snprintf(column, sizeof column, "%.*s", (int)strcspn(rest, ":"), rest);
        return hold_marked(runs, spec, column, mark ? mark + 1 : NULL, s, test);
    }
    if (spec[at] != ':' || (!largest && !expand && strcmp(name, "leave") != 0))
        return fail(BAD_INPUT,
                    "--holdout %s: expected largest:VAR, expand:VAR, leave:VAR, VAR>VALUE, COLUMN=VALUE or "
                    "column:COLUMN",
                    spec);
    TRY(read_part(spec, rest, name, &part));
    TRY(values_of(runs, spec, name, x));
    return largest ? hold_largest(runs, spec, x, part, s, test) : hold_levels(runs, spec, x, expand, name, s, test);
}

Status split_holdout(const Runs *runs, const char *spec, Split *s) {
    *s = (Split){0};
    snprintf(s->name, sizeof s->name, "%s", spec);
    double *x = allocate(runs->n, sizeof *x);
    bool *test = allocate(runs->n, sizeof *test);
    Status status = hold(runs, spec, s, x, test);
    free(x);
    free(test);
    if (status != OK) split_free(s);
    return status;
}

void split_size(const Runs *runs, const Split *s, int *rows, int *configurations) {
    bool *row = allocate(runs->n, sizeof *row), *held = allocate(runs->n_clusters, sizeof *held);
    *rows = *configurations = 0;
    for (int k = 0; k < s->n_folds; k++)
        for (int i = 0; i < s->folds[k].n_test; i++) {
            int at = s->folds[k].test[i], cluster = runs->cluster[at];
            *rows += !row[at];
            *configurations += !held[cluster];
            row[at] = held[cluster] = true;
        }
    free(row);
    free(held);
}

int split_marks(const Runs *runs, const char *marks[], int room) {
    int n = 0;
    for (int i = 0; i < runs->n; i++) {
        const char *mark = holdout_mark(runs->table, runs->row[i]);
        int k = 0;
        while (k < n && strcmp(marks[k], mark) != 0) k++;
        if (*mark && k == n && n < room) marks[n++] = mark;
    }
    return n;
}
