// cmd_crossval.c - `moelaw crossval`: one table of laws, ranked by the error on runs they have not seen.
#include "ground/number.h"
#include "ground/output.h"
#include "command.h"
#include "fit/crossval.h"

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

// "a,b,c" or "all": every published law that the table's columns allow is the caller's business.
static Status find_laws(const char *list, const Law **laws) {
    int n = 0;
    if (!strcmp(list, "all")) {
        for (const Law **l = law_list; *l && n < MAX_CONTENDERS; l++)
            if (strpbrk((*l)->name, "0123456789")) laws[n++] = *l;
        return OK;
    }
    for (const char *at = list; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        const Law *law = law_find(name);
        if (!law) return fail(BAD_INPUT, "--law: there is no law '%s'; `moelaw laws` lists them", name);
        for (int i = 0; i < n; i++)
            if (laws[i] == law) return fail(BAD_INPUT, "--law: %s is named twice", name);
        if (n == MAX_CONTENDERS) return fail(BAD_INPUT, "--law: more than %d laws", MAX_CONTENDERS);
        laws[n++] = law;
    }
    return n ? OK : fail(BAD_INPUT, "which laws? --law NAME,NAME,... or --law all");
}

static Status choose_splits(CrossVal *cv, const Plan *plan) {
    static const char *const usual[] = {"largest:N", "largest:D", "largest:C"};
    if (plan->folds > 1) split_folds(cv->runs, (int)plan->folds, (unsigned long)cv->seed, &cv->splits[cv->n_splits++]);
    if (plan->holdouts.n > MAX_SPLITS - 1)
        return fail(BAD_INPUT, "--holdout: given more than %d times", MAX_SPLITS - 1);
    for (int i = 0; i < plan->holdouts.n; i++) {
        if (!strcmp(plan->holdouts.text[i], "none")) continue;
        TRY(split_holdout(cv->runs, plan->holdouts.text[i], &cv->splits[cv->n_splits]));
        cv->n_splits++;
    }
    for (int i = 0; i < 3 && !plan->holdouts.n; i++)
        cv->n_splits += split_holdout(cv->runs, usual[i], &cv->splits[cv->n_splits]) == OK;
    if (!cv->n_splits) return fail(BAD_INPUT, "nothing is held out: --folds 2 or more, or --holdout SPEC");
    return OK;
}

static void print_table(const CrossVal *cv) {
    printf("%-4s %-26s %2s %9s %10s %7s", "rank", "law", "k", "in-sample", "AICc", "weight");
    for (int s = 0; s < cv->n_splits; s++) printf("  %-17.17s", cv->splits[s].name);
    printf("\n%-4s %-26s %2s %9s %10s %7s", "", "", "", "RMSE", "", "");
    for (int s = 0; s < cv->n_splits; s++) printf("  %8s %7s%%", "RMSE", "bias");
    printf("\n");
    for (int k = 0; k < cv->n_contenders; k++) {
        const Contender *c = &cv->contenders[cv->order[k]];
        if (c->failed[0]) {
            printf("   - %-26s could not be fitted: %s\n", c->name, c->failed);
            continue;
        }
        const Metrics *m = &c->full.metrics;
        char aicc[32] = "-"; // undefined where nearly every run is a coefficient
        if (isfinite(m->aicc)) snprintf(aicc, sizeof aicc, "%.2f", m->aicc);
        printf("%4d %-26s %2d %9.5f %10s %7.4f", c->rank, c->name, m->free_parameters, m->rmse, aicc, c->weight);
        for (int s = 0; s < cv->n_splits; s++)
            if (isfinite(c->total[s].rmse))
                printf("  %8.5f %+8.3f", c->total[s].rmse, c->total[s].bias);
            else
                printf("  %8s %8s", "not", "fitted"); // too few runs are left for this law
        printf("\n");
    }
}

static void print_differences(const CrossVal *cv) {
    int best = cv->order[0];
    for (int k = 1; k < cv->n_contenders; k++) {
        int other = cv->order[k];
        if (isnan(cv->contenders[other].score)) continue;
        for (int s = 0; s < cv->n_splits; s++) {
            Difference d = crossval_difference(cv, s, other, best);
            if (!d.told_apart)
                printf("%s and %s cannot be told apart on %s: RMSE differs by %.5f [%.5f, %.5f]\n",
                       cv->contenders[best].name, cv->contenders[other].name, cv->splits[s].name, d.difference,
                       d.ci95[0], d.ci95[1]);
        }
    }
}

