// moesweep - plans a sweep, says how far it is, and collects its run table.
//
//     design.yaml --expand--> manifest.csv --moetrain--> runs/<id>/record.jsonl --collect--> runs.csv
#include "ground/args.h"
#include "beside.h"
#include "collect.h"
#include "curves.h"
#include "cost.h"
#include "design.h"
#include "plan.h"
#include "register.h"
#include "runs_readme.h"
#include "ground/json.h"
#include "ground/lock.h"
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEED_OPTIONS                                                                                                  \
    opt_number("gflops", &speed.gflops, "X", "speed of one job, for the time estimate; default as measured", 1e-3,     \
               1e9),                                                                                                   \
        opt_number("jobs", &speed.jobs, "J", "runs at a time, for the time estimate; default 1", 1, 1e6)
#define TABLE_OPTION opt_text("table", &table, "RUNS.csv", "a table that is kept: its runs need no training")

enum { ASSUMED_GFLOPS = 25 };

// Given, or measured by the table's runs, or assumed.
static Status find_speed(const Table *table, Speed *speed) {
    speed->from = "given";
    if (!isnan(speed->gflops)) return OK;
    speed->from = "median of the table's runs, a second of processor time";
    if (table) TRY(cost_gflops(table, &speed->gflops));
    if (!isnan(speed->gflops)) return OK;
    speed->gflops = ASSUMED_GFLOPS;
    speed->from = "assumed; --gflops says better, moetrain bench measures it";
    return OK;
}

static Status print_plan(const Design *d, const char *table, Speed speed, bool json) {
    Memory m;
    TRY(memory_read(table ? table : d->table, &m));
    int n_kept = 0;
    for (int i = 0; i < d->n_runs; i++) n_kept += memory_row(&m, d->runs[i].id) >= 0;
    Status s = find_speed(m.table.n_columns ? &m.table : NULL, &speed);
    if (s == OK) plan_print(d, speed, n_kept);
    if (s == OK && json) plan_json(d, speed, n_kept);
    memory_free(&m);
    return s;
}

static Status expand_main(const Command *self, int argc, char **argv) {
    const char *path, *out = NULL, *corpus = "", *table = NULL;
    Speed speed = {.gflops = NAN, .jobs = 1};
    bool json = false;
    const Option options[] = {
        opt_output(&out, "MANIFEST.csv", "where the runs go; without it the plan alone is printed"),
        opt_text("corpus-sha", &corpus, "SHA256", "the corpus' sha256 (or markov:...), part of every run's id"),
        SPEED_OPTIONS,
        opt_text("table", &table, "RUNS.csv", "runs that are kept, and how fast they went; default the design's"),
        opt_flag("json", &json, "the plan as JSON: runs, total_flops, correlations, ..."),
        {0},
    };
    Design design;
    TRY(args_read(self, options, argc, argv, &path, NULL));
    Status s = design_read(path, corpus, &design);
    if (s == OK && out) s = design_write_manifest(&design, out);
    if (s == OK) s = print_plan(&design, table, speed, json);
    design_free(&design);
    return s;
}

// The commands that look at a sweep take the same two arguments.
static Status read_collection(const Command *self, const Option *options, int argc, char **argv, const char **table,
                              Collection *c) {
    const char *paths[2];
    TRY(args_read(self, options, argc, argv, paths, NULL));
    return collection_read(paths[0], paths[1], *table, c);
}

static void list_runs(const Collection *c, RunState state) {
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    for (int i = 0; i < c->manifest.n_runs; i++) {
        const Result *r = &c->results[i];
        if (r->state != state || c->kept[i]) continue;
        if (state == RUN_FAILED) {
            printf("failed   %s  %s\n", c->manifest.ids[i], r->reason);
        } else {
            printf("%-8s %s  step %s of %s%s%s%s%s\n", run_state_names[state], c->manifest.ids[i],
                   isnan(r->step) ? "?" : number_text(r->step, a),
                   number_text((double)run_steps(&c->manifest.runs[i]), b), r->host[0] ? " on " : "", r->host,
                   r->reason[0] ? "; " : "", r->reason);
        }
    }
}

