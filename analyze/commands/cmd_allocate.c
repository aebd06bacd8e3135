// cmd_allocate.c - `moelaw allocate FIT --flops C,...`: least loss for a training budget, under limits, over budgets.
#include "command.h"
#include "ground/output.h"
#include "decide/allocation.h"
#include "decide/decision.h"
#include "decide/fallback.h"
#include "decide/fivefactor.h"
#include "decide/quantity.h"
#include "decide/relations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *flops, *max_loss, *memory, *context, *serve_tokens, *max_active, *max_total, *data, *hold;
    const char *experts, *granularity, *sparsity, *format, *output, *band;
    double repeats, weight_bytes, ratio, seq_len, c_r, expansion, top_k, expert_share;
    bool exact, each, json;
} Wanted;

enum { A_N, A_NA, A_D, A_E, A_GRANULARITY, A_SPARSITY, A_G, A_S, A_LOSS, A_C, N_ANSWERS };
static const char *const names[N_ANSWERS] = {"N",        "Na", "D", "num_experts", "granularity",
                                             "sparsity", "G",  "S", "loss",        "C"};

typedef struct {
    Allocation best;
    double C, values[N_ANSWERS], ci[N_ANSWERS][2];
    double band_Na[2], band_D[2], exact_flops; // of the same model, whatever the accounting
} Line;

// ---- options to a problem ------------------------------------------------------------------------------------------

static Status choice(const char *option, const char *text, Choice *c) {
    double x[QUANTITY_LIST];
    if (!text) return OK;
    // Sparsity 0 is a choice, though no quantity.
    if (!strncmp(text, "0,", 2)) {
        TRY(quantity_list(option, text + 2, UNIT_COUNT, x + 1, &c->n));
        x[0] = 0;
        c->n++;
    } else
        TRY(quantity_list(option, text, UNIT_COUNT, x, &c->n));
    memcpy(c->value, x, (size_t)c->n * sizeof *x);
    return OK;
}

// "G=8,S=0.1"
static Status hold(const char *text, Budget *p) {
    char name[32];
    double x;
    for (const char *at = text; at && *at;) {
        size_t length = strcspn(at, ",");
        int used = 0;
        if (sscanf(at, "%31[A-Za-z]=%lf%n", name, &x, &used) != 2 || (size_t)used != length ||
            (strcmp(name, "G") && strcmp(name, "S")) || !(x >= 0))
            return fail(BAD_INPUT, "--at: '%.*s', expected G=8 or S=0.125", (int)length, at);
        *(name[0] == 'G' ? &p->G : &p->S) = x;
        at += length + (at[length] == ',');
    }
    return OK;
}

static Status limits(const Wanted *w, Budget *p) {
    Limits *l = &p->limits;
    const struct {
        const char *option, *text;
        Unit unit;
        double *to;
    } given[] = {
        {"memory", w->memory, UNIT_BYTES, &l->memory},
        {"context", w->context, UNIT_COUNT, &l->context},
        {"serve-tokens", w->serve_tokens, UNIT_COUNT, &l->serve_tokens},
        {"max-active", w->max_active, UNIT_COUNT, &l->max_active},
        {"max-total", w->max_total, UNIT_COUNT, &l->max_total},
        {"data", w->data, UNIT_COUNT, &l->data},
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].text) TRY(quantity_parse(given[i].option, given[i].text, given[i].unit, given[i].to));
    l->repeats = w->repeats;
    l->weight_bytes = l->cache_bytes = w->weight_bytes;
    l->ratio = w->ratio;
    p->accounting.exact = w->exact;
    p->accounting.seq_len = w->seq_len;
    if (p->accounting.expansion > 1 && w->expansion > 0) p->accounting.expansion = w->expansion;
    if (w->c_r >= 0) p->accounting.c_r = w->c_r;
    if (w->top_k > 0) p->accounting.top_k = w->top_k;
    if (w->expert_share > 0) p->accounting.expert_share = w->expert_share;
    TRY(choice("experts", w->experts, &p->experts));
    TRY(choice("granularity", w->granularity, &p->granularity));
    TRY(choice("sparsity", w->sparsity, &p->sparsity));
    return hold(w->hold, p);
}

