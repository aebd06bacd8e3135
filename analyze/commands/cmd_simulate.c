// cmd_simulate.c - `moelaw simulate`: plants a law on a design, with noise, fits it back and says how well it came
// back.
#include "command.h"
#include "fit/bootstrap.h"
#include "fit/fit_file.h"
#include "fit/plant.h"
#include "ground/json.h"
#include "laws/law_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *design, *table;
    long rows, budgets, replicates;
    double noise, shared;
    bool json;
} Rehearsal;

// Points with planted losses, and the configuration of each.
typedef struct {
    int n;
    Point *points;
    int *configuration;
    double *loss;
} Planted;

static void planted_free(Planted *p) {
    free(p->points);
    free(p->configuration);
    free(p->loss);
    *p = (Planted){0};
}

// The points of a design file, or a spread over the ranges.
static Status plant_points(const Fit *truth, const Rehearsal *plan, unsigned long seed, Planted *p) {
    *p = (Planted){.n = (int)plan->rows};
    if (plan->design) {
        const RunChoice choice = {.loss_optional = true, .held_out = true};
        const Law *laws[] = {truth->law, NULL};
        Runs runs;
        TRY(runs_read(plan->design, &choice, laws, &runs));
        p->n = runs.n;
        p->points = runs_points(&runs, truth->law, true);
        p->configuration = allocate(p->n, sizeof *p->configuration);
        memcpy(p->configuration, runs.cluster, (size_t)p->n * sizeof *p->configuration);
        runs_free(&runs);
    } else {
        p->points = allocate(p->n, sizeof *p->points);
        p->configuration = allocate(p->n, sizeof *p->configuration);
        plant_design(truth, p->n, (int)plan->budgets, seed, p->points, p->configuration);
    }
    p->loss = allocate(p->n, sizeof *p->loss);
    plant_losses(truth, p->n, p->points, p->configuration, plan->noise, plan->shared, seed, p->loss);
    return OK;
}

static Status write_table(const Fit *truth, const Rehearsal *plan, unsigned long seed) {
    Planted p;
    TRY(plant_points(truth, plan, seed, &p));
    Status s = plant_write(plan->table, truth, p.n, p.points, p.configuration, p.loss);
    planted_free(&p);
    return s;
}

typedef struct {
    int n, inside[LAW_MAX_PARAMETERS], reached;
    double worst[LAW_MAX_PARAMETERS]; // largest relative error
    FitReport *last;
} Recovery;

static Status recover(const Fit *truth, const Planted *p, const FitOptions *o, Recovery *r, bool last,
                      const Rehearsal *plan) {
    const RunChoice choice = {0};
    Runs runs;
    Fitted f;
    runs_of_points("planted", p->n, p->points, p->loss, p->configuration, &runs);
    Status s = fitting_run(truth->law, &runs, o, NULL, 0, &f);
    if (s == OK) {
        double planted[LAW_MAX_PARAMETERS], got[LAW_MAX_PARAMETERS];
        bootstrap(&runs, (int)o->bootstrap, &f);
        fit_report(&f, &runs, o, &choice, r->last);
        law_to_printed(truth->law, truth->parameters, planted);
        law_to_printed(truth->law, f.parameters, got);
        for (int i = 0; i < law_n_parameters(truth->law); i++) {
            const Interval *ci = &r->last->ci95[i];
            r->inside[i] += planted[i] >= ci->lo && planted[i] <= ci->hi;
            r->worst[i] = fmax(r->worst[i], fabs(got[i] - planted[i]) / fmax(fabs(planted[i]), 1e-300));
        }
        r->reached += f.value <= objective_value(&f.problem, truth->parameters) * (1 + 1e-12) + 1e-20;
        r->n++;
        if (last && !plan->json) {
            printf("%s planted on %d rows, noise %g %%\n\n", truth->law->name, f.problem.n, 100 * plan->noise);
            printf("%-12s %12s %12s %10s  %s\n", "coefficient", "planted", "recovered", "error", "95 % interval");
            char text[INTERVAL_TEXT_ROOM];
            for (int i = 0; i < law_n_parameters(truth->law); i++)
                printf("%-12s %12.6g %12.6g %+9.2g%%  %s%s%s\n", law_parameter_name(truth->law, i), planted[i], got[i],
                       100 * (got[i] - planted[i]) / fmax(fabs(planted[i]), 1e-300),
                       interval_text(&r->last->ci95[i], text),
                       planted[i] >= r->last->ci95[i].lo && planted[i] <= r->last->ci95[i].hi ? "" : " misses",
                       r->last->id.unidentified[i] ? " (not identified)" : "");
            printf("\nobjective %.8g, of the planted coefficients %.8g\n", f.value,
                   objective_value(&f.problem, truth->parameters));
            for (int i = 0; i < r->last->n_derived; i++)
                printf("best %s: %.5g %s\n", r->last->derived[i].name, r->last->derived[i].value,
                       interval_text(&r->last->derived[i].ci95, text));
        }
        fitted_free(&f);
    }
    runs_free(&runs);
    return s;
}

