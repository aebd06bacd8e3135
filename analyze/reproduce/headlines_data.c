// headlines_data.c - fits of others repeated on the public runs they used (`moelaw reproduce --data FOLDER`).
#include "headlines.h"

#include "fit/fitting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *file, *law, *objective;
    TextList where, columns;
} Job;

typedef struct {
    double value, parameters[LAW_MAX_PARAMETERS]; // printed ones
    int rows;
    bool done;
} Refitted;

static Refitted fit_again(const char *folder, const Job *job) {
    char path[1024];
    Refitted r = {.value = NAN};
    Runs runs;
    Fitted f;
    const Law *laws[] = {law_find(job->law), NULL};
    RunChoice choice = {.held_out = true, .where = job->where, .columns = job->columns};
    FitOptions options = FIT_OPTIONS_DEFAULT;
    options.objective = job->objective;
    options.starts = 200;
    options.bootstrap = 0;
    snprintf(path, sizeof path, "%s/%s", folder, job->file);
    if (runs_read(path, &choice, laws, &runs) != OK) return r;
    if (fitting_run(laws[0], &runs, &options, NULL, 0, &f) == OK) {
        law_to_printed(laws[0], f.parameters, r.parameters);
        r.value = f.value;
        r.rows = runs.n;
        r.done = true;
        fitted_free(&f);
    }
    runs_free(&runs);
    return r;
}

static double coefficient(const char *law, const Refitted *r, const char *name) {
    return r->done ? r->parameters[law_parameter_index(law_find(law), name)] : NAN;
}

static void chinchilla(Headlines *h, const char *folder) {
    Job job = {"chinchilla_epoch.csv", "hoffmann2022", "huber", {1, {"notes.published_fit=1"}}, {0}};
    h->paper = "besiroglu2024";
    Refitted r = fit_again(folder, &job);
    must_be_near(h, 1.018274018e-3, r.value, 1e-6, "summed Huber loss on 240 points, refitted");
    must_lie(h, 1.815, 1.820, coefficient(job.law, &r, "E"), "E of that refit");
    must_lie(h, .345, .350, coefficient(job.law, &r, "alpha"), "alpha of that refit");
    must_lie(h, .364, .369, coefficient(job.law, &r, "beta"), "beta of that refit");
    job.objective = "l1";
    r = fit_again(folder, &job);
    must_be_near(h, 1.1294947, r.value, 1e-6, "sum of absolute residuals on 240 points, refitted");
    must_be_near(h, 482.01, coefficient(job.law, &r, "A"), .01,
                 "A of that refit (the paper's is one of least absolute residuals)");
    must_be_near(h, 2085.43, coefficient(job.law, &r, "B"), .01, "B of that refit");
    job.objective = "huber";
    job.where.n = 0;
    r = fit_again(folder, &job);
    must_be_near(h, 1.826010523e-3, r.value, 1e-6, "summed Huber loss on all 245 points, refitted");
}

static void clark(Headlines *h, const char *folder) {
    static const struct {
        const char *router, *name;
        double mse, a, b;
    } rows[] = {{"notes.router=Dense|S-Base", "S-BASE", 1.04169e-5, -.0830, -.1180},
                {"notes.router=Dense|RL-R", "RL-R", 1.0428e-5, -.0827, -.1234},
                {"notes.router=Dense|Hash", "HASH", 8.89028e-6, -.0874, -.1384}};
    h->paper = "clark2022";
    for (int i = 0; i < 3; i++) {
        Job job = {"deepmind_routing.csv",
                   "clark2022",
                   "l2",
                   {4, {rows[i].router, "notes.routing_frequency=0.5", "notes.k_field=1", "seed=42"}},
                   {1, {"N=notes.N_dense"}}};
        Refitted r = fit_again(folder, &job);
        must_be_near(h, rows[i].mse, r.value / r.rows / (M_LN10 * M_LN10), 1e-4,
                     "mean squared error of log10 L, %s, refitted", rows[i].name);
        must_be(h, rows[i].a, coefficient(job.law, &r, "a"), 1e-3, "a of that refit");
        must_be(h, rows[i].b, coefficient(job.law, &r, "b"), 2e-3, "b of that refit");
    }
}

void headlines_data(Headlines *h, const char *folder) {
    h->provenance = REFIT;
    chinchilla(h, folder);
    clark(h, folder);
    Job job = {"steplaw_moe.csv", "hoffmann2022", "huber", {0}, {1, {"N=Na"}}};
    h->paper = "li2025 (Step Law)";
    Refitted r = fit_again(folder, &job);
    must_be_near(h, 3.70117e-5, r.value, 1e-4, "summed Huber loss of a dense law in Na on 16 MoE runs");
}