// ---- solving -------------------------------------------------------------------------------------------------------

static void to_values(const Allocation *a, double *v) {
    const Setting *s = &a->setting;
    const double values[N_ANSWERS] = {s->N,        s->Na, s->D, s->E,    s->granularity,
                                      s->sparsity, s->G,  s->S, a->loss, a->flops_train + a->flops_serve};
    memcpy(v, values, sizeof values);
}

typedef struct {
    const Budget *p;
    double max_loss; // NAN: the budget is given
} Solve;

static bool closed_form(const Budget *p) {
    const Limits *l = &p->limits;
    return !strcmp(p->law->name, "hoffmann2022") && !p->accounting.exact && !isfinite(l->memory) &&
           l->serve_tokens == 0 && !isfinite(l->max_active) && !isfinite(l->max_total) && !isfinite(l->data);
}

static Status solve(const Budget *p, double max_loss, Allocation *best) {
    if (!isnan(max_loss)) return allocation_for_loss(p, max_loss, best);
    if (!closed_form(p)) return allocation_best(p, best);
    allocation_closed(p->law, p->parameters, p->limits.flops, best);
    return OK;
}

static void answers(const Law *law, const double *parameters, void *context, double *a) {
    const Solve *s = context;
    Budget p = *s->p;
    Allocation best;
    p.parameters = parameters;
    for (int i = 0; i < N_ANSWERS; i++) a[i] = NAN;
    if (law == p.law && solve(&p, s->max_loss, &best) == OK) to_values(&best, a);
}

static Status line(const Budget *p, const Fit *fit, double max_loss, double percent, Line *l) {
    Solve s = {p, max_loss};
    TRY(solve(p, max_loss, &l->best));
    to_values(&l->best, l->values);
    l->C = isnan(max_loss) ? p->limits.flops : l->values[A_C];
    decision_intervals(fit, answers, &s, N_ANSWERS, l->ci);
    Budget at = *p;
    at.limits.flops = l->C * (1 + 1e-12);
    allocation_band(&at, &l->best, percent, l->band_Na, l->band_D);
    Accounting exact = p->accounting;
    exact.exact = true;
    l->exact_flops = setting_flops(p->kind, &exact, &l->best.setting) * l->best.setting.D;
    return OK;
}

// ---- printing ------------------------------------------------------------------------------------------------------

static const char *binding(const Allocation *a) {
    return a->at_data     ? "data"
           : a->at_memory ? "memory"
           : a->at_active ? "active parameters"
           : a->at_total  ? "total parameters"
                          : "budget";
}

static bool shown(const Law *law, int answer) {
    switch (answer) {
    case A_E: return law_uses(law, VAR_E);
    case A_GRANULARITY: return law_uses(law, VAR_GRANULARITY);
    case A_SPARSITY: return law_uses(law, VAR_SPARSITY);
    case A_G: return law_uses(law, VAR_G);
    case A_S: return law_uses(law, VAR_S);
    case A_C: return false;
    default: return true;
    }
}

