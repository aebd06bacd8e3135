// fitting.c - see fitting.h.
#include "fitting.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Status read_objective(const FitOptions *o, Objective *objective) {
    static const char *const kinds[] = {"huber", "l2", "l1"};
    int kind = 0;
    while (kind < 3 && strcmp(kinds[kind], o->objective) != 0) kind++;
    if (kind == 3) return fail(BAD_INPUT, "--objective: is '%s', expected huber, l2 or l1", o->objective);
    bool log_residual = !strcmp(o->residual, "log");
    if (!log_residual && strcmp(o->residual, "linear") != 0)
        return fail(BAD_INPUT, "--residual: is '%s', expected log or linear", o->residual);
    *objective = (Objective){(ObjectiveKind)kind, log_residual, o->delta};
    return OK;
}

bool parameter_stands_alone(const Law *law, int i) {
    double printed[LAW_MAX_PARAMETERS], internal[LAW_MAX_PARAMETERS];
    if (!law->from_printed) return true;
    for (int j = 0; j < law_n_parameters(law); j++) printed[j] = 0.5 + 0.01 * j;
    law_from_printed(law, printed, internal);
    return internal[i] == printed[i];
}

static Status bound_parameter(const Law *law, const char *option, const char *text, Problem *p) {
    const char *equals = strchr(text, '='), *colon = strchr(text, ':');
    bool fix = !strcmp(option, "fix");
    char name[64] = "", low[64] = "", high[64] = "";
    if (equals && (fix || colon)) {
        snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
        snprintf(low, sizeof low, "%.*s", fix ? 63 : (int)(colon - equals - 1), equals + 1);
        snprintf(high, sizeof high, "%s", fix ? low : colon + 1);
    }
    double lo, hi;
    if (!name[0] || !parse_number(low, &lo) || !parse_number(high, &hi) || lo > hi)
        return fail(BAD_INPUT, "--%s %s: expected %s", option, text, fix ? "NAME=VALUE" : "NAME=LO:HI with LO <= HI");
    int i = law_parameter_index(law, name);
    if (i < 0)
        return fail(BAD_INPUT, "--%s %s: %s has no coefficient '%s'; see `moelaw laws %s`", option, text, law->name,
                    name, law->name);
    if (!parameter_stands_alone(law, i))
        return fail(BAD_INPUT, "--%s %s: %s of %s is printed as a mix of coefficients and cannot be held alone", option,
                    text, name, law->name);
    bool theta = i < law->n_theta;
    double least = theta ? (law->theta[i].log_scale ? 1e-300 : -1e6) : p->lo[i], most = theta ? 1e300 : p->hi[i];
    if (lo < least || hi > most)
        return fail(BAD_INPUT, "--%s %s: %s must be %s", option, text, name, least > -1 ? "positive" : "negative");
    p->lo[i] = lo;
    p->hi[i] = hi;
    return OK;
}

Status fitting_problem(const Law *law, const FitOptions *o, Problem *p) {
    *p = (Problem){.law = law};
    TRY(read_objective(o, &p->objective));
    problem_bounds(p);
    for (int i = 0; i < o->bound.n; i++) TRY(bound_parameter(law, "bound", o->bound.text[i], p));
    for (int i = 0; i < o->fix.n; i++) TRY(bound_parameter(law, "fix", o->fix.text[i], p));
    return OK;
}

// The rows of the problem: all runs, or some, as arrays of the fit's own.
static void take_rows(const Runs *runs, const Law *law, const int *only, int n_only, Fitted *f) {
    Point *points = runs_points(runs, law, only == NULL);
    f->problem.n = only ? n_only : runs->n;
    if (!only) {
        f->points = points;
        f->problem.loss = runs->loss;
        f->problem.log_loss = runs->log_loss;
        f->problem.weight = runs->weight;
    } else {
        size_t n = n_only;
        f->points = allocate(n, sizeof *f->points);
        f->own = allocate(3 * n, sizeof *f->own);
        for (int i = 0; i < n_only; i++) {
            f->points[i] = points[only[i]];
            f->own[i] = runs->loss[only[i]];
            f->own[n_only + i] = runs->log_loss[only[i]];
            f->own[2 * n_only + i] = runs->weight ? runs->weight[only[i]] : 1;
        }
        f->problem.loss = f->own;
        f->problem.log_loss = f->own + n_only;
        f->problem.weight = runs->weight ? f->own + 2 * n_only : NULL;
        free(points);
    }
    f->problem.points = f->points;
}

static void mark(Fitted *f) {
    const Problem *p = &f->problem;
    for (int i = 0; i < law_n_parameters(f->law); i++) {
        f->held[i] = p->lo[i] == p->hi[i];
        f->at_bound[i] = at_bound(p, i, f->parameters[i]);
    }
}

static int count_free(const Fitted *f) {
    int n = 0;
    for (int i = 0; i < law_n_parameters(f->law); i++) n += !f->held[i];
    return n;
}

