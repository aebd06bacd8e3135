// cmd_optimum.c - `moelaw optimum FIT`: the factors a law likes best, how sure that is, and what a cheaper choice
// costs.
#include "allocation_options.h"
#include "command.h"
#include "decide/allocated.h"
#include "decide/factors.h"
#include "decide/quantity.h"
#include "decide/relations.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *N, *flops, *D, *within, *serving, *hardware;
    double price, activation;
    bool json;
    AllocationOptions allocation;
} Wanted;

static void no_intervals(const Fit *fit) {
    if (!fit->n_draws) printf("\n%s\n", fit_no_intervals(fit));
}

// At given N and D, in closed form.
static Status at_size(const Wanted *w, const Fit *fit) {
    FactorQuestion q = {NAN, NAN, w->price, 0, NAN, NULL};
    Hardware hardware;
    Sheet best, cheaper = {0};
    Warnings warnings = {0};
    char N[NUMBER_TEXT], D[NUMBER_TEXT];
    if (w->N) TRY(quantity_parse("N", w->N, UNIT_COUNT, &q.N));
    if (w->D) TRY(quantity_parse("D", w->D, UNIT_COUNT, &q.D));
    if (w->within) TRY(quantity_parse("within", w->within, UNIT_PERCENT, &q.within));
    if (w->serving) {
        TRY(quantity_parse("serving-cost", w->serving, UNIT_PRICE, &q.serving_cost));
        TRY(hardware_read(w->hardware, &hardware));
        q.hardware = &hardware;
    }
    if (!w->N) {
        bool own = strncmp(fit->origin, "published:", 10) && isfinite(fit->range[VAR_N][1]);
        q.N = own ? fit->range[VAR_N][1] : 30e9;
        if (fit->law->kind == KIND_FIVE_FACTOR) note("no --N or --flops given: shown for N = %.3g", q.N);
    }
    if (isnan(q.D)) q.D = 20 * q.N;
    TRY(factors(fit, &q, &best, &cheaper, &warnings));
    if (w->json) {
        json_answer(factors_json(fit, &best, &cheaper), &warnings);
    } else {
        printf("%s (%s)\nat N = %s parameters, D = %s tokens\n\n", fit->law->name, fit->origin, people(q.N, N),
               people(q.D, D));
        sheet_text(&best, stdout);
        if (cheaper.n_rows) printf("\n");
        if (cheaper.n_rows) sheet_text(&cheaper, stdout);
        no_intervals(fit);
        warnings_print(&warnings);
    }
    sheet_free(&best);
    sheet_free(&cheaper);
    return OK;
}

// At a budget: what `allocate` says.
static Status at_budget(const Wanted *w, const Fit *fit) {
    double C;
    AllocationTask t;
    Sheet sheet;
    Warnings warnings = {0};
    if (w->price > 0 || w->within || w->serving)
        return fail(BAD_INPUT, "--price, --within and --serving-cost are asked of a given --N, not of --flops");
    TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &C));
    TRY(allocation_task(&w->allocation, fit, &t));
    TRY(allocated(&t, fit, &(BudgetQuestion){&C, 1, NAN, 0.1}, &sheet, &warnings));
    if (w->json) {
        json_answer(sheet_row_json(&sheet, 0), &warnings);
    } else {
        printf("%s (%s): least loss for C = %g training FLOPs\n\n", fit->law->name, fit->origin, C);
        sheet_facts(&sheet, 0, stdout);
        no_intervals(fit);
        warnings_print(&warnings);
    }
    sheet_free(&sheet);
    return OK;
}

// What a paper prints instead of a loss law.
static Status of_relation(const Wanted *w, const char *spec) {
    double C = 1e20;
    Warnings warnings = {0};
    if (w->flops) TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &C));
    Sheet s = !strcmp(spec, "published:wan2026") ? wan_answer(C, &warnings) : tian_answer(C, w->activation);
    if (w->json) {
        json_answer(sheet_row_json(&s, 0), &warnings);
    } else {
        sheet_facts(&s, 0, stdout);
        warnings_print(&warnings);
    }
    sheet_free(&s);
    return OK;
}

static Status answer(const Wanted *w, const char *spec) {
    Fit fit;
    if (!strcmp(spec, "published:tian2025") || !strcmp(spec, "published:wan2026")) return of_relation(w, spec);
    if (w->N && w->flops) return fail(BAD_INPUT, "--N and --flops: give one; the budget decides N");
    TRY(fit_load(spec, &fit));
    Status s = w->flops ? at_budget(w, &fit) : at_size(w, &fit);
    fit_free(&fit);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {.hardware = "h100", .activation = 0.031, .allocation = ALLOCATION_OPTIONS_DEFAULT};
    const Option options[] = {
        opt_text("N", &w.N, "X", "total parameters, such as 30B"),
        opt_text("flops", &w.flops, "C", "training FLOPs, which decide sizes and D instead (see allocate)"),
        opt_text("D", &w.D, "X", "training tokens, for the loss alone (default 20 N)"),
        opt_number("price", &w.price, "NATS", "also the best with this price on Na/N (lambda)", 0, 1e6),
        opt_text("within", &w.within, "PCT", "also the smallest Na/N within PCT % of the best loss"),
        opt_text("serving-cost", &w.serving, "USD", "also the best that serves 1M tokens for USD"),
        opt_text("hardware", &w.hardware, "NAME", "for --serving-cost (default h100)"),
        LIMIT_OPTIONS(w.allocation),
        WEIGHT_BYTES_OPTION(w.allocation),
        STRUCTURE_OPTIONS(w.allocation),
        opt_number("activation", &w.activation, "A", "tian2025: share of experts active (default 0.031)", 1e-4, 1),
        opt_flag("json", &w.json, "print JSON"),
        {0}};
    const char *spec;
    TRY(args_read(self, options, argc, argv, &spec, NULL));
    return answer(&w, spec);
}

MOELAW_COMMAND(
    optimum, 40, "the best G, S and Na/N, with intervals and near-optimal bands",
    "FIT [--N X | --flops C [limits]] [options]", 1, 1,
    "The best G, S and Na/N of a five-factor fit at N and D, in closed form, with 95 % intervals from its "
    "bootstrap\n"
    "and all settings within 0.1 % and 0.5 % of the best loss; at a budget, for any law, what allocate finds.\n"
    "FIT is a fit.json or published:NAME (also published:tian2025 and published:wan2026).",
    "  moelaw optimum fit.json --N 30B\n"
    "  moelaw optimum published:zhao2025 --N 671B --price 0.39 --within 0.5\n"
    "  moelaw optimum published:zhao2025 --flops 1e22 --max-total 30B\n"
    "  moelaw optimum published:krajewski2024 --flops 1e22 --json\n"
    "  moelaw optimum published:tian2025 --flops 1e22 --activation 0.031\n")