static void print_text(FILE *f, const Fit *fit, const Line *lines, int n, double percent) {
    char x[NUMBER_TEXT], title[48], range[INTERVAL_TEXT];
    fprintf(f, "%s (%s): least loss for a budget\n\n  %-10s", fit->law->name, fit->origin, "C, FLOPs");
    for (int i = 0; i < N_ANSWERS; i++)
        if (shown(fit->law, i)) fprintf(f, " %-9s", i == A_GRANULARITY ? "granular." : i == A_E ? "experts" : names[i]);
    snprintf(title, sizeof title, "Na within %g %%", percent);
    fprintf(f, " %-7s %-20s %-10s %s\n", "D/N", title, "exact C", "bound by");
    for (int k = 0; k < n; k++) {
        const Line *l = &lines[k];
        fprintf(f, "  %-10.4g", l->C);
        for (int i = 0; i < N_ANSWERS; i++)
            if (shown(fit->law, i) && i != A_LOSS)
                fprintf(f, " %-9s", people(l->values[i], x));
            else if (i == A_LOSS)
                fprintf(f, " %-9.4f", l->values[i]);
        fprintf(f, " %-7.3g %-20s %-10.3g %s\n", l->values[A_D] / l->values[A_N], people_range(l->band_Na, range),
                l->exact_flops, binding(&l->best));
        if (!fit->n_draws) continue;
        fprintf(f, "    95 %%:");
        for (int i = 0; i < N_ANSWERS; i++)
            if (shown(fit->law, i)) fprintf(f, "  %s %s", names[i], people_range(l->ci[i], range));
        fprintf(f, "\n");
    }
    fprintf(f, "\nexact C: training FLOPs of a standard shape of that size, attention scores and router counted.\n");
    if (!fit->n_draws) fprintf(f, "No intervals: published coefficients come without bootstrap draws.\n");
}

static void print_each(FILE *f, const Budget *p, double C) {
    Allocation each[CHOICES];
    Budget at = *p;
    char a[NUMBER_TEXT], b[NUMBER_TEXT], c[NUMBER_TEXT];
    at.limits.flops = C;
    int n = allocation_each(&at, each);
    if (n < 2) return;
    fprintf(f, "\nby structure at C = %g:\n  %-9s %-10s %-9s %-9s %-9s %-9s %s\n", C, "experts", "granular.",
            "sparsity", "N", "Na", "D", "loss");
    for (int i = 0; i < n; i++) {
        const Setting *s = &each[i].setting;
        fprintf(f, "  %-9s", people(s->E, a));
        fprintf(f, " %-10s %-9s", people(s->granularity, a), people(s->sparsity, b));
        if (isnan(each[i].loss))
            fprintf(f, " no model within the limits\n");
        else
            fprintf(f, " %-9s %-9s %-9s %.4f\n", people(s->N, a), people(s->Na, b), people(s->D, c), each[i].loss);
    }
}

static void print_csv(FILE *f, const Fit *fit, const Line *lines, int n) {
    char x[NUMBER_TEXT], y[NUMBER_TEXT];
    fprintf(f, "law,C");
    for (int i = 0; i < A_C; i++)
        if (shown(fit->law, i)) fprintf(f, ",%s,%s_lo,%s_hi", names[i], names[i], names[i]);
    fprintf(f, ",flops_train,flops_serve,flops_exact,memory,bound_by\n");
    for (int k = 0; k < n; k++) {
        const Line *l = &lines[k];
        fprintf(f, "%s,%s", fit->law->name, number_text(l->C, x));
        for (int i = 0; i < A_C; i++) {
            if (!shown(fit->law, i)) continue;
            bool sure = isfinite(l->ci[i][0]);
            fprintf(f, ",%s", number_text(l->values[i], x));
            fprintf(f, ",%s,%s", sure ? number_text(l->ci[i][0], x) : "", sure ? number_text(l->ci[i][1], y) : "");
        }
        fprintf(f, ",%.6g,%.6g,%.6g,%.6g,%s\n", l->best.flops_train, l->best.flops_serve, l->exact_flops,
                l->best.memory, binding(&l->best));
    }
}

static void latex_power(FILE *f, double x) {
    double exponent = floor(log10(x) + 1e-9), mantissa = x / pow(10, exponent);
    fprintf(f, fabs(mantissa - 1) < 1e-6 ? "$10^{%.0f}$" : "$%.3g \\times 10^{%.0f}$",
            fabs(mantissa - 1) < 1e-6 ? exponent : mantissa, exponent);
}

