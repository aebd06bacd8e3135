// curves.c - see curves.h.
#include "curves.h"

#include "beside.h"
#include "events.h"
#include "ground/csv.h"
#include "ground/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CURVES = 16 };

typedef struct {
    const Run *run;
    const char *id;
    Counts counts;
    bool kept;              // in a table
    char *record;           // the text of record.jsonl
    double tokens, seconds; // so far, while its events are gone through
} Curve;

static int by_size(const void *a, const void *b) {
    const Curve *x = a, *y = b;
    return (x->counts.N > y->counts.N) - (x->counts.N < y->counts.N);
}

static bool has_curve(const Collection *c, int i) {
    return c->kept[i] || c->results[i].state == RUN_DONE;
}

// All finished runs with the most tokens, by N; returns how many.
static int longest_runs(const Collection *c, Curve *all) {
    double most = 0;
    for (int i = 0; i < c->manifest.n_runs; i++)
        if (has_curve(c, i)) most = fmax(most, c->manifest.runs[i].tokens);
    int n = 0;
    for (int i = 0; i < c->manifest.n_runs; i++) {
        const Run *run = &c->manifest.runs[i];
        if (!has_curve(c, i) || run->tokens < most) continue;
        all[n++] =
            (Curve){.run = run, .id = c->manifest.ids[i], .counts = shape_count(&run->shape), .kept = c->kept[i]};
    }
    qsort(all, (size_t)n, sizeof *all, by_size);
    return n;
}

// Of runs in a table what is kept beside it, so that every machine draws the same.
static Status read_records(const Collection *c, const char *runs_folder, Curve *curves, int n) {
    for (int i = 0; i < n; i++) {
        char path[4096];
        size_t length;
        snprintf(path, sizeof path, "%s/%s/record.jsonl", runs_folder, curves[i].id);
        if (curves[i].kept)
            TRY(beside_record(c->memory.table.path, curves[i].id, &curves[i].record));
        else
            TRY(read_file(path, 0, &curves[i].record, &length));
    }
    return OK;
}

// Calls `use` with every event of a kind.
typedef struct {
    Csv *csv;
    Curve *curve;
    const char *kind;
    void (*use)(Csv *csv, Curve *curve, const json_t *event);
} EachEvent;

static void take_event(void *context, json_t *event) {
    const EachEvent *each = context;
    if (event_is(event, each->kind)) each->use(each->csv, each->curve, event);
}

static void each_event(EachEvent each) {
    events_each(each.curve->record, take_event, &each);
}

static void name(Csv *csv, const Curve *curve) {
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    csv_printf(csv, "N = %s G = %s", short_count(curve->counts.N, a), number_text(curve->counts.G, b));
}

static void event_row(Csv *csv, const Curve *curve, const char *kind, const char *loss, const json_t *event) {
    const char *const keys[] = {"step", "tokens", "lr", loss, "router_entropy", "load_entropy"};
    name(csv, curve);
    csv_text(csv, kind);
    for (int i = 0; i < 6; i++) csv_number(csv, event_number(event, keys[i]));
    csv_end(csv);
}

static void training_row(Csv *csv, Curve *curve, const json_t *event) {
    event_row(csv, curve, "training", "loss", event);
}

static void validation_row(Csv *csv, Curve *curve, const json_t *event) {
    event_row(csv, curve, "validation", "loss", event);
}

// Of synthetic text the least loss that any model can have is known.
static void entropy_row(Csv *csv, Curve *curve, const json_t *event) {
    if (isfinite(event_number(event, "entropy_rate")))
        event_row(csv, curve, "entropy of the text", "entropy_rate", event);
}

