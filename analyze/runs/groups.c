// groups.c - see groups.h.
#include "groups.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Fewer configurations than this make no folds: rows are drawn instead, and a note says so.
enum { FEWEST_CLUSTERS = 8, MOST_COLUMNS = 16 };

static const uint64_t HASH_START = 0xcbf29ce484222325u;

static uint64_t hash_text(uint64_t h, const char *text) {
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return (h ^ 0x1f) * 0x100000001b3u;
}

static uint64_t hash_number(uint64_t h, double x) {
    uint64_t bits;
    if (isnan(x)) x = -1; // unknown is alike
    memcpy(&bits, &x, sizeof bits);
    h = (h ^ bits) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

// A number by its value, anything else by its text.
static uint64_t hash_cell(uint64_t h, const char *text) {
    double x;
    return parse_number(text, &x) ? hash_number(h, x) : hash_text(h, text);
}

typedef struct {
    uint64_t hash, second;
    int index;
} Keyed;

static int compare_keyed(const void *a, const void *b) {
    const Keyed *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->index - y->index;
}

// The columns that make a configuration, those that are there.
static int shape_sources(const Table *t, Source sources[MOST_COLUMNS]) {
    static const char *const shape[] = {"N",           "Na",          "N_nonemb",    "G",           "S",
                                        "num_experts", "top_k",       "num_shared",  "d_model",     "n_layers",
                                        "n_heads",     "d_ff_expert", "d_ff_shared", "granularity", "source"};
    int n = 0;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        sources[n] = (Source){.column = table_column(t, shape[i])};
        n += sources[n].column >= 0;
    }
    return n;
}

static uint64_t hash_row(uint64_t h, const Table *t, const Source *sources, int n, int row) {
    char room[CELL_ROOM];
    for (int i = 0; i < n; i++) h = hash_text(h, source_text(t, &sources[i], row, room));
    return h;
}