static void print_latex(FILE *f, const Fit *fit, const Line *lines, int n) {
    static const char *const heads[N_ANSWERS] = {"$N$",      "$N_a$", "$D$", "$E$", "granularity",
                                                 "sparsity", "$G$",   "$S$", "loss"};
    char x[NUMBER_TEXT];
    fprintf(f, "\\begin{tabular}{l");
    for (int i = 0; i < A_C; i++)
        if (shown(fit->law, i)) fprintf(f, "r");
    fprintf(f, "}\n\\toprule\n$C$ (FLOPs)");
    for (int i = 0; i < A_C; i++)
        if (shown(fit->law, i)) fprintf(f, " & %s", heads[i]);
    fprintf(f, " \\\\\n\\midrule\n");
    for (int k = 0; k < n; k++) {
        latex_power(f, lines[k].C);
        for (int i = 0; i < A_C; i++)
            if (i == A_LOSS)
                fprintf(f, " & %.4f", lines[k].values[i]);
            else if (shown(fit->law, i))
                fprintf(f, " & %s", people(lines[k].values[i], x));
        fprintf(f, " \\\\\n");
    }
    fprintf(f, "\\bottomrule\n\\end{tabular}\n");
}

static json_t *line_json(const Fit *fit, const Line *l, double percent) {
    json_t *o = json_pack("{s:s, s:s, s:f}", "law", fit->law->name, "fit", fit->origin, "C", l->C);
    for (int i = 0; i < A_C; i++) {
        char key[32];
        if (!shown(fit->law, i)) continue;
        snprintf(key, sizeof key, "%s_ci95", names[i]);
        json_object_set_new(o, names[i], json_number(l->values[i]));
        json_object_set_new(o, key, json_range(l->ci[i]));
    }
    json_object_set_new(o, "D_over_N", json_number(l->values[A_D] / l->values[A_N]));
    json_object_set_new(o, "flops_train", json_number(l->best.flops_train));
    json_object_set_new(o, "flops_serve", json_number(l->best.flops_serve));
    json_object_set_new(o, "flops_exact", json_number(l->exact_flops));
    json_object_set_new(o, "memory", json_number(l->best.memory));
    json_object_set_new(o, "bound_by", json_string(binding(&l->best)));
    json_object_set_new(o, "band_percent", json_number(percent));
    json_object_set_new(o, "Na_band", json_range(l->band_Na));
    json_object_set_new(o, "D_band", json_range(l->band_D));
    return o;
}

// ---- the command ---------------------------------------------------------------------------------------------------

// The paper's own table: no loss law stands behind it.
static Status relation(const char *spec, const Wanted *w, const double *C, int n) {
    bool wan = strstr(spec, "wan") != NULL, dense = strstr(spec, "dense") != NULL;
    Power M = wan ? wan_M : dense ? tian_dense_M : tian_moe_M, D = wan ? wan_D : dense ? tian_dense_D : tian_moe_D;
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    json_t *list = json_array();
    if (!w->json)
        printf("%s: compute-optimal split, C = M D\n\n  %-10s %-22s %s\n", spec, "C, FLOPs", "M, FLOPs per token",
               "D, tokens");
    for (int i = 0; i < n; i++) {
        double m = power_at(M, C[i]), d = power_at(D, C[i]);
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f}", "law", spec + 10, "C", C[i], "M", m, "D", d));
        if (!w->json) printf("  %-10.4g %-22s %s\n", C[i], people(m, a), people(d, b));
    }
    if (w->json) json_print(n == 1 ? json_incref(json_array_get(list, 0)) : json_incref(list));
    json_decref(list);
    return OK;
}

