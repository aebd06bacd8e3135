// moesweep - plans a sweep, says how far it is, and collects its run table.
//
//     design.yaml --expand--> manifest.csv --moetrain--> runs/<id>/record.jsonl --collect--> runs.csv
#include "ground/args.h"
#include "collect.h"
#include "curves.h"
#include "design.h"
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double seconds_for(const Design *d, double gflops, double jobs) {
    return d->trained_flops / (gflops * 1e9 * jobs);
}

static void print_plan(const Design *d, double gflops, double jobs) {
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    double low[5], high[5];
    for (int i = 0; i < d->n_runs; i++) {
        const PlannedRun *p = &d->runs[i];
        const double x[5] = {p->run.tokens, p->counts.N, p->counts.Na, p->counts.G, p->counts.S};
        for (int k = 0; k < 5; k++) {
            low[k] = i && low[k] < x[k] ? low[k] : x[k];
            high[k] = i && high[k] > x[k] ? high[k] : x[k];
        }
    }
    static const char *const names[5] = {"D", "N", "Na", "G", "S"};
    note("%d runs, %d stable phases to train", d->n_runs, d->n_trunks);
    for (int k = 0; k < 5; k++) {
        if (k < 3)
            note("  %-2s %s .. %s", names[k], short_count(low[k], a), short_count(high[k], b));
        else
            note("  %-2s %.3g .. %.3g", names[k], low[k], high[k]);
    }
    note("  wishes met within %.1f%% in N, %.1f%% in Na, %.1f%% in G, %.3f in S", 100 * expm1(d->worst_N),
         100 * expm1(d->worst_Na), 100 * expm1(d->worst_G), d->worst_S);
    if (d->n_repeated) note("  %d wishes are met by a run that is already there", d->n_repeated);
    if (d->n_dropped) note("  %d combinations dropped by keep", d->n_dropped);
    note("  FLOPs %s, of which %s to train (stable phases shared)", short_count(d->flops, a),
         short_count(d->trained_flops, b));
    note("  about %s with %g jobs at %g GFLOP/s each", short_time(seconds_for(d, gflops, jobs), a), jobs, gflops);
}

static void print_json(const Design *d, double gflops, double jobs) {
    printf("{\"runs\": %d, \"stable_phases\": %d, \"total_flops\": ", d->n_runs, d->n_trunks);
    write_json_number(stdout, d->flops);
    printf(", \"trained_flops\": ");
    write_json_number(stdout, d->trained_flops);
    printf(", \"estimated_s\": ");
    write_json_number(stdout, seconds_for(d, gflops, jobs));
    printf(", \"repeated\": %d, \"dropped\": %d}\n", d->n_repeated, d->n_dropped);
}