static void print_asymptotes(const CrossVal *cv) {
    for (int i = 0; i < cv->n_contenders; i++)
        for (int j = 0; j < cv->n_contenders; j++) {
            const Contender *free_one = &cv->contenders[i], *fixed = &cv->contenders[j];
            if (free_one->law != fixed->law || i == j || strchr(free_one->name, '[') || free_one->failed[0] ||
                fixed->failed[0])
                continue;
            int a = law_asymptote(free_one->law);
            printf("%s: asymptote %s free %.5f, held %.5f; held-out RMSE changes by %+.5f when held\n",
                   free_one->law->name, free_one->law->asymptote, free_one->full.parameters[a],
                   fixed->full.parameters[a], fixed->score - free_one->score);
        }
}

static void json_errors(FILE *f, const CrossVal *cv, const Errors *e) {
    char room[32];
    fprintf(f, "\"n\": %d, \"rmse\": ", e->n);
    write_json_number(f, e->rmse);
    fprintf(f, ", \"mape\": ");
    write_json_number(f, e->mape);
    fprintf(f, ", \"bias\": ");
    write_json_number(f, e->bias);
    fprintf(f, ", \"worst\": ");
    if (e->worst < 0)
        fprintf(f, "null");
    else
        write_json_string(f, runs_name(cv->runs, e->worst, room));
}

static void json_split(FILE *f, const CrossVal *cv, const Contender *c, int s) {
    char room[32];
    fprintf(f, "\n      {\"split\": ");
    write_json_string(f, cv->splits[s].name);
    fprintf(f, ", ");
    json_errors(f, cv, &c->total[s]);
    fprintf(f, ", \"folds\": [");
    for (int k = 0; k < cv->splits[s].n_folds; k++) {
        fprintf(f, "%s{\"fold\": ", k ? ", " : "");
        write_json_string(f, cv->splits[s].folds[k].name);
        fprintf(f, ", ");
        json_errors(f, cv, &c->folds[s][k]);
        fprintf(f, "}");
    }
    fprintf(f, "],\n       \"heldout\": [");
    for (int i = 0, n = 0; i < cv->runs->n; i++) {
        if (isnan(c->predicted[s][i])) continue;
        fprintf(f, "%s[", n++ ? ", " : "");
        write_json_string(f, runs_name(cv->runs, i, room));
        fprintf(f, ", ");
        write_json_number(f, cv->runs->loss[i]);
        fprintf(f, ", %.9g]", c->predicted[s][i]);
    }
    fprintf(f, "]}");
}

static void json_contender(FILE *f, const CrossVal *cv, const Contender *c) {
    const Metrics *m = &c->full.metrics;
    fprintf(f, "    {\"law\": \"%s\", \"variant\": \"%s\", ", c->law->name, c->name);
    if (c->failed[0]) {
        fprintf(f, "\"failed\": ");
        write_json_string(f, c->failed);
        fprintf(f, "}");
        return;
    }
    fprintf(f, "\"rank\": %d, \"score\": ", c->rank);
    write_json_number(f, c->score);
    fprintf(f, ", \"k\": %d, \"rmse\": ", m->free_parameters);
    write_json_number(f, m->rmse);
    const double numbers[] = {m->aicc, c->delta_aicc, c->weight, m->bic};
    static const char *const names[] = {"aicc", "delta_aicc", "weight", "bic"};
    for (int i = 0; i < 4; i++) {
        fprintf(f, ", \"%s\": ", names[i]);
        write_json_number(f, numbers[i]);
    }
    fprintf(f, ", \"splits\": [");
    for (int s = 0; s < cv->n_splits; s++) {
        if (s) fprintf(f, ",");
        json_split(f, cv, c, s);
    }
    fprintf(f, "]}");
}

static void json_differences(FILE *f, const CrossVal *cv) {
    int n = 0;
    fprintf(f, "  \"differences\": [");
    for (int a = 0; a < cv->n_contenders; a++)
        for (int b = a + 1; b < cv->n_contenders; b++)
            for (int s = 0; s < cv->n_splits; s++) {
                int x = cv->order[a], y = cv->order[b];
                if (isnan(cv->contenders[y].score)) continue;
                Difference d = crossval_difference(cv, s, x, y);
                fprintf(f, "%s\n    {\"a\": \"%s\", \"b\": \"%s\", \"split\": ", n++ ? "," : "", cv->contenders[x].name,
                        cv->contenders[y].name);
                write_json_string(f, cv->splits[s].name);
                fprintf(f, ", \"rmse_difference\": ");
                write_json_number(f, d.difference);
                fprintf(f, ", \"ci95\": [");
                write_json_number(f, d.ci95[0]);
                fprintf(f, ", ");
                write_json_number(f, d.ci95[1]);
                fprintf(f, "], \"told_apart\": %s}", d.told_apart ? "true" : "false");
            }
    fprintf(f, "]\n");
}

