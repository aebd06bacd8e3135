// cmd_next.c - `moelaw next FIT RUNS.csv --flops C`: the runs that narrow the answer most for the compute.
#include "command.h"
#include "decide/next.h"
#include "decide/quantity.h"
#include "ground/output.h"

#include <stdio.h>

typedef struct {
    const char *flops, *quantity, *output;
    long most;
    bool json;
    RunChoice choice;
    NextQuestion question;
} Wanted;

static void print_text(const Fit *fit, const Sought *s, const NextQuestion *q, const NextAnswer *a) {
    char x[NUMBER_TEXT], range[INTERVAL_TEXT];
    printf("%s (%s): %s = %s %s, 95 %% %s\nnoise of a run: %.3g in log L\n\n", fit->law->name, fit->origin, s->name,
           people(a->value, x), people_range(a->before95, range),
           a->from_draws ? "from the bootstrap" : "from information alone", a->noise);
    sheet_text(&a->runs, stdout);
    printf("\n%d runs for %.3g of %.3g FLOPs narrow the interval by a factor of %.2f, to %s.\n", a->runs.n_rows,
           a->spent, q->flops, a->factor, people_range(a->after95, range));
}

static void print_json(const Fit *fit, const Sought *s, const NextAnswer *a) {
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:b}", "law", fit->law->name, "fit", fit->origin, "quantity", s->name,
                  "noise", a->noise, "C", a->spent, "factor", a->factor, "from_draws", a->from_draws);
    json_object_set_new(root, "value", json_number(a->value));
    json_object_set_new(root, "interval_before", json_range(a->before95));
    json_object_set_new(root, "interval_after", json_range(a->after95));
    json_object_set_new(root, "runs", sheet_json(&a->runs));
    json_print(root);
}

static Status write_runs(const Sheet *runs, const char *path) {
    Output out;
    TRY(output_open(&out, path));
    sheet_csv(runs, out.file);
    return output_commit(&out);
}

static Status with_runs(const Wanted *w, const Fit *fit, const char *path) {
    const Law *laws[] = {fit->law, NULL};
    bool five = fit->law->kind == KIND_FIVE_FACTOR;
    NextQuestion q = w->question;
    NextAnswer a;
    Runs runs;
    Sought s;
    q.most = (int)w->most;
    TRY(sought_parse(w->quantity ? w->quantity : five ? "G" : law_parameter_name(fit->law, 0), fit, &s));
    TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &q.flops));
    if (!law_uses(fit->law, VAR_D))
        return fail(BAD_INPUT, "%s has no training tokens: runs have no price", fit->law->name);
    TRY(runs_read(path, &w->choice, laws, &runs));
    Status status = next_runs(fit, &runs, &s, &q, &a);
    runs_free(&runs);
    if (status == OK && w->output) status = write_runs(&a.runs, w->output);
    if (status != OK) return status;
    if (w->json)
        print_json(fit, &s, &a);
    else
        print_text(fit, &s, &q, &a);
    sheet_free(&a.runs);
    return OK;
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {.most = 8, .choice = {.loss_optional = true}, .question = {.extend = 2}};
    const Option options[] = {
        opt_text("flops", &w.flops, "C", "compute for the new runs together (needed)"),
        opt_text("quantity", &w.quantity, "Q", "what to narrow: a coefficient, G, S, Na_over_N@N=.., loss@N=..,D=.."),
        opt_text("candidates", &w.question.candidates, "CSV",
                 "runs to choose from (default: whole-number shapes in the runs' range)"),
        opt_number("extend", &w.question.extend, "X", "sizes and D up to X times the largest run's (default 2)", 1,
                   1e6),
        opt_whole("runs", &w.most, "N", "most new runs (default 8)", 1, MOST_RUNS),
        opt_number("noise", &w.question.noise, "SD", "of log L of one run (default: the fit's, else 0.003)", 1e-9, 1),
        RUN_OPTIONS(w.choice),
        opt_output(&w.output, "CSV", "also write the runs there, a table for simulate --design"),
        opt_flag("json", &w.json, "print JSON"),
        {0}};
    const char *files[2];
    Fit fit;
    TRY(args_read(self, options, argc, argv, files, NULL));
    if (!w.flops) return fail(BAD_INPUT, "a budget is missing: --flops 1e19");
    TRY(fit_load(files[0], &fit));
    Status s = with_runs(&w, &fit, files[1]);
    fit_free(&fit);
    return s;
}

MOELAW_COMMAND(
    next, 48, "which runs to do next to narrow an answer most", "FIT RUNS.csv --flops C [--quantity Q] [options]", 2, 2,
    "Which runs to do next: those that shrink the 95 % interval of the wanted quantity most for their compute, "
    "found\n"
    "greedily by Fisher information over shapes that can be built or a table of your own; each at most once.",
    "  moelaw next fit.json runs.csv --flops 1e19 --quantity G\n"
    "  moelaw next fit.json runs.csv --flops 1e20 --quantity loss@N=7e9,D=1e12,Na=1e9,G=8,S=0.125 --json\n"
    "  moelaw next fit.json runs.csv --flops 1e19 --quantity Na_over_N@N=30e9 --candidates manifest.csv\n")