static bool is_left(const Collection *c, int i) {
    return !c->kept[i] && c->results[i].state != RUN_DONE && c->results[i].state != RUN_FAILED;
}

static int count_left(const Collection *c) {
    int n = 0;
    for (int i = 0; i < c->manifest.n_runs; i++) n += is_left(c, i);
    return n;
}

// How long the rest takes, at the speed of the table's runs or, where it has none, of those just trained.
static Status seconds_left(const Collection *c, Speed *speed, double *seconds) {
    Cost cost = {0};
    double *rates = allocate(c->manifest.n_runs + 1, sizeof *rates);
    int n = 0;
    for (int i = 0; i < c->manifest.n_runs; i++) {
        const Run *run = &c->manifest.runs[i];
        if (is_left(c, i)) cost_add(&cost, run);
        double rate = 1e-9 * c->results[i].tokens_per_cpu_s * shape_count(&run->shape).M;
        if (c->results[i].state == RUN_DONE && rate > 0) rates[n++] = rate;
    }
    double recent = cost_median(rates, n);
    free(rates);
    bool given = !isnan(speed->gflops);
    if (!given) speed->gflops = recent;
    Status s = find_speed(&c->memory.table, speed);
    if (!given && !isnan(recent)) speed->from = "median of the records, a second of processor time";
    *seconds = cost_seconds(&cost, speed->gflops) / speed->jobs;
    cost_free(&cost);
    return s;
}

static void status_json(const Collection *c, double seconds) {
    json_t *failures = json_array(), *root = json_pack("{s:i, s:i}", "runs", c->manifest.n_runs, "in_table", c->n_kept);
    for (int k = 0; k < N_RUN_STATES; k++) json_object_set_new(root, run_state_names[k], json_integer(c->count[k]));
    json_object_set_new(root, "left", json_integer(count_left(c)));
    json_object_set_new(root, "left_s", json_number(seconds));
    for (int i = 0; i < c->manifest.n_runs; i++)
        if (c->results[i].state == RUN_FAILED && !c->kept[i])
            json_array_append_new(failures, json_pack("{s:s, s:o}", "run_id", c->manifest.ids[i], "reason",
                                                      json_text(c->results[i].reason)));
    json_object_set_new(root, "failures", failures);
    json_print(root);
}

static void status_text(const Collection *c, double seconds, Speed speed) {
    char text[NUMBER_TEXT];
    printf("%d runs:", c->manifest.n_runs);
    if (c->n_kept) printf(" %d in %s", c->n_kept, c->memory.table.path);
    for (int k = 0; k < N_RUN_STATES; k++)
        if (c->count[k]) printf(" %d %s", c->count[k], run_state_names[k]);
    printf("\n");
    if (count_left(c))
        printf("%d left: about %s with %g jobs at %.3g GFLOP/s each (%s)\n", count_left(c), short_time(seconds, text),
               speed.jobs, speed.gflops, speed.from);
    list_runs(c, RUN_FAILED);
    list_runs(c, RUN_RUNNING);
    list_runs(c, RUN_STOPPED);
}

static Status status_main(const Command *self, int argc, char **argv) {
    bool json = false;
    const char *table = NULL;
    Speed speed = {.gflops = NAN, .jobs = 1};
    double seconds;
    const Option options[] = {
        TABLE_OPTION, SPEED_OPTIONS, opt_flag("json", &json, "counts, failures and time as JSON"), {0}};
    Collection c = {0};
    Status s = read_collection(self, options, argc, argv, &table, &c);
    if (s == OK) s = seconds_left(&c, &speed, &seconds);
    if (s == OK && json) status_json(&c, seconds);
    if (s == OK && !json) status_text(&c, seconds, speed);
    collection_free(&c);
    return s;
}

