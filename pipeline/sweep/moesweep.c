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
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEED_OPTIONS                                                                                                  \
    {"gflops", 0,  ARG_NUMBER, &speed.gflops, "X", "speed of one job, for the time estimate; default as measured",     \
     1e-3,     1e9},                                                                                                   \
    {                                                                                                                  \
        "jobs", 0, ARG_NUMBER, &speed.jobs, "J", "runs at a time, for the time estimate; default 1", 1, 1e6            \
    }
#define TABLE_OPTION                                                                                                   \
    { "table", 0, ARG_TEXT, &table, "RUNS.csv", "a table that is kept: its runs need no training", 0, 0 }

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

static int expand_main(int argc, char **argv) {
    const char *path = NULL, *out = NULL, *corpus = "";
    const char *table = NULL;
    Speed speed = {.gflops = NAN, .jobs = 1};
    bool json = false;
    const Option options[] = {
        {"output", 'o', ARG_TEXT, &out, "MANIFEST.csv", "where the runs go; without it the plan alone is printed", 0,
         0},
        {"corpus-sha", 0, ARG_TEXT, &corpus, "SHA256", "the corpus' sha256 (or markov:...), part of every run's id", 0,
         0},
        SPEED_OPTIONS,
        {"table", 0, ARG_TEXT, &table, "RUNS.csv", "runs that are kept, and how fast they went; default the design's",
         0, 0},
        {"json", 0, ARG_FLAG, &json, NULL, "the plan as JSON: runs, total_flops, correlations, ...", 0, 0},
        {0},
    };
    const Usage usage = {
        "moesweep",
        "expand DESIGN.yaml [-o MANIFEST.csv] [options]",
        "Turns a design (a grid over D, N, Na, G, S or any field of a run) into concrete runs by exact counting and\n"
        "prints the plan: ranges, correlations, hold-outs, cells with several seeds, cost. Factors that no shape meets "
        "exactly are met as closely as whole numbers allow; the manifest\n"
        "holds what they are.",
        "  moesweep expand pipeline/designs/quick.yaml\n"
        "  moesweep expand pipeline/designs/joint.yaml --corpus-sha $(sha256sum < corpus.txt | cut -c1-64) -o "
        "joint.csv\n",
        options,
        1,
        1};
    int n;
    Status s = args_parse(&usage, argc, argv, &path, &n);
    if (s != OK) return status_report("moesweep", s);
    Design design;
    s = design_read(path, corpus, &design);
    if (s == OK && out) s = design_write_manifest(&design, out);
    if (s == OK) s = print_plan(&design, table, speed, json);
    design_free(&design);
    return status_report("moesweep", s);
}