static Status print(const Wanted *w, const Budget *p, const Fit *fit, const Line *lines, int n, double percent,
                    Warnings warnings) {
    Output out;
    for (int k = 0; k < n; k++) {
        Point point = setting_point(p->kind, &p->accounting, &lines[k].best.setting);
        if (k == n - 1) warn_outside(&warnings, fit, &point, 1);
        if (lines[k].best.at_edge)
            warning_add(&warnings, "C = %g: the best structure is at the edge of those tried", lines[k].C);
    }
    if (w->json) {
        json_t *list = json_array();
        for (int k = 0; k < n; k++) {
            json_t *o = line_json(fit, &lines[k], percent);
            if (k == n - 1) json_object_set_new(o, "warnings", warnings_json(&warnings));
            json_array_append_new(list, o);
        }
        json_t *answer = n == 1 ? json_incref(json_array_get(list, 0)) : json_incref(list);
        json_decref(list);
        return command_json(answer, w->output);
    }
    TRY(output_open(&out, w->output));
    if (!strcmp(w->format, "csv"))
        print_csv(out.file, fit, lines, n);
    else if (!strcmp(w->format, "latex"))
        print_latex(out.file, fit, lines, n);
    else {
        print_text(out.file, fit, lines, n, percent);
        if (w->each) print_each(out.file, p, lines[n - 1].C);
    }
    TRY(output_commit(&out));
    warnings_print(&warnings);
    return OK;
}

static Status with_fit(const Wanted *w, const Fit *fit, const double *C, int n) {
    Budget p;
    Warnings warnings = {0};
    Line lines[QUANTITY_LIST] = {0};
    double max_loss = NAN, percent;
    TRY(budget_open(&p, fit->law, fit->parameters));
    TRY(limits(w, &p));
    budget_fall_back(&p, fit, &warnings);
    TRY(quantity_parse("band", w->band, UNIT_PERCENT, &percent));
    if (w->max_loss) TRY(quantity_parse("max-loss", w->max_loss, UNIT_COUNT, &max_loss));
    if (w->max_loss && n) {
        Allocation least;
        TRY(allocation_for_loss(&p, max_loss, &least));
        double needed = least.flops_train + least.flops_serve;
        if (needed > C[0])
            return fail(BAD_INPUT, "--max-loss %g needs at least %.4g FLOPs under these limits: --flops %.4g binds",
                        max_loss, needed, C[0]);
    }
    int rows = n ? n : 1;
    for (int k = 0; k < rows; k++) {
        if (n) p.limits.flops = C[k];
        TRY(line(&p, fit, n ? NAN : max_loss, percent, &lines[k]));
    }
    return print(w, &p, fit, lines, rows, percent, warnings);
}

static bool is_relation(const char *spec) {
    return !strcmp(spec, "published:wan2026") || !strcmp(spec, "published:tian2025") ||
           !strcmp(spec, "published:tian2025-dense");
}

static Status answer(const Wanted *w, const char *spec) {
    int n = 0;
    double C[QUANTITY_LIST];
    Fit fit;
    if (w->flops) TRY(quantity_list("flops", w->flops, UNIT_FLOPS, C, &n));
    if (!n && !w->max_loss) return fail(BAD_INPUT, "a budget is missing: --flops 1e22 (or a goal: --max-loss 2.1)");
    if (strcmp(w->format, "text") && strcmp(w->format, "csv") && strcmp(w->format, "latex"))
        return fail(BAD_INPUT, "--format: '%s', expected text, csv or latex", w->format);
    if (is_relation(spec) && n) return relation(spec, w, C, n);
    TRY(fit_load(spec, &fit));
    Status s = with_fit(w, &fit, C, n);
    fit_free(&fit);
    return s;
}