static int threads_of(const FitOptions *o) {
    long online = o->threads > 0 ? o->threads : sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > 64 ? 64 : (int)online;
}

Status fitting_run(const Law *law, const Runs *runs, const FitOptions *o, const int *only, int n_only, Fitted *f) {
    *f = (Fitted){.law = law, .threads = threads_of(o), .seed = (unsigned long)o->seed};
    TRY(fitting_problem(law, o, &f->problem));
    take_rows(runs, law, only, n_only, f);
    for (int i = 0; i < law_n_parameters(law); i++) f->held[i] = f->problem.lo[i] == f->problem.hi[i];
    Status s = OK;
    if (f->problem.n < count_free(f))
        s = fail(BAD_INPUT,
                 "%s: %d rows cannot tell %d coefficients of %s; more runs, a smaller law, or --fix NAME=VALUE",
                 runs->table->path, f->problem.n, count_free(f), law->name);
    const StartOptions starts = {(int)o->starts, f->threads, f->seed, o->n_warm, o->warm};
    if (s == OK) s = run_starts(&f->problem, &starts, &f->starts);
    if (s != OK) {
        fitted_free(f);
        return s;
    }
    memcpy(f->parameters, f->starts.optima[0].parameters, sizeof f->parameters);
    f->value = f->starts.optima[0].value;
    mark(f);
    f->metrics = metrics_of(&f->problem, f->parameters, count_free(f));
    if (!only) f->metrics.noise = noise_of(&f->problem, f->parameters, count_free(f), runs->cluster);
    return OK;
}

void fitted_move(Fitted *f, const double *parameters) {
    Workspace *w = workspace_new(f->law, f->problem.n);
    LocalMinimum *best = &f->starts.optima[0];
    memcpy(f->parameters, parameters, sizeof f->parameters);
    f->value = polish(&f->problem, w, f->parameters, 1e-12, &best->converged);
    workspace_free(w);
    memcpy(best->parameters, f->parameters, sizeof best->parameters);
    best->value = f->value;
    best->starts = 0;
    mark(f);
    Noise noise = f->metrics.noise;
    f->metrics = metrics_of(&f->problem, f->parameters, count_free(f));
    f->metrics.noise = noise;
}

void fitted_free(Fitted *f) {
    starts_free(&f->starts);
    free(f->points);
    free(f->own);
    free(f->draws);
    *f = (Fitted){0};
}

Metrics metrics_of(const Problem *p, const double *parameters, int free_parameters) {
    Metrics m = {.free_parameters = free_parameters};
    double mean = 0, squares = 0, total = 0, log_squares = 0, log_sum = 0;
    for (int i = 0; i < p->n; i++) mean += p->loss[i] / p->n;
    for (int i = 0; i < p->n; i++) {
        double predicted = law_loss(p->law, parameters, &p->points[i]), error = predicted - p->loss[i];
        double r = fabs(log(predicted) - p->log_loss[i]);
        log_squares += r * r;
        log_sum += r;
        squares += error * error;
        total += (p->loss[i] - mean) * (p->loss[i] - mean);
        m.mape += 100 * fabs(error) / p->loss[i] / p->n;
        m.bias += 100 * error / p->loss[i] / p->n;
        if (fabs(error) > m.max_abs) {
            m.max_abs = fabs(error);
            m.worst = i;
        }
    }
    m.rmse = sqrt(squares / p->n);
    m.r2 = total > 0 ? 1 - squares / total : NAN;
    double n = p->n, k = free_parameters + 1; // the noise is a parameter as well
    bool normal = p->objective.kind == L2;
    m.likelihood = normal ? n * (log(2 * M_PI * fmax(log_squares / n, 1e-30)) + 1)
                          : 2 * n * (log(2 * fmax(log_sum / n, 1e-15)) + 1);
    m.aicc = n > k + 1 ? m.likelihood + 2 * k + 2 * k * (k + 1) / (n - k - 1) : NAN;
    m.bic = m.likelihood + k * log(n);
    m.noise = noise_constant(p, parameters, free_parameters);
    return m;
}

Fit fitted_view(const Fitted *f, const Runs *runs) {
    Fit view = {.law = f->law,
                .origin = runs->table->path,
                .n_draws = f->n_draws,
                .draws = f->draws,
                .withheld = f->resampling == WITHHELD,
                .noise = f->metrics.noise};
    memcpy(view.parameters, f->parameters, sizeof view.parameters);
    for (int v = 0; v < N_VARIABLES; v++) {
        view.range[v][0] = view.range[v][1] = NAN;
        for (int i = 0; i < f->problem.n; i++) {
            double x = f->points[i].x[v];
            if (isnan(x)) continue;
            view.range[v][0] = fmin(isnan(view.range[v][0]) ? x : view.range[v][0], x);
            view.range[v][1] = fmax(isnan(view.range[v][1]) ? x : view.range[v][1], x);
        }
    }
    return view;
}
