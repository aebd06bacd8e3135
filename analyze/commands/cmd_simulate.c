// cmd_simulate.c - `moelaw simulate`: plants a law on a design, with noise, fits it back and says how well it came
// back.
#include "ground/output.h"
#include "command.h"
#include "fit/fit_write.h"
#include "fit/plant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *design, *table;
    long rows, budgets, replicates;
    double noise, shared;
    bool json;
} Plan;

// The planted rows as a table of its own; a design file gives its points instead of the spread.
static Status plant_table(const Fit *truth, const Plan *plan, unsigned long seed, const char *path) {
    Runs runs = {0};
    int n = (int)plan->rows;
    Point *from_file = NULL;
    if (plan->design) {
        const RunChoice choice = {.loss_optional = true};
        const Law *laws[] = {truth->law, NULL};
        TRY(runs_read(plan->design, &choice, laws, &runs));
        from_file = runs_points(&runs, truth->law, true);
        n = runs.n;
    }
    Point *points = from_file ? from_file : allocate((unsigned long)n, sizeof *points);
    int *configuration = allocate((unsigned long)n, sizeof *configuration);
    double *loss = allocate((unsigned long)n, sizeof *loss);
    if (from_file)
        memcpy(configuration, runs.cluster, (size_t)n * sizeof *configuration);
    else
        plant_design(truth, n, (int)plan->budgets, seed, points, configuration);
    plant_losses(truth, n, points, configuration, plan->noise, plan->shared, seed, loss);
    Status s = plant_write(path, truth, n, points, configuration, loss);
    free(points);
    free(configuration);
    free(loss);
    runs_free(&runs);
    return s;
}

typedef struct {
    int n, inside[LAW_MAX_PARAMETERS], reached;
    double worst[LAW_MAX_PARAMETERS]; // largest relative error
    FitReport *last;
} Recovery;