static int expand_main(int argc, char **argv) {
    const char *path = NULL, *out = NULL, *corpus = "";
    double gflops = 25, jobs = 1;
    bool json = false;
    const Option options[] = {
        {"output", 'o', ARG_TEXT, &out, "MANIFEST.csv", "where the runs go; without it the plan alone is printed", 0,
         0},
        {"corpus-sha", 0, ARG_TEXT, &corpus, "SHA256", "the corpus' sha256 (or markov:...), part of every run's id", 0,
         0},
        {"gflops", 0, ARG_NUMBER, &gflops, "X", "rate of one job for the time estimate; default 25", 1e-3, 1e9},
        {"jobs", 0, ARG_NUMBER, &jobs, "J", "runs at a time for the time estimate; default 1", 1, 1e6},
        {"json", 0, ARG_FLAG, &json, NULL, "the plan as JSON: runs, total_flops, ...", 0, 0},
        {0},
    };
    const Usage usage = {
        "moesweep",
        "expand DESIGN.yaml [-o MANIFEST.csv] [options]",
        "Turns a design (a grid over D, N, Na, G, S or any field of a run) into concrete runs by exact counting and\n"
        "prints the plan. Factors that no shape meets exactly are met as closely as whole numbers allow; the manifest\n"
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
    if (s == OK) {
        print_plan(&design, gflops, jobs);
        if (json) print_json(&design, gflops, jobs);
    }
    design_free(&design);
    return status_report("moesweep", s);
}

// The three commands that look at a sweep take the same two arguments.
static Status read_collection(const Usage *usage, int argc, char **argv, Collection *c) {
    const char *paths[2];
    int n;
    TRY(args_parse(usage, argc, argv, paths, &n));
    return collection_read(paths[0], paths[1], c);
}

static void list_runs(const Collection *c, RunState state) {
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    for (int i = 0; i < c->manifest.n_runs; i++) {
        const Result *r = &c->results[i];
        if (r->state != state) continue;
        if (state == RUN_FAILED) {
            printf("failed   %s  %s\n", c->manifest.ids[i], r->reason);
        } else {
            printf("%-8s %s  step %s of %s%s%s\n", run_state_names[state], c->manifest.ids[i],
                   isnan(r->step) ? "?" : number_text(r->step, a),
                   number_text((double)run_steps(&c->manifest.runs[i]), b), r->host[0] ? " on " : "", r->host);
        }
    }
}

static void status_json(const Collection *c) {
    printf("{\"runs\": %d", c->manifest.n_runs);
    for (int k = 0; k < N_RUN_STATES; k++) printf(", \"%s\": %d", run_state_names[k], c->count[k]);
    printf(", \"failures\": [");
    bool first = true;
    for (int i = 0; i < c->manifest.n_runs; i++) {
        if (c->results[i].state != RUN_FAILED) continue;
        printf("%s{\"run_id\": \"%s\", \"reason\": ", first ? "" : ", ", c->manifest.ids[i]);
        write_json_string(stdout, c->results[i].reason);
        printf("}");
        first = false;
    }
    printf("]}\n");
}

static int status_main(int argc, char **argv) {
    bool json = false;
    const Option options[] = {{"json", 0, ARG_FLAG, &json, NULL, "counts and failures as JSON", 0, 0}, {0}};
    const Usage usage = {"moesweep",
                         "status MANIFEST.csv RUNS [--json]",
                         "Says how many runs are done, failed (and why), running, stopped or pending.",
                         "  moesweep status artifacts/quick/manifest.csv artifacts/quick/runs\n",
                         options,
                         2,
                         2};
    Collection c = {0};
    Status s = read_collection(&usage, argc, argv, &c);
    if (s == OK && json) status_json(&c);
    if (s == OK && !json) {
        printf("%d runs:", c.manifest.n_runs);
        for (int k = 0; k < N_RUN_STATES; k++)
            if (c.count[k]) printf(" %d %s", c.count[k], run_state_names[k]);
        printf("\n");
        list_runs(&c, RUN_FAILED);
        list_runs(&c, RUN_RUNNING);
        list_runs(&c, RUN_STOPPED);
    }
    collection_free(&c);
    return status_report("moesweep", s);
}

static int missing_main(int argc, char **argv) {
    bool failed = false, commas = false;
    const Option options[] = {{"failed", 0, ARG_FLAG, &failed, NULL, "the failed ones too", 0, 0},
                              {"commas", 0, ARG_FLAG, &commas, NULL, "one line, as moetrain --only takes it", 0, 0},
                              {0}};
    const Usage usage = {"moesweep",
                         "missing MANIFEST.csv RUNS [options]",
                         "Lists the ids of runs that are not finished, in the manifest's order.",
                         "  moetrain --manifest m.csv --out runs --only $(moesweep missing m.csv runs --commas)\n",
                         options,
                         2,
                         2};
    Collection c = {0};
    Status s = read_collection(&usage, argc, argv, &c);
    const char *separator = "";
    for (int i = 0; s == OK && i < c.manifest.n_runs; i++) {
        RunState state = c.results[i].state;
        if (state == RUN_DONE || (state == RUN_FAILED && !failed)) continue;
        printf("%s%s", separator, c.manifest.ids[i]);
        separator = commas ? "," : "\n";
    }
    if (*separator) printf("\n");
    collection_free(&c);
    return status_report("moesweep", s);
}

static int collect_main(int argc, char **argv) {
    const char *out = NULL, *source = "moelaw";
    bool partial = false;
    const Option options[] = {
        {"output", 'o', ARG_TEXT, &out, "RUNS.csv", "the run table; default standard output", 0, 0},
        {"source", 0, ARG_TEXT, &source, "NAME", "what the column 'source' says; default moelaw", 0, 0},
        {"partial", 0, ARG_FLAG, &partial, NULL, "write the table though runs are not finished", 0, 0},
        {0}};
    const Usage usage = {"moesweep",
                         "collect MANIFEST.csv RUNS [-o RUNS.csv] [options]",
                         "Writes one row for every finished run. Failed runs are listed with their reasons and stay\n"
                         "out. An identical table is left as it is, time stamp included.",
                         "  moesweep collect artifacts/quick/manifest.csv artifacts/quick/runs -o runs.csv\n",
                         options,
                         2,
                         2};
    Collection c = {0};
    Status s = read_collection(&usage, argc, argv, &c);
    int done = c.count[RUN_DONE], left = c.manifest.n_runs - done - c.count[RUN_FAILED];
    for (int i = 0; s == OK && i < c.manifest.n_runs; i++)
        if (c.results[i].state == RUN_FAILED) warn("run %s failed: %s", c.manifest.ids[i], c.results[i].reason);
    if (s == OK && left && !partial)
        s = fail(CHECK_FAILED, "%d of %d runs are not finished; moesweep missing lists them, --partial goes on", left,
                 c.manifest.n_runs);
    else if (s == OK && !done)
        s = fail(CHECK_FAILED, "no run has finished, so there is no table to write");
    if (s == OK) s = collection_write(&c, source, out);
    if (s == OK) note("%d of %d runs collected, %d failed", done, c.manifest.n_runs, c.count[RUN_FAILED]);
    collection_free(&c);
    return status_report("moesweep", s);
}

static int curves_main(int argc, char **argv) {
    const char *out = ".", *paths[2];
    long runs = 3;
    const Option options[] = {{"output", 'o', ARG_TEXT, &out, "DIR", "folder for the CSV files; default here", 0, 0},
                              {"runs", 0, ARG_WHOLE, &runs, "K", "how many runs; default 3", 1, 16},
                              {0}};
    const Usage usage = {"moesweep",
                         "curves MANIFEST.csv RUNS [-o DIR] [options]",
                         "Writes training.csv, cost.csv and load.csv: how a few runs, spread over N, went.",
                         "  moesweep curves artifacts/quick/manifest.csv artifacts/quick/runs -o figures\n",
                         options,
                         2,
                         2};
    Collection c = {0};
    int n;
    Status s = args_parse(&usage, argc, argv, paths, &n);
    if (s == OK) s = collection_read(paths[0], paths[1], &c);
    if (s == OK) s = curves_write(&c, paths[1], (int)runs, out);
    collection_free(&c);
    return status_report("moesweep", s);
}

int main(int argc, char **argv) {
    static const Command commands[] = {
        {"expand", "a design as concrete runs, with counts, FLOPs and a time estimate", expand_main},
        {"status", "what is done, failed, running, left", status_main},
        {"missing", "the ids of runs that are not finished", missing_main},
        {"collect", "the run table of what is finished", collect_main},
        {"curves", "figure data of how runs went: loss, rate, cost, expert load", curves_main},
        {0}};
    return args_dispatch("moesweep", "Plans sweeps of training runs and collects what they found.", commands, argc,
                         argv);
}
