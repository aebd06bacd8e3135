// cmd_next.c - `moelaw next FIT RUNS.csv --flops C`: the runs that narrow the answer most for the compute.
#include "command.h"
#include "decide/accounting.h"
#include "decide/decision.h"
#include "decide/experiment.h"
#include "decide/quantity.h"
#include "fit/derived.h"
#include "runs/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *flops, *quantity, *candidates;
    double noise, extend;
    long most;
    bool json;
    RunChoice choice;
} Wanted;

// ---- the quantity --------------------------------------------------------------------------------------------------

typedef struct {
    const Law *law;
    enum { COEFFICIENT, BEST_G, BEST_S, BEST_RATIO, LOSS } kind;
    int index; // of the coefficient
    double N;  // for Na_over_N
    Point at;  // for loss
    char name[128];
} Quantity;

static double quantity_value(const Quantity *q, const double *parameters) {
    BestAt at = {q->N, 0, {1, 20}, {0, 0.7}};
    switch (q->kind) {
    case BEST_G: return best_g(q->law, parameters, NULL);
    case BEST_S: return best_s(q->law, parameters, NULL);
    case BEST_RATIO: return best_ratio(q->law, parameters, &at);
    case LOSS: return law_loss(q->law, parameters, &q->at);
    default: return parameters[q->index];
    }
}

static Status quantity_of(const char *text, const Fit *fit, Quantity *q) {
    const char *at = strchr(text, '@');
    size_t length = at ? (size_t)(at - text) : strlen(text);
    *q = (Quantity){.law = fit->law, .index = -1, .N = 30e9};
    snprintf(q->name, sizeof q->name, "%s", text);
    if (length == 4 && !strncmp(text, "loss", 4)) {
        q->kind = LOSS;
        if (!at) return fail(BAD_INPUT, "--quantity loss: say where: loss@N=7e9,D=1e12,...");
        return point_parse(fit->law, at + 1, &q->at);
    }
    if (!strcmp(text, "G") && law_uses(fit->law, VAR_G)) return q->kind = BEST_G, OK;
    if (!strcmp(text, "S") && law_uses(fit->law, VAR_S)) return q->kind = BEST_S, OK;
    if (length == 9 && !strncmp(text, "Na_over_N", 9) && law_uses(fit->law, VAR_N) && law_uses(fit->law, VAR_NA)) {
        q->kind = BEST_RATIO;
        if (at && (strncmp(at, "@N=", 3) != 0 || !parse_number(at + 3, &q->N)))
            return fail(BAD_INPUT, "--quantity %s: expected Na_over_N@N=30e9", text);
        return OK;
    }
    q->index = law_parameter_index(fit->law, text);
    if (q->index >= 0) return OK;
    return fail(BAD_INPUT,
                "--quantity '%s': expected a coefficient of %s (%s, ...), loss@N=..,D=.., G, S or Na_over_N@N=..", text,
                fit->law->name, law_parameter_name(fit->law, 0));
}

// By central differences; coefficients that are 0 do not move.
static Status gradient_of(const Quantity *q, const double *parameters, double *gradient) {
    double p[LAW_MAX_PARAMETERS];
    int n = law_n_parameters(q->law);
    memcpy(p, parameters, (size_t)n * sizeof *p);
    for (int i = 0; i < n; i++) {
        double h = 1e-3 * fabs(parameters[i]);
        gradient[i] = 0;
        if (h == 0) continue;
        p[i] = parameters[i] + h;
        double above = quantity_value(q, p);
        p[i] = parameters[i] - h;
        gradient[i] = (above - quantity_value(q, p)) / (2 * h);
        p[i] = parameters[i];
        if (!isfinite(gradient[i]))
            return fail(BAD_INPUT, "--quantity %s: has no value for this fit, or none beside it (see moelaw optimum)",
                        q->name);
    }
    return OK;
}

// ---- candidates ----------------------------------------------------------------------------------------------------

typedef struct {
    Point *points;
    double *cost;
    int n;
} Candidates;

static void ranges_of(const Point *points, int n, double range[N_VARIABLES][2]) {
    for (int v = 0; v < N_VARIABLES; v++) {
        range[v][0] = INFINITY;
        range[v][1] = -INFINITY;
        for (int i = 0; i < n; i++) {
            range[v][0] = fmin(range[v][0], points[i].x[v]);
            range[v][1] = fmax(range[v][1], points[i].x[v]);
        }
    }
}

// Training FLOPs of a point: 6 Na D, with the runs' usual Na/N where the law has no Na.
static double cost_of(const Point *p, double ratio) {
    double Na = isnan(p->x[VAR_NA]) ? p->x[VAR_N] * ratio : p->x[VAR_NA];
    return 6 * Na * p->x[VAR_D];
}

enum { LEVELS = 5 };

