// beside.c - see beside.h.
#include "beside.h"

#include "events.h"
#include "gzip.h"
#include "ground/csv.h"
#include "ground/memory_file.h"
#include "ground/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A file beside the table, and how a run's rows in it come from its record.
typedef struct {
    const char *suffix, *header;
    bool compressed, failed_too;
    UseEvent use; // with a RowWriter; called for every event
} Beside;

typedef struct {
    Csv csv;
    const Collection *collection;
    int run;
    double next_tokens, tokens, seconds; // of curves, so far
    bool told;                           // of provenance: its row is written
    double steps;                        // of the whole run
} RowWriter;

static const char *id_of(const RowWriter *w) {
    return w->collection->manifest.ids[w->run];
}

// All evaluations; steps where the tokens have grown by a sixth since the last one written.
static void curve_row(void *context, json_t *event) {
    static const char *const keys[] = {"tokens", "lr", "loss", "router_entropy", "load_entropy"};
    RowWriter *w = context;
    bool step = event_is(event, "step");
    if (!step && !event_is(event, "eval")) return;
    double tokens = event_number(event, "tokens"), rate = event_number(event, "tokens_per_s");
    if (step && tokens > w->tokens && rate > 0) {
        w->seconds += (tokens - w->tokens) / rate;
        w->tokens = tokens;
    }
    if (step && tokens < w->next_tokens) return;
    if (step) w->next_tokens = tokens * 7 / 6;
    csv_printf(&w->csv, "%s,%s", id_of(w), step ? "step" : "eval");
    csv_number(&w->csv, event_number(event, "step"));
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
        csv_rounded(&w->csv, event_number(event, keys[i]), i ? 6 : 15);
    csv_rounded(&w->csv, w->seconds, 4);
    csv_end(&w->csv);
}

static void block_rows(void *context, json_t *event) {
    RowWriter *w = context;
    size_t block;
    json_t *loss;
    if (!event_is(event, "result")) return;
    json_array_foreach(json_object_get(event, "eval_blocks"), block, loss) {
        csv_printf(&w->csv, "%s,%zu", id_of(w), block + 1);
        csv_rounded(&w->csv, json_number_value(loss), 7);
        csv_end(&w->csv);
    }
}

// How many tokens each expert got in the last step, which the evaluation at the end tells.
static void load_rows(void *context, json_t *event) {
    RowWriter *w = context;
    size_t layer, expert;
    json_t *row, *load;
    if (event_is(event, "config")) w->steps = event_number(event, "steps");
    if (!event_is(event, "eval") || !(event_number(event, "step") >= w->steps)) return;
    json_array_foreach(json_object_get(event, "loads"), layer, row) json_array_foreach(row, expert, load)
        fprintf(w->csv.out.file, "%s,%zu,%zu,%.0f\n", id_of(w), layer + 1, expert + 1, json_number_value(load));
}

static void provenance_row(void *context, json_t *event) {
    static const char *const words[] = {"program", "commit", "flags", "backend", "device", "corpus", "started"};
    RowWriter *w = context;
    if (w->told || !event_is(event, "config")) return;
    w->told = true;
    const Result *r = &w->collection->results[w->run];
    csv_text(&w->csv, id_of(w));
    csv_text(&w->csv, r->state == RUN_DONE ? "done" : "failed");
    csv_text(&w->csv, r->reason);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        const char *word = event_text(event, words[i]);
        csv_text(&w->csv, word ? word : "");
    }
    csv_number(&w->csv, event_number(event, "numerics"));
    csv_number(&w->csv, event_number(event, "ranks"));
    csv_rounded(&w->csv, r->cpu_s, 6);
    csv_rounded(&w->csv, r->wall_s, 6);
    csv_end(&w->csv);
}

static const Beside all[] = {
    {"-provenance.csv",
     "run_id,status,reason,program,commit,flags,backend,device,corpus,started,numerics,ranks,cpu_s,wall_s\n", false,
     true, provenance_row},
    {"-curves.csv.gz", "run_id,event,step,tokens,lr,loss,router_entropy,load_entropy,seconds\n", true, false,
     curve_row},
    {"-blocks.csv.gz", "run_id,block,loss\n", true, false, block_rows},
    {"-loads.csv.gz", "run_id,layer,expert,tokens\n", true, false, load_rows},
};

