// cmd_crossval.c - `moelaw crossval`: one table of laws, ranked by the error on runs they have not seen.
#include "ground/output.h"
#include "command.h"
#include "fit/crossval_file.h"
#include "fit/crossval_text.h"
#include "laws/law_file.h"
#include "runs/unused.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *laws, *target, *asymptote;
    long folds;
    TextList holdouts;
    bool json;
} Plan;

static Status add_contender(CrossVal *cv, const Law *law, const FitOptions *o, const char *fix) {
    if (cv->n_contenders == MAX_CONTENDERS) return fail(BAD_INPUT, "--law: more than %d laws", MAX_CONTENDERS);
    Contender *c = &cv->contenders[cv->n_contenders++];
    c->law = law;
    c->options = *o;
    snprintf(c->name, sizeof c->name, fix ? "%.40s[%.20s]" : "%.40s", law->name, fix);
    if (!fix) return OK;
    c->options.fix.text[c->options.fix.n++] = fix;
    Problem p;
    return fitting_problem(law, &c->options, &p);
}

// "a,b,c" or "all" the published ones.
static Status find_laws(const char *list, const Law **laws) {
    int n = 0;
    if (!strcmp(list, "all")) {
        for (const Law **l = law_list; *l && n < MAX_CONTENDERS; l++)
            if (strpbrk((*l)->name, "0123456789")) laws[n++] = *l;
        return OK;
    }
    for (const char *at = list; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        char name[1024];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        const Law *law;
        if (law_open(name, &law) != OK) return fail_within(BAD_INPUT, "--law");
        for (int i = 0; i < n; i++)
            if (laws[i] == law) return fail(BAD_INPUT, "--law: %s is named twice", name);
        if (n == MAX_CONTENDERS) return fail(BAD_INPUT, "--law: more than %d laws", MAX_CONTENDERS);
        laws[n++] = law;
    }
    return n ? OK : fail(BAD_INPUT, "which laws? --law NAME,NAME,... or --law all");
}

// A split of one run, or of runs of one configuration, is an anecdote: said so and left out.
static void take_if_telling(CrossVal *cv) {
    Split *s = &cv->splits[cv->n_splits];
    int rows, configurations;
    split_size(cv->runs, s, &rows, &configurations);
    if (rows > 1 && configurations > 1) {
        cv->n_splits++;
        return;
    }
    warn("hold-out %s is skipped: it has %d run%s of one configuration, which cannot judge a law", s->name, rows,
         rows == 1 ? "" : "s");
    split_free(s);
}

static void take_if_possible(CrossVal *cv, const char *spec) {
    if (cv->n_splits < MAX_SPLITS && split_holdout(cv->runs, spec, &cv->splits[cv->n_splits]) == OK)
        take_if_telling(cv);
}

// Runs that were marked before they were trained come first, a hold-out for each mark.
static void take_usual(CrossVal *cv) {
    static const char *const usual[] = {"largest:N", "largest:D", "largest:C"};
    const char *marks[MAX_SPLITS - 1];
    int n = split_marks(cv->runs, marks, MAX_SPLITS - 1);
    for (int i = 0; i < n; i++) {
        char spec[sizeof cv->splits->name];
        snprintf(spec, sizeof spec, "column:holdout:%s", marks[i]);
        take_if_possible(cv, spec);
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) take_if_possible(cv, usual[i]);
}

static Status choose_splits(CrossVal *cv, const Plan *plan) {
    if (plan->folds > 1) {
        split_folds(cv->runs, (int)plan->folds, (unsigned long)cv->seed, &cv->splits[0]);
        take_if_telling(cv);
    }
    if (plan->holdouts.n > MAX_SPLITS - 1)
        return fail(BAD_INPUT, "--holdout: given more than %d times", MAX_SPLITS - 1);
    for (int i = 0; i < plan->holdouts.n; i++) {
        if (!strcmp(plan->holdouts.text[i], "none")) continue;
        TRY(split_holdout(cv->runs, plan->holdouts.text[i], &cv->splits[cv->n_splits]));
        take_if_telling(cv);
    }
    if (!plan->holdouts.n) take_usual(cv);
    if (!cv->n_splits) return fail(BAD_INPUT, "nothing is held out: --folds 2 or more, or --holdout SPEC");
    return OK;
}