static void print_coverage(const Fit *truth, const Recovery *r) {
    printf("\nover %d replicates: 95 %% intervals contain the truth (largest error)\n", r->n);
    for (int i = 0; i < law_n_parameters(truth->law); i++)
        printf("%-12s %5.1f %%  (%.2g %%)\n", law_parameter_name(truth->law, i), 100.0 * r->inside[i] / r->n,
               100 * r->worst[i]);
    printf("objective at or below the planted one in %d of %d\n", r->reached, r->n);
}

static void print_json(const Fit *truth, const Recovery *r) {
    json_t *parameters = json_array();
    for (int i = 0; i < law_n_parameters(truth->law); i++)
        json_array_append_new(parameters,
                              json_pack("{s:s, s:f, s:o}", "name", law_parameter_name(truth->law, i), "coverage",
                                        (double)r->inside[i] / r->n, "largest_error", json_number(r->worst[i])));
    json_print(json_pack("{s:s, s:i, s:i, s:o}", "law", truth->law->name, "replicates", r->n, "reached", r->reached,
                         "parameters", parameters));
}

static Status rehearse(const Fit *truth, const Rehearsal *plan, const FitOptions *o) {
    Recovery r = {.last = allocate(1, sizeof *r.last)};
    Status s = OK;
    bool was_quiet = quiet;
    for (long k = 0; k < plan->replicates && s == OK; k++) {
        FitOptions here = *o;
        here.seed = o->seed + k;
        Planted p;
        s = plant_points(truth, plan, (unsigned long)here.seed, &p);
        if (s != OK) break;
        s = recover(truth, &p, &here, &r, k + 1 == plan->replicates, plan);
        planted_free(&p);
        quiet = true; // one word on the columns is enough
    }
    quiet = was_quiet;
    if (s == OK && plan->json) print_json(truth, &r);
    if (s == OK && !plan->json && r.n > 1) print_coverage(truth, &r);
    free(r.last);
    return s;
}

static Status run(const Command *self, int argc, char **argv) {
    FitOptions o = FIT_OPTIONS_DEFAULT;
    Rehearsal plan = {.rows = 446, .budgets = 3, .replicates = 1, .noise = 0.003};
    const char *spec;
    const Option options[] = {
        opt_text("design", &plan.design, "TABLE.csv", "plant on these points (default: spread over the ranges)"),
        opt_whole("rows", &plan.rows, "N", "rows of the spread design (default 446)", 3, 1e7),
        opt_whole("budgets", &plan.budgets, "N", "amounts of data a configuration (default 3)", 1, 100),
        opt_number("noise", &plan.noise, "SD", "of the log loss (default 0.003)", 0, 1),
        opt_number("shared", &plan.shared, "PART", "of the noise that a configuration has in common (default 0)", 0, 1),
        opt_whole("replicates", &plan.replicates, "R", "repeat, and count how often intervals hold (default 1)", 1,
                  1e5),
        opt_output(&plan.table, "RUNS.csv", "write the planted table and stop"),
        FIT_OPTIONS(o),
        opt_whole("bootstrap", &o.bootstrap, "B", "replicates for intervals (default 500)", 0, 1e6),
        opt_flag("json", &plan.json, "print JSON"),
        {0}};
    TRY(args_read(self, options, argc, argv, &spec, NULL));
    char published[128];
    Fit truth;
    snprintf(published, sizeof published, "published:%s", spec);
    bool is_law = law_find(spec) || law_is_file(spec) ||
                  (!strchr(spec, '/') && !strchr(spec, '.') && strncmp(spec, "published:", 10) != 0);
    TRY(fit_load(is_law ? published : spec, &truth));
    Status s = plan.table ? write_table(&truth, &plan, (unsigned long)o.seed) : rehearse(&truth, &plan, &o);
    if (s == OK && plan.table) note("wrote %s", plan.table);
    fit_free(&truth);
    return s;
}

MOELAW_COMMAND(simulate, 60, "plants a law and reports how well it is recovered",
               "LAW|FIT [--design TABLE.csv] [--noise SD] [-o RUNS.csv]", 1, 1,
               "Plants a law (published coefficients of LAW, or a fit) on a design, with noise, and reports recovery:\n"
               "which coefficients this design could tell, and how well their intervals hold.",
               "  moelaw simulate zhao2025 --noise 0.003\n"
               "  moelaw simulate fit.json --design planned.csv --replicates 20\n"
               "  moelaw simulate hoffmann2022 --rows 1000 -o planted.csv\n")