// The rows of one run, in the file as it was or new.
typedef struct {
    char id[RUN_ID];
    const char *text;
    size_t length;
    char *own; // text, where it is new: to be freed
} Rows;

typedef struct {
    int n;
    Rows *rows;
    IdSet ids;
} RowsById;

static size_t line_length(const char *line) {
    size_t length = strcspn(line, "\n");
    return length + (line[length] == '\n');
}

// Lines with the same id stand together.
static Status split_rows(const char *path, const char *text, const char *header, RowsById *by) {
    if (strncmp(text, header, strlen(header)))
        return fail(BAD_INPUT, "%s:1: expected %.*s", path, (int)strcspn(header, "\n"), header);
    for (const char *line = text + strlen(header); *line; line += line_length(line)) {
        char id[RUN_ID];
        snprintf(id, sizeof id, "%.*s", (int)strcspn(line, ",\n"), line);
        int at = idset_add(&by->ids, id);
        if (at < by->n - 1) return fail(BAD_INPUT, "%s: run_id: the rows of %s do not stand together", path, id);
        if (at == by->n) {
            by->rows = reallocate(by->rows, ++by->n, sizeof *by->rows);
            by->rows[at] = (Rows){.text = line};
            memcpy(by->rows[at].id, id, RUN_ID);
        }
        by->rows[at].length += line_length(line);
    }
    return OK;
}

static bool is_failed(const Rows *r) {
    static const char mark[] = ",failed,";
    return r->length > RUN_ID + sizeof mark && !strncmp(r->text + RUN_ID - 1, mark, sizeof mark - 1);
}

// Whether the run has rows to give that are not there: of those that failed, one that went well later counts.
static bool is_new(const Beside *b, const Collection *c, int run, const RowsById *by) {
    RunState state = c->results[run].state;
    if (state != RUN_DONE && !(b->failed_too && state == RUN_FAILED && !c->kept[run])) return false;
    int at = idset_find(&by->ids, c->manifest.ids[run]);
    return at < 0 || (b->failed_too && state == RUN_DONE && is_failed(&by->rows[at]));
}

static Status add_run(const Beside *b, const Collection *c, int run, const char *runs_folder, RowsById *by) {
    char folder[4096], *record;
    struct stat info;
    size_t length;
    Rows r = {0};
    memcpy(r.id, c->manifest.ids[run], RUN_ID);
    snprintf(folder, sizeof folder, "%s/%s", runs_folder, r.id);
    TRY(read_if_there(folder, "record.jsonl", &info, &record, &length));
    if (!record) return OK;
    MemoryFile rows;
    memory_open(&rows);
    RowWriter w = {.csv.out.file = rows.file, .collection = c, .run = run};
    events_each(record, b->use, &w);
    memory_close(&rows);
    free(record);
    if (rows.length == 0) {
        free(rows.text);
        return OK;
    }
    r.text = r.own = rows.text;
    r.length = rows.length;
    int at = idset_add(&by->ids, r.id);
    if (at == by->n) by->rows = reallocate(by->rows, ++by->n, sizeof *by->rows);
    by->rows[at] = r;
    return OK;
}

static int by_id(const void *a, const void *b) {
    return strcmp(((const Rows *)a)->id, ((const Rows *)b)->id);
}

static Status write_rows(const Beside *b, RowsById *by, const char *path) {
    Output out;
    MemoryFile m;
    memory_open(&m);
    if (by->n) qsort(by->rows, (size_t)by->n, sizeof *by->rows, by_id);
    fputs(b->header, m.file);
    for (int i = 0; i < by->n; i++) fwrite(by->rows[i].text, 1, by->rows[i].length, m.file);
    memory_close(&m);
    Status s = output_open(&out, path);
    if (s == OK) {
        if (b->compressed)
            s = gzip_write(out.file, m.text, m.length);
        else
            fwrite(m.text, 1, m.length, out.file);
        if (s == OK)
            s = output_commit_if_changed(&out);
        else
            output_discard(&out);
    }
    free(m.text);
    return s;
}

