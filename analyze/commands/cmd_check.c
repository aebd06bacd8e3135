// cmd_check.c - `moelaw check`: does a law still hold on new runs? Exit status 0 or 1, for a CI.
#include "command.h"
#include "gate/telling.h"
#include "ground/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    RunChoice choice;
    Limits limits;
    const char *junit, *markdown, *state;
    bool json;
} Wish;

static Status write_file(const char *path, void (*tell)(FILE *f, const Telling *t), const Telling *t) {
    Output out;
    if (!path) return OK;
    TRY(output_open(&out, path));
    tell(out.file, t);
    return output_commit(&out);
}

// The state is written last: what could not be said is new the next time as well.
static Status tell(const Wish *w, const Telling *t) {
    TRY(write_file(w->junit, tell_junit, t));
    TRY(write_file(w->markdown, tell_markdown, t));
    (w->json ? tell_json : tell_text)(stdout, t);
    if (w->state) TRY(seen_write(w->state, t->fit, t->runs, t->verdict));
    if (t->verdict->holds) return OK;
    char failed[800] = "";
    for (int i = 0; i < N_CRITERIA; i++) {
        const Criterion *c = &t->verdict->criteria[i];
        size_t used = strlen(failed);
        if (c->standing == FAILS)
            snprintf(failed + used, sizeof failed - used, "%s%s: %s", used ? "; " : "", criterion_names[i], c->text);
    }
    return fail(CHECK_FAILED, "%s", failed);
}

static Status check_runs(const Wish *w, const Fit *fit, const Runs *runs) {
    Verdict v;
    News news = {0};
    Point *points = runs_points(runs, fit->law, true);
    Status s = judge(fit, runs, points, &w->limits, &v);
    free(points);
    TRY(s);
    if (w->state) s = seen_read(w->state, fit, runs, &news);
    Telling telling = {fit, runs, &v, w->state ? &news : NULL};
    if (s == OK) s = tell(w, &telling);
    news_free(&news);
    verdict_free(&v);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    Wish w = {.choice = {.held_out = true}, .limits = {1, NAN, NAN, NAN, NULL}};
    Limits *l = &w.limits;
    const char *positional[2];
    const Option options[] = {
        opt_number("max-mape", &l->max_mape, "PCT", "error: largest mean absolute error (default 1)", 0, 1e6),
        opt_number("max-bias", &l->max_bias, "PCT", "bias: largest mean signed error (default: not asked)", 0, 1e6),
        opt_number("min-coverage", &l->min_coverage, "PCT",
                   "coverage: least share of runs in their own 95 % interval (default: not asked)", 0, 100),
        opt_number("max-drift", &l->max_drift, "PCT",
                   "drift: most that the error moves from first run to last (default: not asked)", 0, 1e6),
        opt_text("order", &l->order, "COLUMN", "which run is first: a date or number (default: order of the table)"),
        RUN_OPTIONS(w.choice),
        opt_flag("json", &w.json, "print JSON, all runs, worst first"),
        opt_text("junit", &w.junit, "FILE.xml", "write JUnit XML, a test a criterion"),
        opt_text("markdown", &w.markdown, "FILE.md", "write a summary for people"),
        opt_text("state", &w.state, "FILE.json", "say only what is new since the last call, and remember it there"),
        {0}};
    TRY(args_read(self, options, argc, argv, positional, NULL));
    Fit fit;
    TRY(fit_load(positional[0], &fit));
    const Law *laws[] = {fit.law, NULL};
    Runs runs;
    Status s = runs_read(positional[1], &w.choice, laws, &runs);
    if (s == OK) {
        s = check_runs(&w, &fit, &runs);
        runs_free(&runs);
    }
    fit_free(&fit);
    return s;
}

MOELAW_COMMAND(
    check, 50, "does a law hold on new runs? exit status 0 or 1", "FIT NEW.csv [--max-mape PCT] [--max-bias PCT]", 2, 2,
    "Says per run and in total how well a law predicts new runs; exits 1, naming the criterion, if it does\n"
    "not hold any more. A drift that its own 95 % interval cannot tell from none is none. For CI: docs/ci.md.",
    "  moelaw check fit.json new.csv --max-mape 1\n  moelaw check fit.json new.csv --max-bias 0.5 --json\n"
    "  moelaw check fit.json new.csv --min-coverage 90 --max-drift 1 --junit check.xml\n"
    "  moelaw check fit.json growing.csv --state seen.json\n")