static int root_of(int *parent, int i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

// Joins rows of equal hash to the first of them; keys are sorted on the way.
static void join(Keyed *keys, int n, int *parent) {
    qsort(keys, (size_t)n, sizeof *keys, compare_keyed);
    for (int i = 1; i < n; i++) {
        if (keys[i].hash != keys[i - 1].hash) continue;
        int a = root_of(parent, keys[i - 1].index), b = root_of(parent, keys[i].index);
        parent[a > b ? a : b] = a < b ? a : b;
    }
}

// Numbers clusters by first appearance.
static void number_clusters(Runs *runs, int *parent) {
    runs->n_clusters = 0;
    for (int i = 0; i < runs->n; i++) {
        int first = root_of(parent, i);
        runs->cluster[i] = first == i ? runs->n_clusters++ : runs->cluster[first];
    }
}

void group_settle(Runs *runs) {
    if (runs->n_clusters >= FEWEST_CLUSTERS || runs->n_clusters == runs->n) return;
    note("only %d configuration%s: folds are of rows, not of configurations", runs->n_clusters,
         runs->n_clusters == 1 ? "" : "s");
    runs->configurations = runs->n_clusters;
    runs->clustered_by_row = true;
    runs->n_clusters = runs->n;
    for (int i = 0; i < runs->n; i++) runs->cluster[i] = i;
}

Status group_configurations(const char *column, Runs *runs) {
    const Table *t = runs->table;
    Source sources[MOST_COLUMNS];
    const Source trunk = {.column = column ? -1 : table_column(t, "trunk")};
    int n = 1;
    if (column)
        TRY(source_find(t, column, &sources[0]));
    else
        n = shape_sources(t, sources);
    // Runs of which nothing but their compute is known are alike where that is: one budget, several seeds.
    if (!n) sources[0] = (Source){.column = table_column(t, "C")};
    if (!n && sources[0].column >= 0) n = 1;
    Keyed *keys = allocate(runs->n, sizeof *keys);
    int *parent = allocate(runs->n, sizeof *parent), named = 0;
    for (int i = 0; i < runs->n; i++) {
        parent[i] = i;
        keys[i] = (Keyed){.hash = hash_row(HASH_START, t, sources, n, runs->row[i]), .index = i};
    }
    join(keys, runs->n, parent);
    for (int i = 0; i < runs->n && trunk.column >= 0; i++) {
        const char *name = table_cell(t, runs->row[i], trunk.column);
        if (*name) keys[named++] = (Keyed){.hash = hash_text(HASH_START, name), .index = i};
    }
    join(keys, named, parent);
    number_clusters(runs, parent);
    free(keys);
    free(parent);
    if (!column) group_settle(runs);
    return OK;
}

void tell_repeats(const Runs *runs) {
    Keyed *keys = allocate(runs->n, sizeof *keys);
    int repeats = 0, example = -1;
    for (int i = 0; i < runs->n; i++) {
        keys[i] = (Keyed){.hash = hash_number(HASH_START, runs->loss[i]), .index = i};
        for (int v = 0; v < N_VARIABLES; v++) keys[i].hash = hash_number(keys[i].hash, runs->points[i].x[v]);
    }
    qsort(keys, (size_t)runs->n, sizeof *keys, compare_keyed);
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

void tell_pooled(const Runs *runs) {
    static const char *const how[] = {"lr", "batch_tokens"};
    const Table *t = runs->table;
    Source shape[MOST_COLUMNS], training[2];
    int n_shape = shape_sources(t, shape), n = 0, pooled = 0;
    for (int i = 0; i < 2; i++) {
        training[n] = (Source){.column = table_column(t, how[i])};
        n += training[n].column >= 0;
    }
    Keyed *keys = allocate(runs->n, sizeof *keys);
    for (int i = 0; i < runs->n; i++) {
        keys[i] = (Keyed){.hash = hash_row(HASH_START, t, shape, n_shape, runs->row[i]),
                          .second = hash_row(HASH_START, t, training, n, runs->row[i]),
                          .index = i};
        for (int v = 0; v < N_VARIABLES; v++) keys[i].hash = hash_number(keys[i].hash, runs->points[i].x[v]);
    }
    qsort(keys, (size_t)runs->n, sizeof *keys, compare_keyed);
    for (int from = 0, to; from < runs->n; from = to) {
        bool differ = false;
        for (to = from + 1; to < runs->n && keys[to].hash == keys[from].hash; to++)
            differ = differ || keys[to].second != keys[from].second;
        if (differ) pooled += to - from;
    }
    if (pooled)
        warn("%s: %d of %d rows differ from others in lr or batch_tokens alone, which no law sees, and are pooled; "
             "--best-per N,Na,D,G,S keeps the best of each",
             t->path, pooled, runs->n);
    free(keys);
}

static Status find_sources(const Table *t, const char *columns, Source sources[MOST_COLUMNS], int *n) {
    *n = 0;
    for (const char *at = columns; *at; at += strcspn(at, ","), at += *at == ',') {
        char name[CELL_ROOM];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        if (*n == MOST_COLUMNS) return fail(BAD_INPUT, "--best-per: more than %d columns", MOST_COLUMNS);
        if (source_find(t, name, &sources[(*n)++]) != OK) return fail_within(BAD_INPUT, "--best-per");
    }
    return *n ? OK : fail(BAD_INPUT, "--best-per: expected COLUMN,COLUMN,... such as N,Na,D,G,S");
}

Status keep_best_per(const Table *t, const char *columns, const Source *loss, const char *loss_name, bool *keep) {
    Source sources[MOST_COLUMNS];
    int n_sources, n = 0, before = 0;
    TRY(find_sources(t, columns, sources, &n_sources));
    Keyed *keys = allocate(t->n_rows, sizeof *keys);
    double *y = allocate(t->n_rows, sizeof *y);
    Status s = OK;
    for (int row = 0; row < t->n_rows && s == OK; row++) {
        char room[CELL_ROOM];
        if (!keep[row]) continue;
        before++;
        s = source_number(t, loss, loss_name, row, &y[row]);
        if (s != OK || isnan(y[row])) continue;
        keys[n] = (Keyed){.hash = HASH_START, .index = row};
        for (int i = 0; i < n_sources; i++)
            keys[n].hash = hash_cell(keys[n].hash, source_text(t, &sources[i], row, room));
        n++;
    }
    qsort(keys, (size_t)n, sizeof *keys, compare_keyed);
    int left = before - n;
    for (int from = 0, to; from < n && s == OK; from = to, left++) {
        int best = from;
        for (to = from + 1; to < n && keys[to].hash == keys[from].hash; to++)
            if (y[keys[to].index] < y[keys[best].index]) best = to;
        for (int i = from; i < to; i++) keep[keys[i].index] = i == best;
    }
    if (s == OK) note("%s: --best-per %s keeps %d of %d rows", t->path, columns, left, before);
    free(keys);
    free(y);
    return s;
}
