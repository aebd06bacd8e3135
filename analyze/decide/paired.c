// paired.c - see paired.h.
#include "paired.h"

#include "runs/table_file.h"
#include "runs/where.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_TEXT = 512, MOST_PAIRS_NEEDED = 100000 };

typedef struct {
    char key[KEY_TEXT];
    double loss;
    int line;
} Run;

typedef struct {
    Table table;
    int n;
    Run *runs; // by key
} Side;

static void side_free(Side *s) {
    table_free(&s->table);
    free(s->runs);
    *s = (Side){0};
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(((const Run *)a)->key, ((const Run *)b)->key);
}

// "3|1600512" of a row; "" where a part is blank.
static void key_of(const Table *t, const Source *by, int n_by, int row, char key[KEY_TEXT]) {
    size_t used = 0;
    key[0] = '\0';
    for (int i = 0; i < n_by; i++) {
        char room[CELL_ROOM];
        const char *cell = source_text(t, &by[i], row, room);
        if (!*cell) {
            key[0] = '\0';
            return;
        }
        used += (size_t)snprintf(key + used, KEY_TEXT - used, "%s%s", i ? "|" : "", cell);
        if (used >= KEY_TEXT) return;
    }
}

static Status find_keys(const Table *t, const char *by, Source sources[MOST_KEYS], int *n) {
    *n = 0;
    for (const char *at = by; *at; at += strcspn(at, ","), at += *at == ',') {
        char name[CELL_ROOM];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        if (*n == MOST_KEYS) return fail(BAD_INPUT, "--by: more than %d columns", MOST_KEYS);
        if (source_find(t, name, &sources[(*n)++]) != OK) return fail_within(BAD_INPUT, "--by");
    }
    return *n ? OK : fail(BAD_INPUT, "--by: expected COLUMN,COLUMN,... such as seed,D");
}

static Status read_losses(Side *s, const PairChoice *choice, const bool *keep) {
    const Table *t = &s->table;
    const char *name = choice->loss ? choice->loss : "loss";
    Source by[MOST_KEYS], loss;
    int n_by;
    TRY(find_keys(t, choice->by, by, &n_by));
    TRY(source_find(t, name, &loss));
    for (int row = 0; row < t->n_rows; row++) {
        Run *r = &s->runs[s->n];
        if (!keep[row]) continue;
        TRY(source_number(t, &loss, name, row, &r->loss));
        key_of(t, by, n_by, row, r->key);
        r->line = t->lines[row];
        s->n += !isnan(r->loss) && r->key[0];
    }
    qsort(s->runs, (size_t)s->n, sizeof *s->runs, compare_keys);
    for (int i = 1; i < s->n; i++)
        if (!strcmp(s->runs[i].key, s->runs[i - 1].key))
            return fail(BAD_INPUT, "%s:%d: is alike to line %d in %s; name what tells them apart: --by %s,...", t->path,
                        s->runs[i].line, s->runs[i - 1].line, choice->by, choice->by);
    return OK;
}

static Status side_read(const char *path, const PairChoice *choice, const TextList *where, Side *s) {
    char sha256[SHA256_TEXT];
    *s = (Side){0};
    TRY(table_file_read(path, &s->table, sha256));
    bool *keep = allocate(s->table.n_rows + 1, sizeof *keep);
    s->runs = allocate(s->table.n_rows + 1, sizeof *s->runs);
    Status status = where_apply(&s->table, where, keep);
    if (status == OK) status = read_losses(s, choice, keep);
    free(keep);
    if (status != OK) side_free(s);
    return status;
}

double pairs_needed(double sd, double wanted) {
    for (int n = 2; n < MOST_PAIRS_NEEDED; n++) {
        double t = gsl_cdf_tdist_Pinv(0.975, n - 1) + gsl_cdf_tdist_Pinv(0.8, n - 1);
        if (wanted >= t * sd / sqrt(n)) return n;
    }
    return NAN;
}

static void measure(const double *a, const double *b, int n, Paired *out) {
    double *d = allocate(n, sizeof *d);
    for (int i = 0; i < n; i++) d[i] = b[i] - a[i];
    out->mean = gsl_stats_mean(d, 1, (size_t)n);
    if (n >= 2) {
        double sd_a = gsl_stats_sd(a, 1, (size_t)n), sd_b = gsl_stats_sd(b, 1, (size_t)n);
        out->sd = gsl_stats_sd(d, 1, (size_t)n);
        out->sd_alone = hypot(sd_a, sd_b);
        double error = out->sd / sqrt(n), t = gsl_cdf_tdist_Pinv(0.975, n - 1);
        for (int i = 0; i < 2; i++) out->ci95[i] = out->mean + (i ? t : -t) * error;
        out->p = error > 0 ? 2 * gsl_cdf_tdist_Q(fabs(out->mean) / error, n - 1) : NAN;
        if (n >= 3 && sd_a > 0 && sd_b > 0) out->correlation = gsl_stats_correlation(a, 1, b, 1, (size_t)n);
    }
    free(d);
}

static Status pair_up(const Side *a, const Side *b, const PairChoice *choice, Paired *out) {
    double *x = allocate(a->n + 1, sizeof *x), *y = allocate(a->n + 1, sizeof *y);
    for (int i = 0, j = 0; i < a->n || j < b->n;) {
        int order = i == a->n ? 1 : j == b->n ? -1 : strcmp(a->runs[i].key, b->runs[j].key);
        if (order == 0) {
            x[out->pairs] = a->runs[i++].loss;
            y[out->pairs++] = b->runs[j++].loss;
        } else if (order < 0) {
            out->alone_a++;
            i++;
        } else {
            out->alone_b++;
            j++;
        }
    }
    if (out->pairs) measure(x, y, out->pairs, out);
    free(x);
    free(y);
    if (!out->pairs)
        return fail(BAD_INPUT,
                    "no run of %s has a partner in %s with the same %s; --by COLUMN,... says what a pair shares",
                    a->table.path, b->table.path, choice->by);
    if (out->pairs >= 2 && choice->wanted > 0) out->needed = pairs_needed(out->sd, choice->wanted);
    return OK;
}

Status compare_tables(const char *path_a, const char *path_b, const PairChoice *choice, Paired *out) {
    Side a, b;
    *out = (Paired){
        .mean = NAN, .sd = NAN, .ci95 = {NAN, NAN}, .p = NAN, .correlation = NAN, .sd_alone = NAN, .needed = NAN};
    TRY(side_read(path_a, choice, &choice->where_a, &a));
    Status s = side_read(path_b, choice, &choice->where_b, &b);
    if (s == OK) {
        s = pair_up(&a, &b, choice, out);
        side_free(&b);
    }
    side_free(&a);
    return s;
}
