// collect.c - see collect.h.
#include "collect.h"

#include "ground/csv.h"
#include "ground/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_TEXT = 24 };

static Status read_results(Collection *c, const char *runs_folder) {
    size_t n = c->manifest.n_runs;
    c->results = allocate(n, sizeof *c->results);
    c->kept = allocate(n, sizeof *c->kept);
    for (int i = 0; i < c->manifest.n_runs; i++) {
        TRY(result_read(runs_folder, c->manifest.ids[i], &c->results[i]));
        c->kept[i] = memory_row(&c->memory, c->manifest.ids[i]) >= 0;
        if (c->kept[i])
            c->n_kept++;
        else
            c->count[c->results[i].state]++;
    }
    return OK;
}

Status collection_read(const char *manifest_path, const char *runs_folder, const char *table, Collection *c) {
    *c = (Collection){0};
    Status s = manifest_read(manifest_path, &c->manifest);
    if (s == OK) s = memory_read(table, &c->memory);
    if (s == OK) s = read_results(c, runs_folder);
    if (s != OK) collection_free(c);
    return s;
}

void collection_free(Collection *c) {
    manifest_free(&c->manifest);
    memory_free(&c->memory);
    free(c->results);
    free(c->kept);
    *c = (Collection){0};
}

// The columns of our tables; those of runs.csv on the design page first.
static const char columns[] =
    "run_id,source,D,N,Na,N_nonemb,Na_nonemb,num_experts,top_k,num_shared,shared_ratio,granularity,G,S,"
    "d_model,n_layers,n_heads,d_ff_expert,d_ff_shared,batch_tokens,lr,loss,seed,M,loss_se,tokens_per_s,wall_s,cpu_s,"
    "tokens_per_cpu_s,data_seed,trunk,cell,block,holdout,device,commit,notes";

// The next of them after *at; false if there is none.
static bool next_column(const char **at, char name[COLUMN_TEXT]) {
    if (!**at) return false;
    int length = (int)strcspn(*at, ",");
    snprintf(name, COLUMN_TEXT, "%.*s", length, *at);
    *at += length + ((*at)[length] == ',');
    return true;
}

// A setting of the run, or a column of its manifest that is none; blank where there is neither.
static void setting_cell(Csv *csv, const Collection *c, int i, const char *name) {
    char value[RUN_CORPUS] = "";
    for (const RunField *field = run_fields; field->name; field++)
        if (!strcmp(field->name, name)) run_get(&c->manifest.runs[i], field, value, sizeof value);
    int column = table_column(&c->manifest.table, name);
    csv_text(csv, *value || column < 0 ? value : table_cell(&c->manifest.table, i, column));
}

static void write_row(Csv *csv, const Collection *c, int i, const char *source) {
    const Run *run = &c->manifest.runs[i];
    const Result *r = &c->results[i];
    const Shape *s = &run->shape;
    const Counts n = shape_count(s);
    char trunk[RUN_ID];
    run_trunk_id(run, trunk);
    csv_text(csv, c->manifest.ids[i]);
    csv_text(csv, source);
    CSV_NUMBERS(csv, run->tokens, n.N, n.Na, n.N_nonemb, n.Na_nonemb, s->n_experts, s->top_k, s->n_shared,
                n.shared_ratio, n.granularity, n.G, n.S, s->d_model, s->n_layers, s->n_heads, s->d_ff_expert,
                s->d_ff_shared, run_batch_tokens(run), run->lr, r->loss, run->seed, n.M, r->loss_se, r->tokens_per_s,
                r->wall_s, r->cpu_s, r->tokens_per_cpu_s);
    setting_cell(csv, c, i, "data_seed");
    csv_text(csv, trunk);
    setting_cell(csv, c, i, "cell");
    setting_cell(csv, c, i, "block");
    setting_cell(csv, c, i, "holdout");
    csv_printf(csv, "%s,%s,%s", r->device, r->commit, r->notes);
}

Status collection_write(const Collection *c, const char *source, const char *path) {
    Csv csv = {0};
    TRY(output_open(&csv.out, path));
    csv_printf(&csv, "%s", columns);
    csv_end(&csv);
    for (int i = 0; i < c->manifest.n_runs; i++)
        if (c->results[i].state == RUN_DONE) {
            write_row(&csv, c, i, source);
            csv_end(&csv);
        }
    return output_commit_if_changed(&csv.out);
}