static void write_json(FILE *f, const CrossVal *cv) {
    fprintf(f, "{\n  \"schema\": 1,\n  \"program\": \"moelaw %s\",\n  \"kind\": \"crossval\",\n  \"data\": {\"file\": ",
            MOELAW_VERSION);
    write_json_string(f, cv->runs->table->path);
    fprintf(f, ", \"sha256\": \"%s\", \"rows_read\": %d, \"rows_used\": %d, \"configurations\": %d},\n",
            cv->runs->sha256, cv->runs->rows_read, cv->runs->n, cv->runs->n_clusters);
    fprintf(f, "  \"ranked_by\": \"mean over splits of the held-out RMSE (nats)\",\n  \"laws\": [\n");
    for (int k = 0; k < cv->n_contenders; k++) {
        if (k) fprintf(f, ",\n");
        json_contender(f, cv, &cv->contenders[cv->order[k]]);
    }
    fprintf(f, "],\n");
    json_differences(f, cv);
    fprintf(f, "}\n");
}

static Status report(const CrossVal *cv, const Plan *plan) {
    if (isnan(cv->contenders[cv->order[0]].score))
        return fail(BAD_INPUT, "no law could be fitted on every fold: %s", cv->contenders[cv->order[0]].failed);
    if (plan->json)
        write_json(stdout, cv);
    else {
        print_table(cv);
        printf("ranked by the mean over splits of the held-out RMSE (nats)\n\n");
        print_differences(cv);
        print_asymptotes(cv);
    }
    if (!plan->target) return OK;
    Output out;
    TRY(output_open(&out, plan->target));
    write_json(out.file, cv);
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
    char fixed[MAX_CONTENDERS][64];
    for (int i = 0; laws[i] && s == OK; i++) {
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

static Status crossval(int argc, char **argv) {
    RunChoice choice = {0};
    FitOptions o = FIT_OPTIONS_DEFAULT;
    o.starts = 100;
    Plan plan = {.folds = 10};
    const char *path;
    int n;
    const Option options[] = {
        {"law", 0, ARG_TEXT, &plan.laws, "NAME,NAME,...", "which laws, or all", 0, 0},
        {"folds", 0, ARG_WHOLE, &plan.folds, "K", "folds of whole configurations, 0 for none (default 10)", 0, 1e4},
        {"holdout", 0, ARG_LIST, &plan.holdouts, "SPEC",
         "largest:C[:0.2], N>2e9, D>q80, expand:N, leave:G, none (default: largest by N, by D, by C)", 0, 0},
        {"asymptote", 0, ARG_TEXT, &plan.asymptote, "X", "judge each law with its irreducible loss held at X as well",
         0, 0},
        {"output", 'o', ARG_TEXT, &plan.target, "CV.json", "write everything, held-out predictions included", 0, 0},
        RUN_OPTIONS(choice),
        FIT_OPTIONS(o),
        {"cluster", 0, ARG_TEXT, &choice.cluster, "COLUMN", "rows that stay together (default: one configuration)", 0,
         0},
        {"json", 0, ARG_FLAG, &plan.json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "crossval RUNS.csv --law NAME,NAME,... [--folds K] [--holdout SPEC]... [-o CV.json]",
        "Judges laws by runs that they have not seen: folds of whole configurations, the largest runs, a growing\n"
        "window, a level left out. One table, ranked by held-out error.",
        "  moelaw crossval runs.csv --law zhao2025,hoffmann2022,krajewski2024 -o cv.json\n"
        "  moelaw crossval runs.csv --law all --holdout largest:C --holdout expand:N --holdout leave:G\n"
        "  moelaw crossval runs.csv --law hoffmann2022 --asymptote 1.7\n",
        options,
        1,
        1};
    TRY(args_parse(&usage, argc, argv, &path, &n));
    const Law *laws[MAX_CONTENDERS + 1] = {NULL};
    if (!plan.laws) return fail(BAD_INPUT, "which laws? --law NAME,NAME,... or --law all");
    TRY(find_laws(plan.laws, laws));
    Runs runs;
    TRY(runs_read(path, &choice, laws, &runs));
    Status s = compare(&runs, laws, &o, &plan);
    runs_free(&runs);
    return s;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", crossval(argc, argv));
}
COMMAND(crossval, "compares laws on runs they have not seen", 30)
