// cmd_allocate.c - `moelaw allocate FIT --flops C,...`: least loss for a training budget, under limits, over budgets.
#include "allocation_options.h"
#include "command.h"
#include "decide/allocated.h"
#include "decide/quantity.h"
#include "decide/relations.h"
#include "ground/output.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *flops, *max_loss, *format, *output, *band;
    bool each, json;
    AllocationOptions allocation;
} Wanted;

// `each`: unless NULL, the structures tried for the last budget. `below`: lines for people.
static Status print(const Wanted *w, const Sheet *sheet, const char *title, const char *below, const Sheet *each,
                    const Warnings *warnings) {
    Output out;
    TRY(output_open(&out, w->output));
    bool text = !strcmp(w->format, "text");
    if (w->json) {
        json_t *list = sheet_json(sheet), *last = json_array_get(list, (size_t)sheet->n_rows - 1);
        json_object_set_new(last, "warnings", warnings_json(warnings));
        if (each) json_object_set_new(last, "each", sheet_json(each));
        json_write(out.file, json_incref(sheet->n_rows == 1 ? last : list));
        json_decref(list);
        return output_commit(&out);
    }
    if (text) fprintf(out.file, "%s: %s\n\n", sheet_cell(sheet, 0, 0)->word, title);
    sheet_printer(w->format)(sheet, out.file);
    if (text && each) {
        fprintf(out.file, "\nby structure, for the last budget:\n");
        sheet_text(each, out.file);
    }
    if (text) fputs(below, out.file);
    TRY(output_commit(&out));
    warnings_print(warnings);
    return OK;
}

// A paper's own split of compute: no loss law stands behind it.
static Status split(const Wanted *w, const char *name, Power M, Power D, const double *C, int n) {
    static const Column columns[] = {{"law", NULL, NULL, AS_WORD},
                                     {"C", "C, FLOPs", "$C$ (FLOPs)", AS_FLOPS},
                                     {"M", "M, FLOPs per token", "$M$ (FLOPs per token)", AS_PEOPLE},
                                     {"D", "D, tokens", "$D$", AS_PEOPLE}};
    Sheet sheet = sheet_open(columns, 4, n);
    for (int i = 0; i < n; i++) {
        sheet_cell(&sheet, i, 0)->word = name;
        sheet_put(&sheet, i, 1, C[i]);
        sheet_put(&sheet, i, 2, power_at(M, C[i]));
        sheet_put(&sheet, i, 3, power_at(D, C[i]));
    }
    Status s = print(w, &sheet, "compute-optimal split, C = M D", "", NULL, &(Warnings){0});
    sheet_free(&sheet);
    return s;
}

static Status with_fit(const Wanted *w, const Fit *fit, const double *C, int n) {
    AllocationTask t;
    Warnings warnings = {0};
    Sheet sheet, each = {0};
    BudgetQuestion q = {C, n, NAN, 0};
    char title[200], below[320];
    TRY(allocation_task(&w->allocation, fit, &t));
    TRY(quantity_parse("band", w->band, UNIT_PERCENT, &q.percent));
    if (w->max_loss) TRY(quantity_parse("max-loss", w->max_loss, UNIT_COUNT, &q.max_loss));
    TRY(allocated(&t, fit, &q, &sheet, &warnings));
    if (w->each) each = allocated_each(&t, &sheet);
    snprintf(title, sizeof title, "least loss for a budget (%s)", fit->origin);
    snprintf(below, sizeof below,
             "\nNa near-optimal: within %g %% of the loss, N at its best.\n"
             "exact C: training FLOPs of a standard shape of that size, attention scores and router counted.\n%s%s",
             q.percent, fit_no_intervals(fit), fit->n_draws ? "" : "\n");
    Status s = print(w, &sheet, title, below, w->each ? &each : NULL, &warnings);
    sheet_free(&sheet);
    sheet_free(&each);
    return s;
}

static Status answer(const Wanted *w, const char *spec) {
    int n = 0;
    double C[QUANTITY_LIST];
    Power M, D;
    Fit fit;
    if (w->flops) TRY(quantity_list("flops", w->flops, UNIT_FLOPS, C, QUANTITY_LIST, &n));
    if (!n && !w->max_loss) return fail(BAD_INPUT, "a budget is missing: --flops 1e22 (or a goal: --max-loss 2.1)");
    if (!sheet_printer(w->format)) return fail(BAD_INPUT, "--format: '%s', expected text, csv or latex", w->format);
    if (n && published_split(spec, &M, &D)) return split(w, strchr(spec, ':') + 1, M, D, C, n);
    TRY(fit_load(spec, &fit));
    Status s = with_fit(w, &fit, C, n);
    fit_free(&fit);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {.format = "text", .band = "0.1", .allocation = ALLOCATION_OPTIONS_DEFAULT};
    const Option options[] = {
        opt_text("flops", &w.flops, "C,...", "budgets in FLOPs: 1e22, 10ZFLOP, 100PF-days"),
        opt_text("max-loss", &w.max_loss, "L", "least compute for this loss (with --flops: check that it is enough)"),
        LIMIT_OPTIONS(w.allocation),
        WEIGHT_BYTES_OPTION(w.allocation),
        STRUCTURE_OPTIONS(w.allocation),
        opt_flag("each", &w.each, "also list every structure tried"),
        opt_text("band", &w.band, "PCT", "near-optimal band of Na (default 0.1 % of the loss)"),
        opt_text("format", &w.format, "F", "text (default), csv or latex"),
        opt_output(&w.output, "FILE", "write there instead of to the terminal"),
        opt_flag("json", &w.json, "print JSON, an object (a list for several budgets)"),
        {0}};
    const char *spec;
    TRY(args_read(self, options, argc, argv, &spec, NULL));
    return answer(&w, spec);
}

MOELAW_COMMAND(
    allocate, 42, "least loss for a budget: size, tokens and structure, under limits",
    "FIT --flops C[,C...] [limits] [options]", 1, 1,
    "The model and the tokens that reach the least loss for a training budget, under limits on memory, data, size\n"
    "and serving; or the least budget for a loss. Where a law's loss falls for ever as N grows, a limit must bound "
    "N.\n"
    "FIT is a fit.json or published:NAME (also published:wan2026, published:tian2025).",
    "  moelaw allocate fit.json --flops 1e20,1e21,1e22 --max-total 30B --format latex -o budgets.tex\n"
    "  moelaw allocate published:ludziejewski2025 --flops 1e22 --memory 80GB --context 16k --each\n"
    "  moelaw allocate published:zhao2025 --flops 1e23 --max-total 100B --serve-tokens 10T\n"
    "  moelaw allocate published:hoffmann2022 --max-loss 2.0\n")