// A row of the merged table: one of the memory, or that of a finished run.
typedef struct {
    int kept, run; // one of them, the other -1
    char trunk[RUN_ID], id[RUN_ID];
    double D;
} Row;

static int by_place(const void *a, const void *b) {
    const Row *x = a, *y = b;
    int order = strcmp(x->trunk, y->trunk);
    if (order) return order;
    return x->D != y->D ? x->D < y->D ? -1 : 1 : strcmp(x->id, y->id);
}

static Status take_kept(const Memory *m, Row *rows) {
    const Table *t = &m->table;
    int trunk = table_column(t, "trunk");
    for (int i = 0; i < t->n_rows; i++) {
        rows[i] = (Row){.kept = i, .run = -1};
        memcpy(rows[i].id, m->ids.ids[i], RUN_ID);
        if (trunk >= 0) snprintf(rows[i].trunk, RUN_ID, "%s", table_cell(t, i, trunk));
        TRY(table_number(t, i, table_column(t, "D"), &rows[i].D));
    }
    return OK;
}

// A run that stands in the table and has a record as well must have the same loss in both.
static Status check_loss(const Collection *c, int i, int row) {
    const Table *t = &c->memory.table;
    double loss;
    TRY(table_number(t, row, table_column(t, "loss"), &loss));
    if (loss == c->results[i].loss) return OK;
    char here[NUMBER_TEXT], there[NUMBER_TEXT];
    return fail(
        CHECK_FAILED,
        "%s:%d: loss: run %s has %s, its record in the runs folder has %s; one id is one loss on one backend and "
        "processor, so find out which is wrong, and remove that row or that folder",
        t->path, t->lines[row], c->manifest.ids[i], number_text(loss, here), number_text(c->results[i].loss, there));
}

static Status take_rows(const Collection *c, Row *rows, int *n) {
    TRY(take_kept(&c->memory, rows));
    *n = c->memory.table.n_rows;
    for (int i = 0; i < c->manifest.n_runs; i++) {
        if (c->results[i].state != RUN_DONE) continue;
        int row = memory_row(&c->memory, c->manifest.ids[i]);
        if (row >= 0) {
            TRY(check_loss(c, i, row));
            continue;
        }
        Row *r = &rows[(*n)++];
        *r = (Row){.kept = -1, .run = i, .D = c->manifest.runs[i].tokens};
        memcpy(r->id, c->manifest.ids[i], RUN_ID);
        run_trunk_id(&c->manifest.runs[i], r->trunk);
    }
    qsort(rows, (size_t)*n, sizeof *rows, by_place);
    return OK;
}

static bool is_own(const char *column) {
    char name[COLUMN_TEXT];
    for (const char *at = columns; next_column(&at, name);)
        if (!strcmp(name, column)) return true;
    return false;
}

static void write_kept(Csv *csv, const Table *t, int row) {
    char name[COLUMN_TEXT];
    for (const char *at = columns; next_column(&at, name);) {
        int column = table_column(t, name);
        csv_text(csv, column < 0 ? "" : table_cell(t, row, column));
    }
}

// Columns that only the memory has stand at the end; blank for runs that come new (row -1).
static void write_merged(Csv *csv, const Collection *c, const char *source, const Row *rows, int n) {
    const Table *t = &c->memory.table;
    csv_printf(csv, "%s", columns);
    for (int i = -1; i < n; i++) {
        if (i >= 0 && rows[i].kept >= 0) write_kept(csv, t, rows[i].kept);
        if (i >= 0 && rows[i].kept < 0) write_row(csv, c, rows[i].run, source);
        for (int column = 0; column < t->n_columns; column++)
            if (!is_own(t->columns[column]))
                csv_text(csv, i < 0 ? t->columns[column] : rows[i].kept < 0 ? "" : table_cell(t, rows[i].kept, column));
        csv_end(csv);
    }
}

Status collection_merge(const Collection *c, const char *source, const char *path) {
    Row *rows = allocate((size_t)(c->memory.table.n_rows + c->manifest.n_runs) + 1, sizeof *rows);
    int n;
    Csv csv = {0};
    Status s = take_rows(c, rows, &n);
    if (s == OK) s = output_open(&csv.out, path);
    if (s == OK) {
        write_merged(&csv, c, source, rows, n);
        s = output_commit_if_changed(&csv.out);
    }
    free(rows);
    return s;
}