static Status report(const CrossVal *cv, const Plan *plan) {
    if (isnan(cv->contenders[cv->order[0]].score))
        return fail(BAD_INPUT, "no law could be fitted on every fold: %s", cv->contenders[cv->order[0]].failed);
    (plan->json ? crossval_write : crossval_print)(stdout, cv);
    if (!plan->target) return OK;
    Output out;
    TRY(output_open(&out, plan->target));
    crossval_write(out.file, cv);
    TRY(output_commit(&out));
    note("wrote %s", plan->target);
    return OK;
}

static Status compare(const Runs *runs, const Law **laws, const FitOptions *o, const Plan *plan) {
    CrossVal *cv = allocate(1, sizeof *cv);
    cv->runs = runs;
    cv->seed = o->seed;
    cv->threads = o->threads > 0 ? (int)o->threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    Status s = choose_splits(cv, plan);
    if (cv->n_splits == 1) note("one split alone judges here: its runs decide the ranking");
    char fixed[MAX_CONTENDERS][64];
    for (int i = 0; laws[i] && s == OK; i++) {
        tell_unused(runs, laws[i]);
        s = add_contender(cv, laws[i], o, NULL);
        if (s != OK || !plan->asymptote || law_asymptote(laws[i]) < 0) continue;
        snprintf(fixed[i], sizeof fixed[i], "%s=%s", laws[i]->asymptote, plan->asymptote);
        s = add_contender(cv, laws[i], o, fixed[i]);
    }
    if (s == OK) {
        crossval_run(cv);
        s = report(cv, plan);
    }
    crossval_free(cv);
    free(cv);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    RunChoice choice = {.held_out = true};
    FitOptions o = FIT_OPTIONS_DEFAULT;
    Plan plan = {.folds = 10};
    const char *path;
    const Option options[] = {
        opt_text("law", &plan.laws, "NAME,NAME,...", "which laws, or all; files in YAML among them"),
        opt_whole("folds", &plan.folds, "K", "folds of whole configurations, 0 for none (default 10)", 0, 1e4),
        opt_list("holdout", &plan.holdouts, "SPEC",
                 "largest:C[:0.2], N>2e9, D>q80, expand:N, leave:G, source=x, column:NAME (runs marked there), none "
                 "(default: "
                 "the marked of a column `holdout`, then the largest by N, by D, by C)"),
        opt_text("asymptote", &plan.asymptote, "X", "judge each law with its irreducible loss held at X as well"),
        opt_output(&plan.target, "CV.json", "write everything, held-out predictions included"),
        RUN_OPTIONS(choice),
        FIT_OPTIONS(o),
        opt_text("cluster", &choice.cluster, "COLUMN", "rows that stay together (default: one configuration)"),
        opt_flag("json", &plan.json, "print JSON"),
        {0}};
    TRY(args_read(self, options, argc, argv, &path, NULL));
    const Law *laws[MAX_CONTENDERS + 1] = {NULL};
    if (!plan.laws) return fail(BAD_INPUT, "which laws? --law NAME,NAME,... or --law all");
    TRY(find_laws(plan.laws, laws));
    Runs runs;
    TRY(!strcmp(plan.laws, "all") ? runs_read_served(path, &choice, laws, &runs)
                                  : runs_read(path, &choice, laws, &runs));
    Status s = compare(&runs, laws, &o, &plan);
    runs_free(&runs);
    return s;
}

MOELAW_COMMAND(
    crossval, 30, "compares laws on runs they have not seen",
    "RUNS.csv --law NAME,NAME,... [--folds K] [--holdout SPEC]... [-o CV.json]", 1, 1,
    "Judges laws by runs that they have not seen: folds of whole configurations, the largest runs, a growing\n"
    "window, a level left out, runs marked beforehand. Hold-outs of a single run or configuration are skipped. "
    "Laws\n"
    "are ranked by a median over the splits, so that no one of them decides; every difference is listed.",
    "  moelaw crossval runs.csv --law zhao2025,hoffmann2022,krajewski2024 -o cv.json\n"
    "  moelaw crossval runs.csv --law all --holdout largest:C --holdout expand:N --holdout leave:G\n"
    "  moelaw crossval runs.csv --law hoffmann2022 --asymptote 1.7\n")
