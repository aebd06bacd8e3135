// splits.c - see splits.h.
#include "splits.h"

#include "ground/number.h"
#include "ground/random.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 24, FEWEST_TRAIN_LEVELS = 2 };

static void add_fold(const Runs *runs, Split *s, const bool *train, const bool *test, const char *name) {
    s->folds = reallocate(s->folds, (unsigned long)s->n_folds + 1, sizeof *s->folds);
    Fold *f = &s->folds[s->n_folds++];
    *f = (Fold){.train = allocate((unsigned long)runs->n, sizeof(int)),
                .test = allocate((unsigned long)runs->n, sizeof(int))};
    snprintf(f->name, sizeof f->name, "%s", name);
    for (int i = 0; i < runs->n; i++) {
        if (train[i]) f->train[f->n_train++] = i;
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

void split_folds(const Runs *runs, int k, unsigned long seed, Split *s) {
    *s = (Split){0};
    snprintf(s->name, sizeof s->name, "folds");
    if (k > runs->n_clusters) k = runs->n_clusters;
    int *order = allocate((unsigned long)runs->n_clusters, sizeof *order);
    bool *train = allocate(2UL * (unsigned long)runs->n, sizeof *train), *test = train + runs->n;
    Random r = random_stream(seed, 0xf01d);
    for (int i = 0; i < runs->n_clusters; i++) order[i] = i;
    for (int i = runs->n_clusters - 1; i > 0; i--) {
        int j = (int)random_below(&r, (uint32_t)i + 1), keep = order[i];
        order[i] = order[j];
        order[j] = keep;
    }
    int *fold_of = allocate((unsigned long)runs->n_clusters, sizeof *fold_of);
    for (int i = 0; i < runs->n_clusters; i++) fold_of[order[i]] = i % k;
    for (int fold = 0; fold < k; fold++) {
        char name[16];
        snprintf(name, sizeof name, "%d", fold + 1);
        for (int i = 0; i < runs->n; i++) {
            test[i] = fold_of[runs->cluster[i]] == fold;
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
        x[i] = compute ? 6 * active * at[VAR_D] : ratio ? at[VAR_NA] / at[VAR_N] : at[v];
        if (isnan(x[i]))
            return fail(BAD_INPUT,
                        "--holdout %s: %s is not known, since none of the laws needs it; add a law that does", spec,
                        name);
    }
    return OK;
}

// Distinct values in rising order (values within 1 % are one level); returns how many.
static int levels_of(const double *x, int n, double *levels) {
    double *sorted = allocate((unsigned long)n, sizeof *sorted);
    memcpy(sorted, x, (size_t)n * sizeof *sorted);
    gsl_sort(sorted, 1, (size_t)n);
    int count = 0;
    for (int i = 0; i < n; i++)
        if (!count || sorted[i] > levels[count - 1] + 0.01 * fabs(levels[count - 1])) levels[count++] = sorted[i];
    free(sorted);
    return count;
}

static Status add_split(const Runs *runs, const char *spec, Split *s, const bool *test) {
    bool *train = allocate((unsigned long)runs->n, sizeof *train);
    int held = 0;
    for (int i = 0; i < runs->n; i++) {
        train[i] = !test[i];
        held += test[i];
    }
    if (held && held < runs->n) add_fold(runs, s, train, test, "1");
    free(train);
    if (held && held < runs->n) return OK;
    return fail(BAD_INPUT, "--holdout %s: holds out %d of %d runs; some must be left on both sides", spec, held,
                runs->n);
}

static Status hold_largest(const Runs *runs, const char *spec, const double *x, double part, Split *s, bool *test) {
    double *sorted = allocate((unsigned long)runs->n, sizeof *sorted);
    memcpy(sorted, x, (size_t)runs->n * sizeof *sorted);
    gsl_sort(sorted, 1, (size_t)runs->n);
    // Runs of equal size stay together: the boundary moves up until the held part is at most what was asked, if any is.
    double edge = sorted[(int)((1 - part) * runs->n)];
    if (edge >= sorted[runs->n - 1] || sorted[0] == edge) edge = sorted[0] < edge ? nextafter(edge, 0) : edge;
    for (int i = 0; i < runs->n; i++) test[i] = x[i] > edge;
    free(sorted);
    return add_split(runs, spec, s, test);
}

static Status hold_by_value(const Runs *runs, const char *spec, const double *x, char relation, const char *value,
                            Split *s, bool *test) {
    double limit;
    bool quantile = value[0] == 'q';
    if (!parse_number(value + quantile, &limit) || (quantile && !(limit > 0 && limit < 100)))
        return fail(BAD_INPUT, "--holdout %s: '%s' is neither a number nor a quantile like q80", spec, value);
    if (quantile) {
        double *sorted = allocate((unsigned long)runs->n, sizeof *sorted);
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
    double *levels = allocate((unsigned long)runs->n, sizeof *levels);
    bool *train = allocate((unsigned long)runs->n, sizeof *train);
    int n = steps_of(runs, x, levels), from = expand ? FEWEST_TRAIN_LEVELS : 0;
    for (int k = from; k < n && n > 1; k++) {
        char label[48], text[NUMBER_TEXT];
        for (int i = 0; i < runs->n; i++) {
            int level = level_at(levels, n, x[i]);
            test[i] = level == k;
            train[i] = expand ? level < k : level != k;
        }
        snprintf(label, sizeof label, "%s = %s", name, short_count(levels[k], text));
        if (!expand && levels[k] < 100) snprintf(label, sizeof label, "%s = %.4g", name, levels[k]);
        add_fold(runs, s, train, test, label);
    }
    free(levels);
    free(train);
    if (s->n_folds) return OK;
    return fail(BAD_INPUT, "--holdout %s: %s has %d levels here, too few", spec, name, n);
}

Status split_holdout(const Runs *runs, const char *spec, Split *s) {
    *s = (Split){0};
    snprintf(s->name, sizeof s->name, "%s", spec);
    size_t at = strcspn(spec, ":<>");
    char name[32] = "", part_text[32] = "";
    double *x = allocate((unsigned long)runs->n, sizeof *x), part = 0.2;
    bool *test = allocate((unsigned long)runs->n, sizeof *test);
    Status status = OK;
    if (spec[at] == ':') {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(spec + at + 1, ":"), spec + at + 1);
        const char *more = strchr(spec + at + 1, ':');
        if (more) snprintf(part_text, sizeof part_text, "%s", more + 1);
        if (more && (!parse_number(part_text, &part) || !(part > 0 && part < 1)))
            status = fail(BAD_INPUT, "--holdout %s: '%s' is not a part between 0 and 1", spec, part_text);
        if (status == OK) status = values_of(runs, spec, name, x);
        if (status == OK && !strncmp(spec, "largest:", 8))
            status = hold_largest(runs, spec, x, part, s, test);
        else if (status == OK && (!strncmp(spec, "expand:", 7) || !strncmp(spec, "leave:", 6)))
            status = hold_levels(runs, spec, x, spec[0] == 'e', name, s, test);
        else if (status == OK)
            status = fail(BAD_INPUT, "--holdout %s: expected largest:VAR, expand:VAR, leave:VAR, or VAR>VALUE", spec);
    } else if (spec[at]) {
        snprintf(name, sizeof name, "%.*s", (int)at, spec);
        status = values_of(runs, spec, name, x);
        if (status == OK) status = hold_by_value(runs, spec, x, spec[at], spec + at + 1, s, test);
    } else
        status = fail(BAD_INPUT, "--holdout %s: expected largest:VAR, expand:VAR, leave:VAR, or VAR>VALUE", spec);
    free(x);
    free(test);
    if (status != OK) split_free(s);
    return status;
}