static Status recover(const Fit *truth, const char *path, const FitOptions *o, Recovery *r, bool last,
                      const Plan *plan) {
    const RunChoice choice = {0};
    const Law *laws[] = {truth->law, NULL};
    Runs runs;
    Fitted f;
    TRY(runs_read(path, &choice, laws, &runs));
    Status s = fitting_run(truth->law, &runs, o, NULL, 0, &f);
    if (s == OK) {
        double planted[LAW_MAX_PARAMETERS], got[LAW_MAX_PARAMETERS];
        bootstrap(&runs, (int)o->bootstrap, &f);
        fit_report(&f, &runs, o, &choice, r->last);
        law_to_printed(truth->law, truth->parameters, planted);
        law_to_printed(truth->law, f.parameters, got);
        for (int i = 0; i < law_n_parameters(truth->law); i++) {
            const double *ci = r->last->ci95[i];
            r->inside[i] += planted[i] >= ci[0] && planted[i] <= ci[1];
            r->worst[i] = fmax(r->worst[i], fabs(got[i] - planted[i]) / fmax(fabs(planted[i]), 1e-300));
        }
        r->reached += f.value <= objective_value(&f.problem, truth->parameters) * (1 + 1e-12) + 1e-20;
        r->n++;
        if (last && !plan->json) {
            printf("%s planted on %d rows, noise %g %%\n\n", truth->law->name, f.problem.n, 100 * plan->noise);
            printf("%-12s %12s %12s %10s  %s\n", "coefficient", "planted", "recovered", "error", "95 % interval");
            for (int i = 0; i < law_n_parameters(truth->law); i++)
                printf("%-12s %12.6g %12.6g %+9.2g%%  [%.5g, %.5g]%s%s\n", law_parameter_name(truth->law, i),
                       planted[i], got[i], 100 * (got[i] - planted[i]) / fmax(fabs(planted[i]), 1e-300),
                       r->last->ci95[i][0], r->last->ci95[i][1],
                       planted[i] >= r->last->ci95[i][0] && planted[i] <= r->last->ci95[i][1] ? "" : " misses",
                       r->last->id.unidentified[i] ? " (not identified)" : "");
            printf("\nobjective %.8g, of the planted coefficients %.8g\n", f.value,
                   objective_value(&f.problem, truth->parameters));
            for (int i = 0; i < r->last->n_derived; i++)
                printf("best %s: %.5g [%.5g, %.5g]\n", r->last->derived[i].name, r->last->derived[i].value,
                       r->last->derived[i].ci95[0], r->last->derived[i].ci95[1]);
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
    printf("{\"law\": \"%s\", \"replicates\": %d, \"reached\": %d, \"parameters\": [", truth->law->name, r->n,
           r->reached);
    for (int i = 0; i < law_n_parameters(truth->law); i++) {
        printf("%s\n  {\"name\": \"%s\", \"coverage\": %.4f, \"largest_error\": ", i ? "," : "",
               law_parameter_name(truth->law, i), (double)r->inside[i] / r->n);
        write_json_number(stdout, r->worst[i]);
        printf("}");
    }
    printf("\n]}\n");
}

static Status rehearse(const Fit *truth, const Plan *plan, const FitOptions *o) {
    char path[] = "/tmp/moelaw-plant-XXXXXX";
    int file = mkstemp(path);
    if (file < 0) return fail(CANNOT_FINISH, "cannot make a temporary file in /tmp");
    close(file);
    Recovery r = {.last = allocate(1, sizeof *r.last)};
    Status s = OK;
    bool was_quiet = quiet;
    for (long k = 0; k < plan->replicates && s == OK; k++) {
        FitOptions here = *o;
        here.seed = o->seed + k;
        s = plant_table(truth, plan, (unsigned long)here.seed, path);
        if (s == OK) s = recover(truth, path, &here, &r, k + 1 == plan->replicates, plan);
        quiet = true; // one word on the columns is enough
    }
    quiet = was_quiet;
    if (s == OK && plan->json) print_json(truth, &r);
    if (s == OK && !plan->json && r.n > 1) print_coverage(truth, &r);
    free(r.last);
    unlink(path);
    return s;
}

static Status simulate(int argc, char **argv) {
    FitOptions o = FIT_OPTIONS_DEFAULT;
    Plan plan = {.rows = 446, .budgets = 3, .replicates = 1, .noise = 0.003};
    const char *spec;
    int n;
    const Option options[] = {
        {"design", 0, ARG_TEXT, &plan.design, "TABLE.csv", "plant on these points (default: spread over the ranges)", 0,
         0},
        {"rows", 0, ARG_WHOLE, &plan.rows, "N", "rows of the spread design (default 446)", 3, 1e7},
        {"budgets", 0, ARG_WHOLE, &plan.budgets, "N", "amounts of data a configuration (default 3)", 1, 100},
        {"noise", 0, ARG_NUMBER, &plan.noise, "SD", "of the log loss (default 0.003)", 0, 1},
        {"shared", 0, ARG_NUMBER, &plan.shared, "PART", "of the noise that a configuration has in common (default 0)",
         0, 1},
        {"replicates", 0, ARG_WHOLE, &plan.replicates, "R", "repeat, and count how often intervals hold (default 1)", 1,
         1e5},
        {"output", 'o', ARG_TEXT, &plan.table, "RUNS.csv", "write the planted table and stop", 0, 0},
        FIT_OPTIONS(o),
        {"bootstrap", 0, ARG_WHOLE, &o.bootstrap, "B", "replicates for intervals (default 500)", 0, 1e6},
        {"json", 0, ARG_FLAG, &plan.json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "simulate LAW|FIT [--design TABLE.csv] [--noise SD] [-o RUNS.csv]",
        "Plants a law (published coefficients of LAW, or a fit) on a design, with noise, and reports recovery:\n"
        "which coefficients this design could tell, and how well their intervals hold.",
        "  moelaw simulate zhao2025 --noise 0.003\n"
        "  moelaw simulate fit.json --design planned.csv --replicates 20\n"
        "  moelaw simulate hoffmann2022 --rows 1000 -o planted.csv\n",
        options,
        1,
        1};
    TRY(args_parse(&usage, argc, argv, &spec, &n));
    char published[128];
    Fit truth;
    snprintf(published, sizeof published, "published:%s", spec);
    bool is_law = law_find(spec) || (!strchr(spec, '/') && !strchr(spec, '.') && strncmp(spec, "published:", 10) != 0);
    TRY(fit_load(is_law ? published : spec, &truth));
    Status s = plan.table ? plant_table(&truth, &plan, (unsigned long)o.seed, plan.table) : rehearse(&truth, &plan, &o);
    if (s == OK && plan.table) note("wrote %s", plan.table);
    fit_free(&truth);
    return s;
}

static int run(int argc, char **argv) {
    return status_report("moelaw", simulate(argc, argv));
}
COMMAND(simulate, "plants a law and reports how well it is recovered", 60)