// Level k of a variable: even steps of the logarithm (of the value where it may be 0) over the runs' range.
static double level(Variable v, const double range[2], double extend, int k) {
    double t = (double)k / (LEVELS - 1);
    if (v == VAR_S || v == VAR_SPARSITY) return range[0] + t * (range[1] - range[0]);
    double hi = v == VAR_D || v == VAR_N || v == VAR_NA ? range[1] * extend : range[1];
    return range[0] * pow(hi / range[0], t);
}

// A grid over the ranges of the law's variables; Na as a share of N where the law has both.
static Candidates grid(const Law *law, const Point *runs, int n_runs, double extend) {
    double range[N_VARIABLES][2], ratio[2] = {INFINITY, 0}, usual = 0;
    int total = 1, n_ratio = 0;
    bool both = law_uses(law, VAR_N) && law_uses(law, VAR_NA);
    ranges_of(runs, n_runs, range);
    for (int i = 0; i < n_runs; i++) {
        double r = runs[i].x[VAR_NA] / runs[i].x[VAR_N];
        if (isnan(r)) continue;
        ratio[0] = fmin(ratio[0], r);
        ratio[1] = fmax(ratio[1], r);
        usual += r;
        n_ratio++;
    }
    usual = n_ratio ? usual / n_ratio : 1;
    for (int i = 0; i < law->n_variables; i++) total *= LEVELS;
    Candidates c = {allocate(total, sizeof *c.points), allocate(total, sizeof *c.cost), 0};
    for (int k = 0; k < total; k++) {
        Point p;
        for (int v = 0; v < N_VARIABLES; v++) p.x[v] = NAN;
        for (int i = 0, rest = k; i < law->n_variables; i++, rest /= LEVELS) {
            Variable v = law->variables[i].variable;
            p.x[v] = level(v, both && v == VAR_NA ? ratio : range[v], both && v == VAR_NA ? 1 : extend, rest % LEVELS);
        }
        if (both) p.x[VAR_NA] *= p.x[VAR_N];
        bool turned = law_uses(law, VAR_E) && !law_uses(law, VAR_N);
        if (turned) p.x[VAR_E] = round(p.x[VAR_E]);
        point_prepare(law, &p);
        c.points[c.n] = p;
        c.cost[c.n++] = cost_of(&p, usual);
    }
    return c;
}

static Status from_table(const char *path, const Law *law, Candidates *c) {
    Runs runs;
    RunChoice choice = {.loss_optional = true};
    const Law *laws[] = {law, NULL};
    TRY(runs_read(path, &choice, laws, &runs));
    Point *points = runs_points(&runs, law, false);
    *c = (Candidates){points, allocate(runs.n, sizeof *c->cost), runs.n};
    for (int i = 0; i < runs.n; i++) c->cost[i] = cost_of(&points[i], 1);
    runs_free(&runs);
    return OK;
}

// ---- answer --------------------------------------------------------------------------------------------------------

static void print_text(const Fit *fit, const Experiment *e, const Quantity *q, const Plan *plan, double value) {
    char x[NUMBER_TEXT];
    printf("%s (%s): %s = %s +- %.3g (95 %%, from %d runs with noise %.3g in log L)\n\n  next  ", fit->law->name,
           fit->origin, q->name, people(value, x), 1.96 * plan->before, e->n_have, e->sigma);
    for (int i = 0; i < fit->law->n_variables; i++) printf("%-12s", variable_name(fit->law->variables[i].variable));
    printf("%-12s %-12s %s\n", "C, FLOPs", "total C", "then +-");
    double spent = 0;
    for (int k = 0; k < plan->n; k++) {
        const Point *p = &e->candidates[plan->run[k]];
        spent += e->cost[plan->run[k]];
        printf("  %-5d ", k + 1);
        for (int i = 0; i < fit->law->n_variables; i++)
            printf("%-12s", people(p->x[fit->law->variables[i].variable], x));
        printf("%-12.3g %-12.3g %.3g\n", e->cost[plan->run[k]], spent, 1.96 * plan->after[k]);
    }
    printf("\n%d runs for %.3g of %.3g FLOPs narrow the interval by a factor of %.2f.\n", plan->n, plan->cost,
           e->budget, plan->before / plan->after[plan->n - 1]);
}

static void print_json(const Fit *fit, const Experiment *e, const Quantity *q, const Plan *plan, double value) {
    double after = plan->after[plan->n - 1];
    const double before95[2] = {value - 1.96 * plan->before, value + 1.96 * plan->before};
    const double after95[2] = {value - 1.96 * after, value + 1.96 * after};
    json_t *runs = json_array();
    for (int k = 0; k < plan->n; k++) {
        json_t *o = json_object();
        for (int i = 0; i < fit->law->n_variables; i++) {
            Variable v = fit->law->variables[i].variable;
            json_object_set_new(o, variable_name(v), json_number(e->candidates[plan->run[k]].x[v]));
        }
        json_object_set_new(o, "C", json_number(e->cost[plan->run[k]]));
        json_object_set_new(o, "deviation_after", json_number(plan->after[k]));
        json_array_append_new(runs, o);
    }
    json_t *root = json_pack("{s:s, s:s, s:s, s:f, s:f, s:f}", "law", fit->law->name, "fit", fit->origin, "quantity",
                             q->name, "noise", e->sigma, "C", plan->cost, "factor", plan->before / after);
    json_object_set_new(root, "value", json_number(value));
    json_object_set_new(root, "interval_before", json_range(before95));
    json_object_set_new(root, "interval_after", json_range(after95));
    json_object_set_new(root, "runs", runs);
    json_print(root);
}