static Status allocate_command(int argc, char **argv) {
    Wanted w = {
        .format = "text", .band = "0.1", .repeats = 4, .weight_bytes = 2, .ratio = NAN, .seq_len = 4096, .c_r = -1};
    const Option options[] = {
        {"flops", 0, ARG_TEXT, &w.flops, "C,...", "budgets in FLOPs: 1e22, 10ZFLOP, 100PF-days", 0, 0},
        {"max-loss", 0, ARG_TEXT, &w.max_loss, "L",
         "least compute for this loss (with --flops: check that it is enough)", 0, 0},
        {"memory", 0, ARG_TEXT, &w.memory, "B", "weights and cache must fit, such as 80GB", 0, 0},
        {"weight-bytes", 0, ARG_NUMBER, &w.weight_bytes, "X", "bytes per weight and cached value (default 2)", 0.125,
         16},
        {"context", 0, ARG_TEXT, &w.context, "T", "cached tokens, for --memory (default none)", 0, 0},
        {"serve-tokens", 0, ARG_TEXT, &w.serve_tokens, "T", "tokens to be served out of the same budget", 0, 0},
        {"max-active", 0, ARG_TEXT, &w.max_active, "N", "most active parameters", 0, 0},
        {"max-total", 0, ARG_TEXT, &w.max_total, "N", "most parameters", 0, 0},
        {"data", 0, ARG_TEXT, &w.data, "T", "distinct tokens there are", 0, 0},
        {"repeats", 0, ARG_NUMBER, &w.repeats, "X", "times each may be seen (default 4, arXiv 2305.16264)", 1, 1000},
        {"ratio", 0, ARG_NUMBER, &w.ratio, "R", "hold Na/N at R (laws with both)", 1e-6, 1},
        {"at", 0, ARG_TEXT, &w.hold, "G=..,S=..", "hold these instead of the law's best", 0, 0},
        {"experts", 0, ARG_TEXT, &w.experts, "E,...", "expert counts to try", 0, 0},
        {"granularity", 0, ARG_TEXT, &w.granularity, "X,...", "granularities to try", 0, 0},
        {"sparsity", 0, ARG_TEXT, &w.sparsity, "S,...", "sparsities to try", 0, 0},
        {"exact", 0, ARG_FLAG, &w.exact, NULL, "count attention scores and router as well, not the paper's FLOPs", 0,
         0},
        {"seq-len", 0, ARG_NUMBER, &w.seq_len, "T", "training sequence, for --exact (default 4096)", 1, 1e9},
        {"routing-cost", 0, ARG_NUMBER, &w.c_r, "X", "krajewski2024: c_r (default 14)", 0, 1e6},
        {"expansion", 0, ARG_NUMBER, &w.expansion, "X", "krajewski2024: expert / dense FFN parameters (default 64)", 1,
         1e6},
        {"each", 0, ARG_FLAG, &w.each, NULL, "also list every structure tried", 0, 0},
        {"band", 0, ARG_TEXT, &w.band, "PCT", "near-optimal band of Na (default 0.1 % of the loss)", 0, 0},
        {"format", 0, ARG_TEXT, &w.format, "F", "text (default), csv or latex", 0, 0},
        {"output", 'o', ARG_TEXT, &w.output, "FILE", "write there instead of to the terminal", 0, 0},
        {"top-k", 0, ARG_NUMBER, &w.top_k, "K", "yun2024: experts a token uses (default 2)", 0, 1e6},
        {"expert-share", 0, ARG_NUMBER, &w.expert_share, "A", "yun2024: part of a dense model in experts (default 1/3)",
         1e-6, 1},
        {"json", 0, ARG_FLAG, &w.json, NULL, "print JSON, an object (a list for several budgets)", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "allocate FIT --flops C[,C...] [limits] [options]",
        "The model and the tokens that reach the least loss for a training budget, under limits on memory, data, size\n"
        "and serving; or the least budget for a loss. FIT is a fit.json or published:NAME (also published:wan2026,\n"
        "published:tian2025).",
        "  moelaw allocate fit.json --flops 1e20,1e21,1e22 --format latex -o budgets.tex\n"
        "  moelaw allocate published:ludziejewski2025 --flops 1e22 --memory 80GB --context 16k --each\n"
        "  moelaw allocate published:zhao2025 --flops 1e23 --max-total 100B --serve-tokens 10T\n"
        "  moelaw allocate published:hoffmann2022 --max-loss 2.0\n",
        options,
        1,
        1};
    const char *spec;
    int n;
    TRY(args_parse(&usage, argc, argv, &spec, &n));
    return answer(&w, spec);
}

static int run(int argc, char **argv) {
    return status_report("moelaw", allocate_command(argc, argv));
}
COMMAND(allocate, "least loss for a budget: size, tokens and structure, under limits", 42)