static Status merge_one(const Beside *b, const Collection *c, const char *runs_folder, const char *path) {
    char *text;
    size_t length;
    RowsById by = {0};
    TRY(gzip_read(path, &text, &length));
    Status s = text ? split_rows(path, text, b->header, &by) : OK;
    bool any = !text;
    for (int i = 0; s == OK && i < c->manifest.n_runs; i++)
        if (is_new(b, c, i, &by)) {
            s = add_run(b, c, i, runs_folder, &by);
            any = true;
        }
    if (s == OK && any) s = write_rows(b, &by, path);
    for (int i = 0; i < by.n; i++) free(by.rows[i].own);
    free(by.rows);
    idset_free(&by.ids);
    free(text);
    return s;
}

// Calls `use` with the cells of each row of a run: cells[0] is its id.
enum { MOST_CELLS = 9 };
typedef void (*UseCells)(FILE *f, char **cells, double *state);

static Status each_row(const char *table, const char *suffix, const char *id, UseCells use, FILE *f) {
    char path[4096], *text;
    size_t length;
    double state[2] = {0};
    TRY(gzip_read(beside_name(path, sizeof path, table, suffix), &text, &length));
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, id, RUN_ID - 1)) continue;
        char *cells[MOST_CELLS] = {0};
        int n = 0;
        while (n < MOST_CELLS && (cells[n] = strsep(&line, ","))) n++;
        for (; n < MOST_CELLS; n++) cells[n] = path + strlen(path);
        use(f, cells, state);
    }
    free(text);
    return OK;
}

static void step_again(FILE *f, char **cells, double *state) {
    static const char *const keys[] = {"step", "tokens", "lr", "loss", "router_entropy", "load_entropy"};
    double tokens, seconds;
    if (strcmp(cells[1], "step") || !parse_number(cells[3], &tokens) || !parse_number(cells[8], &seconds)) return;
    fputs("{\"event\": \"step\"", f);
    for (int k = 0; k < 6; k++)
        if (*cells[2 + k]) fprintf(f, ", \"%s\": %s", keys[k], cells[2 + k]);
    if (seconds > state[1]) fprintf(f, ", \"tokens_per_s\": %.17g", (tokens - state[0]) / (seconds - state[1]));
    fputs("}\n", f);
    state[0] = tokens;
    state[1] = seconds;
}

// One line of all its layers: [[...], [...; the caller closes it.
static void loads_again(FILE *f, char **cells, double *state) {
    bool next = strcmp(cells[2], "1") == 0;
    fprintf(f, "%s%s", !next ? ", " : state[0] ? "], [" : "{\"event\": \"eval\", \"loads\": [[", cells[3]);
    state[0] = 1;
}

Status beside_record(const char *table, const char *id, char **record) {
    MemoryFile m;
    memory_open(&m);
    Status s = each_row(table, "-curves.csv.gz", id, step_again, m.file);
    long steps = ftell(m.file);
    if (s == OK) s = each_row(table, "-loads.csv.gz", id, loads_again, m.file);
    if (ftell(m.file) > steps) fputs("]]}\n", m.file);
    memory_close(&m);
    *record = m.text;
    if (s != OK) free(m.text);
    return s;
}

char *beside_name(char *name, size_t size, const char *table, const char *suffix) {
    size_t stem = strlen(table);
    if (stem > 4 && !strcmp(table + stem - 4, ".csv")) stem -= 4;
    snprintf(name, size, "%.*s%s", (int)stem, table, suffix);
    return name;
}

static Status copy_manifest(const char *manifest, const char *path) {
    char *text;
    size_t length;
    Output out;
    TRY(read_file(manifest, 0, &text, &length));
    Status s = output_open(&out, path);
    if (s == OK) {
        fwrite(text, 1, length, out.file);
        s = output_commit_if_changed(&out);
    }
    free(text);
    return s;
}

Status beside_merge(const Collection *c, const char *manifest, const char *runs_folder, const char *table) {
    char path[4096];
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        TRY(merge_one(&all[i], c, runs_folder, beside_name(path, sizeof path, table, all[i].suffix)));
    return copy_manifest(manifest, beside_name(path, sizeof path, table, "-manifest.csv"));
}