// The commands that look at a sweep take the same two arguments.
static Status read_collection(const Usage *usage, int argc, char **argv, const char **table, Collection *c) {
    const char *paths[2];
    int n;
    TRY(args_parse(usage, argc, argv, paths, &n));
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
    printf("{\"runs\": %d, \"in_table\": %d", c->manifest.n_runs, c->n_kept);
    for (int k = 0; k < N_RUN_STATES; k++) printf(", \"%s\": %d", run_state_names[k], c->count[k]);
    printf(", \"left\": %d, \"left_s\": ", count_left(c));
    write_json_number(stdout, seconds);
    printf(", \"failures\": [");
    bool first = true;
    for (int i = 0; i < c->manifest.n_runs; i++) {
        if (c->results[i].state != RUN_FAILED || c->kept[i]) continue;
        printf("%s{\"run_id\": \"%s\", \"reason\": ", first ? "" : ", ", c->manifest.ids[i]);
        write_json_string(stdout, c->results[i].reason);
        printf("}");
        first = false;
    }
    printf("]}\n");
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

static int status_main(int argc, char **argv) {
    bool json = false;
    const char *table = NULL;
    Speed speed = {.gflops = NAN, .jobs = 1};
    double seconds;
    const Option options[] = {TABLE_OPTION,
                              SPEED_OPTIONS,
                              {"json", 0, ARG_FLAG, &json, NULL, "counts, failures and time as JSON", 0, 0},
                              {0}};
    const Usage usage = {
        "moesweep",
        "status MANIFEST.csv RUNS [--table RUNS.csv] [--json]",
        "Says for every run of the manifest whether it is done, kept in a table, failed (diverged; and\n"
        "why), running, stopped or pending, and how long the rest takes.",
        "  moesweep status artifacts/joint/manifest.csv artifacts/joint/runs --table "
        "artifacts/runs/joint.csv\n",
        options,
        2,
        2};
    Collection c = {0};
    Status s = read_collection(&usage, argc, argv, &table, &c);
    if (s == OK) s = seconds_left(&c, &speed, &seconds);
    if (s == OK && json) status_json(&c, seconds);
    if (s == OK && !json) status_text(&c, seconds, speed);
    collection_free(&c);
    return status_report("moesweep", s);
}

static int missing_main(int argc, char **argv) {
    bool failed = false, commas = false;
    const char *table = NULL;
    const Option options[] = {TABLE_OPTION,
                              {"failed", 0, ARG_FLAG, &failed, NULL, "the failed ones too", 0, 0},
                              {"commas", 0, ARG_FLAG, &commas, NULL, "one line, as moetrain --only takes it", 0, 0},
                              {0}};
    const Usage usage = {
        "moesweep",
        "missing MANIFEST.csv RUNS [options]",
        "Lists the ids of runs that are not finished and not kept in the table, in the manifest's order.",
        "  moetrain --manifest m.csv --out runs --only $(moesweep missing m.csv runs --commas)\n",
        options,
        2,
        2};
    Collection c = {0};
    Status s = read_collection(&usage, argc, argv, &table, &c);
    const char *separator = "";
    for (int i = 0; s == OK && i < c.manifest.n_runs; i++) {
        bool wanted = is_left(&c, i) || (failed && !c.kept[i] && c.results[i].state == RUN_FAILED);
        if (!wanted) continue;
        printf("%s%s", separator, c.manifest.ids[i]);
        separator = commas ? "," : "\n";
    }
    if (*separator) printf("\n");
    collection_free(&c);
    return status_report("moesweep", s);
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
    int lock = o->into ? memory_lock(o->into) : -1;
    Collection c;
    Status s = collection_read(o->manifest, o->runs, o->into, &c);
    if (s == OK) s = write_table(&c, o);
    collection_free(&c);
    memory_unlock(lock);
    return s;
}

static int collect_main(int argc, char **argv) {
    CollectOptions o = {.source = "moelaw"};
    const Option options[] = {
        {"output", 'o', ARG_TEXT, &o.out, "RUNS.csv", "the run table; default standard output", 0, 0},
        {"into", 0, ARG_TEXT, &o.into, "RUNS.csv", "add to a table that is kept: its rows stay as they are", 0, 0},
        {"source", 0, ARG_TEXT, &o.source, "NAME", "what the column 'source' says; default moelaw", 0, 0},
        {"partial", 0, ARG_FLAG, &o.partial, NULL, "status 0 and the table though runs are not finished", 0, 0},
        {0}};
    const Usage usage = {
        "moesweep",
        "collect MANIFEST.csv RUNS [-o RUNS.csv | --into RUNS.csv] [options]",
        "Writes one row for every finished run. Runs that diverged are listed with their reasons and\n"
        "stay out. An identical table is left as it is, time stamp included. --into adds the finished runs\n"
        "to a table, sorted; a run that has another loss there is an error.",
        "  moesweep collect artifacts/quick/manifest.csv artifacts/quick/runs -o runs.csv\n"
        "  moesweep collect artifacts/joint/manifest.csv artifacts/joint/runs --into "
        "artifacts/runs/joint.csv --partial\n",
        options,
        2,
        2};
    const char *paths[2];
    int n;
    Status s = args_parse(&usage, argc, argv, paths, &n);
    o.manifest = paths[0];
    o.runs = paths[1];
    if (s == OK) s = collect(&o);
    return status_report("moesweep", s);
}

static int curves_main(int argc, char **argv) {
    const char *out = ".", *table = NULL, *paths[2];
    long runs = 3;
    const Option options[] = {TABLE_OPTION,
                              {"output", 'o', ARG_TEXT, &out, "DIR", "folder for the CSV files; default here", 0, 0},
                              {"runs", 0, ARG_WHOLE, &runs, "K", "how many runs; default 3", 1, 16},
                              {0}};
    const Usage usage = {
        "moesweep",
        "curves MANIFEST.csv RUNS [-o DIR] [options]",
        "Writes training.csv, cost.csv and load.csv: how a few runs, spread over N, went. Of runs in a\n"
        "table from what is kept beside it, of others from their records.",
        "  moesweep curves artifacts/quick/manifest.csv artifacts/quick/runs -o figures\n",
        options,
        2,
        2};
    Collection c = {0};
    int n;
    Status s = args_parse(&usage, argc, argv, paths, &n);
    if (s == OK) s = collection_read(paths[0], paths[1], table, &c);
    if (s == OK) s = curves_write(&c, paths[1], (int)runs, out);
    collection_free(&c);
    return status_report("moesweep", s);
}

static int register_main(int argc, char **argv) {
    RegisterOptions o = {0};
    const Option options[] = {
        {"output", 'o', ARG_TEXT, &o.out, "REGISTER.json", "the register", 0, 0},
        {"expected", 0, ARG_TEXT, &o.expected, "FILE.json", "expected widths, as moelaw simulate --design gives them",
         0, 0},
        {"table", 0, ARG_TEXT, &o.table, "RUNS.csv", "runs that are trained already; default the design's", 0, 0},
        {"amend", 0, ARG_TEXT, &o.amend, "REASON", "append a deviation from what was registered", 0, 0},
        {0}};
    const Usage usage = {
        "moesweep",
        "register DESIGN.yaml MANIFEST.csv -o REGISTER.json [options]",
        "Lays down, before the first run, the design's and the manifest's hashes, laws, objective, splits,\n"
        "hold-outs with their ids, and questions with statistic and decision rule (the design's section\n"
        "'register'). What is registered is never overwritten: a change needs a reason and is appended.",
        "  moesweep register pipeline/designs/joint.yaml artifacts/joint/manifest.csv -o "
        "artifacts/runs/joint-register.json\n",
        options,
        2,
        2};
    const char *paths[2];
    int n;
    Status s = args_parse(&usage, argc, argv, paths, &n);
    o.design = paths[0];
    o.manifest = paths[1];
    if (s == OK && !o.out) s = fail(BAD_INPUT, "-o: expected where the register goes");
    if (s == OK) s = register_write(&o);
    return status_report("moesweep", s);
}

int main(int argc, char **argv) {
    static const Command commands[] = {
        {"expand", "a design as concrete runs, with counts, FLOPs and a time estimate", expand_main},
        {"status", "what is done, failed, running, left", status_main},
        {"missing", "the ids of runs that are not finished", missing_main},
        {"collect", "the run table of what is finished", collect_main},
        {"register", "what is laid down before the first run", register_main},
        {"curves", "figure data of how runs went: loss, rate, cost, expert load", curves_main},
        {0}};
    return args_dispatch("moesweep", "Plans sweeps of training runs and collects what they found.", commands, argc,
                         argv);
}