static Status missing_main(const Command *self, int argc, char **argv) {
    bool failed = false, commas = false;
    long per_task = 0;
    const char *table = NULL;
    const Option options[] = {
        TABLE_OPTION,
        opt_flag("failed", &failed, "the failed ones too"),
        opt_flag("commas", &commas, "one line, as moetrain --only takes it"),
        opt_whole("per-task", &per_task, "K", "a line for each K runs: the tasks of a job array", 1, 1e6),
        {0}};
    Collection c = {0};
    Status s = read_collection(self, options, argc, argv, &table, &c);
    const char *separator = "";
    int listed = 0;
    for (int i = 0; s == OK && i < c.manifest.n_runs; i++) {
        bool wanted = is_left(&c, i) || (failed && !c.kept[i] && c.results[i].state == RUN_FAILED);
        if (!wanted) continue;
        printf("%s%s", separator, c.manifest.ids[i]);
        separator = commas || (per_task && ++listed % per_task) ? "," : "\n";
    }
    if (*separator) printf("\n");
    collection_free(&c);
    return s;
}

typedef struct {
    const char *manifest, *runs, *out, *into, *source;
    bool partial;
} CollectOptions;

static int finished(const Collection *c) {
    int n = 0;
    for (int i = 0; i < c->manifest.n_runs; i++) n += c->kept[i] || c->results[i].state == RUN_DONE;
    return n;
}

// Into a table that is kept go the runs that are finished, whatever is left.
static Status write_table(const Collection *c, const CollectOptions *o) {
    int left = count_left(c), done = finished(c), n = c->manifest.n_runs;
    for (int i = 0; i < n; i++)
        if (c->results[i].state == RUN_FAILED) warn("run %s failed: %s", c->manifest.ids[i], c->results[i].reason);
    bool may = !left || o->partial || o->into;
    if (may && !done) return fail(CHECK_FAILED, "no run has finished, so there is no table to write");
    if (may) {
        if (o->into) TRY(beside_merge(c, o->manifest, o->runs, o->into)); // the table last: what it has, they have
        TRY(o->into ? collection_merge(c, o->source, o->into) : collection_write(c, o->source, o->out));
        if (o->into) TRY(runs_readme_write(o->into));
        note("%d of %d runs collected, %d failed", done, n, c->count[RUN_FAILED]);
    }
    if (!left || o->partial) return OK;
    return fail(CHECK_FAILED, "%d of %d runs are not finished; moesweep missing lists them, --partial goes on%s", left,
                n, o->into ? " (the others are in the table)" : "");
}

static Status collect(const CollectOptions *o) {
    if (o->into && o->out) return fail(BAD_INPUT, "--into and -o: expected one of them");
    int lock = o->into ? lock_beside(o->into) : -1;
    Collection c;
    Status s = collection_read(o->manifest, o->runs, o->into, &c);
    if (s == OK) s = write_table(&c, o);
    collection_free(&c);
    lock_release(lock);
    return s;
}

static Status collect_main(const Command *self, int argc, char **argv) {
    CollectOptions o = {.source = "moelaw"};
    const Option options[] = {
        opt_output(&o.out, "RUNS.csv", "the run table; default standard output"),
        opt_text("into", &o.into, "RUNS.csv", "add to a table that is kept: its rows stay as they are"),
        opt_text("source", &o.source, "NAME", "what the column 'source' says; default moelaw"),
        opt_flag("partial", &o.partial, "status 0 and the table though runs are not finished"),
        {0}};
    const char *paths[2];
    TRY(args_read(self, options, argc, argv, paths, NULL));
    o.manifest = paths[0];
    o.runs = paths[1];
    return collect(&o);
}

static Status curves_main(const Command *self, int argc, char **argv) {
    const char *out = ".", *table = NULL, *paths[2];
    long runs = 3;
    const Option options[] = {TABLE_OPTION,
                              opt_output(&out, "DIR", "folder for the CSV files; default here"),
                              opt_whole("runs", &runs, "K", "how many runs; default 3", 1, 16),
                              {0}};
    Collection c = {0};
    TRY(args_read(self, options, argc, argv, paths, NULL));
    Status s = collection_read(paths[0], paths[1], table, &c);
    if (s == OK) s = curves_write(&c, paths[1], (int)runs, out);
    collection_free(&c);
    return s;
}