// A step event says how fast the tokens since the one before went.
static void cost_row(Csv *csv, Curve *curve, const json_t *event) {
    double tokens = event_number(event, "tokens"), rate = event_number(event, "tokens_per_s");
    if (!(tokens > curve->tokens && rate > 0)) return;
    curve->seconds += (tokens - curve->tokens) / rate;
    curve->tokens = tokens;
    name(csv, curve);
    csv_number(csv, curve->counts.M * tokens);
    csv_number(csv, curve->seconds);
    csv_number(csv, event_number(event, "loss"));
    csv_end(csv);
}

static void load_rows(Csv *csv, const Curve *curve, const json_t *event) {
    size_t layer, expert;
    json_t *row, *value;
    json_array_foreach(json_object_get(event, "loads"), layer, row) {
        double sum = 0;
        json_array_foreach(row, expert, value) sum += json_number_value(value);
        json_array_foreach(row, expert, value) {
            name(csv, curve);
            csv_printf(csv, "%s,%zu,%zu,%g", curve->id, layer + 1, expert + 1,
                       sum > 0 ? json_number_value(value) * (double)json_array_size(row) / sum : 0);
            csv_end(csv);
        }
    }
}

// The last evaluation alone.
static void last_load(Csv *csv, const Curve *curve) {
    const char *last = NULL;
    for (const char *p = curve->record; (p = strstr(p, "\"loads\"")); p++) last = p;
    while (last && last > curve->record && last[-1] != '\n') last--;
    json_t *event = last ? json_loadb(last, strcspn(last, "\n"), 0, NULL) : NULL;
    if (event) load_rows(csv, curve, event);
    json_decref(event);
}

typedef void (*WriteRows)(Csv *csv, Curve *curves, int n);

static void write_training(Csv *csv, Curve *curves, int n) {
    fputs("run_id,kind,step,tokens,lr,loss,entropy,load_entropy\n", csv->out.file);
    for (int i = 0; i < n; i++) {
        each_event((EachEvent){csv, &curves[i], "step", training_row});
        each_event((EachEvent){csv, &curves[i], "eval", validation_row});
        each_event((EachEvent){csv, &curves[i], "result", entropy_row});
    }
}

static void write_cost(Csv *csv, Curve *curves, int n) {
    fputs("series,flops,seconds,loss\n", csv->out.file);
    for (int i = 0; i < n; i++) each_event((EachEvent){csv, &curves[i], "step", cost_row});
}

static void write_load(Csv *csv, Curve *curves, int n) {
    const Curve *widest = curves;
    for (int i = 1; i < n; i++)
        if (curves[i].run->shape.n_experts > widest->run->shape.n_experts) widest = &curves[i];
    fputs("run,run_id,layer,expert,load\n", csv->out.file);
    last_load(csv, widest);
}

static Status write_file(const char *folder, const char *file, WriteRows write, Curve *curves, int n) {
    char path[4096];
    Csv csv = {0};
    snprintf(path, sizeof path, "%s/%s", folder, file);
    TRY(output_open(&csv.out, path));
    write(&csv, curves, n);
    return output_commit_if_changed(&csv.out);
}

static Status write_all(const char *folder, Curve *curves, int n) {
    TRY(make_folders(folder));
    TRY(write_file(folder, "training.csv", write_training, curves, n));
    TRY(write_file(folder, "cost.csv", write_cost, curves, n));
    return write_file(folder, "load.csv", write_load, curves, n);
}

Status curves_write(const Collection *c, const char *runs_folder, int n, const char *folder) {
    Curve *all = allocate(c->manifest.n_runs, sizeof *all), some[MAX_CURVES];
    int found = longest_runs(c, all), take = n < MAX_CURVES ? n : MAX_CURVES;
    if (take > found) take = found;
    for (int i = 0; i < take; i++) some[i] = all[take > 1 ? i * (found - 1) / (take - 1) : 0];
    free(all);
    if (!found) return fail(CHECK_FAILED, "no run has finished, so there is nothing to draw");
    Status s = read_records(c, runs_folder, some, take);
    if (s == OK) s = write_all(folder, some, take);
    for (int i = 0; i < take; i++) free(some[i].record);
    return s;
}