static Status plan_with(const Wanted *w, const Fit *fit, const Runs *runs, const Quantity *q) {
    double budget, gradient[LAW_MAX_PARAMETERS];
    Candidates c = {0};
    TRY(quantity_parse("flops", w->flops, UNIT_FLOPS, &budget));
    TRY(gradient_of(q, fit->parameters, gradient));
    Point *points = runs_points(runs, fit->law, true);
    Status s = OK;
    if (w->candidates)
        s = from_table(w->candidates, fit->law, &c);
    else
        c = grid(fit->law, points, runs->n, w->extend);
    double noise = w->noise > 0 ? w->noise : isfinite(fit->sigma) && fit->sigma > 0 ? fit->sigma : 0.003;
    Experiment e = {fit->law, fit->parameters, points,       runs->n, noise, c.points, c.cost,
                    c.n,      budget,          (int)w->most, gradient};
    Plan plan = {0};
    if (s == OK) plan = experiment_plan(&e);
    if (s == OK && !plan.n) {
        double least = INFINITY;
        for (int k = 0; k < c.n; k++) least = fmin(least, c.cost[k]);
        s = fail(BAD_INPUT, "--flops %.3g: the cheapest candidate costs %.3g FLOPs: the budget binds", budget, least);
    }
    if (s == OK) (w->json ? print_json : print_text)(fit, &e, q, &plan, quantity_value(q, fit->parameters));
    free(points);
    free(c.points);
    free(c.cost);
    return s;
}

static Status with_files(const Wanted *w, const char *spec, const char *path) {
    Fit fit;
    Runs runs;
    Quantity q;
    TRY(fit_load(spec, &fit));
    const Law *laws[] = {fit.law, NULL};
    const char *default_quantity = law_uses(fit.law, VAR_G) ? "G" : law_parameter_name(fit.law, 0);
    Status s = quantity_of(w->quantity ? w->quantity : default_quantity, &fit, &q);
    if (s == OK && !law_uses(fit.law, VAR_D))
        s = fail(BAD_INPUT, "%s has no training tokens: runs have no price", fit.law->name);
    if (s == OK) s = runs_read(path, &w->choice, laws, &runs);
    if (s == OK) {
        s = plan_with(w, &fit, &runs, &q);
        runs_free(&runs);
    }
    fit_free(&fit);
    return s;
}

static Status next(int argc, char **argv) {
    Wanted w = {.extend = 2, .most = 8, .choice = {.loss_optional = true}};
    const Option options[] = {
        {"flops", 0, ARG_TEXT, &w.flops, "C", "compute for the new runs together (needed)", 0, 0},
        {"quantity", 0, ARG_TEXT, &w.quantity, "Q",
         "what to narrow: a coefficient, G, S, Na_over_N@N=.., loss@N=..,D=..", 0, 0},
        {"candidates", 0, ARG_TEXT, &w.candidates, "CSV", "runs to choose from (default: a grid over the runs' range)",
         0, 0},
        {"extend", 0, ARG_NUMBER, &w.extend, "X", "grid: N and D up to X times the largest run's (default 2)", 1, 1e6},
        {"runs", 0, ARG_WHOLE, &w.most, "N", "most new runs (default 8)", 1, MOST_RUNS},
        {"noise", 0, ARG_NUMBER, &w.noise, "SD", "of log L of one run (default: the fit's, else 0.003)", 1e-9, 1},
        RUN_OPTIONS(w.choice),
        {"json", 0, ARG_FLAG, &w.json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "next FIT RUNS.csv --flops C [--quantity Q] [options]",
        "Which runs to do next: those that shrink the 95 % interval of the wanted quantity most for their compute, "
        "found\n"
        "greedily by Fisher information over a grid of candidates or a table of your own.",
        "  moelaw next fit.json runs.csv --flops 1e19 --quantity G\n"
        "  moelaw next fit.json runs.csv --flops 1e20 --quantity loss@N=7e9,D=1e12,Na=1e9,G=8,S=0.125 --json\n"
        "  moelaw next fit.json runs.csv --flops 1e19 --quantity Na_over_N@N=30e9 --candidates manifest.csv\n",
        options,
        2,
        2};
    const char *files[2];
    int n;
    TRY(args_parse(&usage, argc, argv, files, &n));
    if (!w.flops) return fail(BAD_INPUT, "a budget is missing: --flops 1e19");
    return with_files(&w, files[0], files[1]);
}

static int run(int argc, char **argv) {
    return status_report("moelaw", next(argc, argv));
}
COMMAND(next, "which runs to do next to narrow an answer most", 48)