static Status register_main(const Command *self, int argc, char **argv) {
    RegisterOptions o = {0};
    const Option options[] = {
        opt_output(&o.out, "REGISTER.json", "the register"),
        opt_text("expected", &o.expected, "FILE.json", "expected widths, as moelaw simulate --design gives them"),
        opt_text("table", &o.table, "RUNS.csv", "runs that are trained already; default the design's"),
        opt_text("amend", &o.amend, "REASON", "append a deviation from what was registered"),
        {0}};
    const char *paths[2];
    TRY(args_read(self, options, argc, argv, paths, NULL));
    o.design = paths[0];
    o.manifest = paths[1];
    if (!o.out) return fail(BAD_INPUT, "-o: expected where the register goes");
    return register_write(&o);
}

#define COMMAND(name, ...)                                                                                             \
    { "moesweep", #name, __VA_ARGS__, name##_main }

int main(int argc, char **argv) {
    static const Command commands[] = {
        COMMAND(expand, "a design as concrete runs, with counts, FLOPs and a time estimate",
                "DESIGN.yaml [-o MANIFEST.csv] [options]", 1, 1,
                "Turns a design (a grid over D, N, Na, G, S or any field of a run) into concrete runs by exact "
                "counting and\n"
                "prints the plan: ranges, correlations, hold-outs, cells with several seeds, cost. Factors that no "
                "shape meets "
                "exactly are met as closely as whole numbers allow; the manifest\n"
                "holds what they are.",
                "  moesweep expand pipeline/designs/quick.yaml\n"
                "  moesweep expand pipeline/designs/joint.yaml -o joint.csv \\\n"
                "      --corpus-sha $(sha256sum < corpus.txt | cut -c1-64)\n"),
        COMMAND(status, "what is done, failed, running, left", "MANIFEST.csv RUNS [--table RUNS.csv] [--json]", 2, 2,
                "Says for every run of the manifest whether it is done, kept in a table, failed (diverged; and\n"
                "why), running, stopped or pending, and how long the rest takes.",
                "  moesweep status artifacts/joint/manifest.csv artifacts/joint/runs --table "
                "artifacts/runs/joint.csv\n"),
        COMMAND(missing, "the ids of runs that are not finished", "MANIFEST.csv RUNS [options]", 2, 2,
                "Lists the ids of runs that are not finished and not kept in the table, in the manifest's order.",
                "  moetrain --manifest m.csv --out runs --only $(moesweep missing m.csv runs --commas)\n"),
        COMMAND(collect, "the run table of what is finished",
                "MANIFEST.csv RUNS [-o RUNS.csv | --into RUNS.csv] [options]", 2, 2,
                "Writes one row for every finished run. Runs that diverged are listed with their reasons and\n"
                "stay out. An identical table is left as it is, time stamp included. --into adds the finished runs\n"
                "to a table, sorted; a run that has another loss there is an error.",
                "  moesweep collect artifacts/quick/manifest.csv artifacts/quick/runs -o runs.csv\n"
                "  moesweep collect artifacts/joint/manifest.csv artifacts/joint/runs \\\n"
                "      --into artifacts/runs/joint.csv --partial\n"),
        COMMAND(register, "what is laid down before the first run",
                "DESIGN.yaml MANIFEST.csv -o REGISTER.json [options]", 2, 2,
                "Lays down, before the first run, the design's and the manifest's hashes, laws, objective, splits,\n"
                "hold-outs with their ids, and questions with statistic and decision rule (the design's section\n"
                "'register'). What is registered is never overwritten: a change needs a reason and is appended.",
                "  moesweep register pipeline/designs/joint.yaml artifacts/joint/manifest.csv \\\n"
                "      -o artifacts/runs/joint-register.json\n"),
        COMMAND(curves, "figure data of how runs went: loss, rate, cost, expert load",
                "MANIFEST.csv RUNS [-o DIR] [options]", 2, 2,
                "Writes training.csv, cost.csv and load.csv: how a few runs, spread over N, went. Of runs in a\n"
                "table from what is kept beside it, of others from their records.",
                "  moesweep curves artifacts/quick/manifest.csv artifacts/quick/runs -o figures\n"),
        {0}};
    return args_dispatch("moesweep", "Plans sweeps of training runs and collects what they found.", commands, argc,
                         argv);
}
