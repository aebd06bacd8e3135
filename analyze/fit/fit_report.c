// fit_report.c - what a fit that was just made has to say, and a report as a problem again: see fit_file.h.
#include "fit_file.h"

#include <math.h>
#include <string.h>

typedef struct {
    const Problem *problem;
    int index;
} Which;

// A printed coefficient; at the end of what was searched, that it is there. A bound is not a measured value.
static double printed_value(const Law *law, const double *parameters, void *context) {
    const Which *which = context;
    const Problem *p = which->problem;
    int i = which->index;
    double printed[LAW_MAX_PARAMETERS];
    law_to_printed(law, parameters, printed);
    if (!parameter_stands_alone(law, i)) return printed[i];
    return at_bound(p, i, parameters[i]) ? (parameters[i] - p->lo[i] < p->hi[i] - parameters[i] ? -INFINITY : INFINITY)
                                         : printed[i];
}

static double share_at_bound(const Fitted *f, int i) {
    int n = 0, p = law_n_parameters(f->law);
    for (int b = 0; b < f->n_draws; b++) n += at_bound(&f->problem, i, f->draws[(long)b * p + i]);
    return f->n_draws ? (double)n / f->n_draws : 0;
}

static void take_optima(const Fitted *f, FitReport *r) {
    r->starts = f->starts;
    r->starts.ends = NULL;
    for (int k = 0; k < r->starts.n_optima; k++)
        law_to_printed(f->law, f->starts.optima[k].parameters, r->starts.optima[k].parameters);
}

void fit_report(const Fitted *f, const Runs *runs, const FitOptions *options, const RunChoice *choice, FitReport *r) {
    *r = (FitReport){.fit = fitted_view(f, runs),
                     .file = runs->table->path,
                     .sha256 = runs->sha256,
                     .rows_read = runs->rows_read,
                     .rows_used = f->problem.n,
                     .configurations = runs->clustered_by_row ? runs->configurations : runs->n_clusters,
                     .choice = *choice,
                     .options = *options,
                     .value = f->value,
                     .resampling = f->resampling,
                     .clusters = f->clusters,
                     .unmoved = f->unmoved,
                     .metrics = f->metrics};
    identify(f, &r->id);
    law_to_printed(f->law, f->parameters, r->printed);
    memcpy(r->held, f->held, sizeof r->held);
    memcpy(r->at_bound, f->at_bound, sizeof r->at_bound);
    for (int i = 0; i < law_n_parameters(f->law); i++) {
        Which which = {&f->problem, i};
        r->ci95[i] = f->held[i] ? interval_unknown : fit_interval_of(&r->fit, printed_value, &which);
        r->profile95[i] = interval_unknown;
        r->draws_at_bound[i] = share_at_bound(f, i);
    }
    take_optima(f, r);
    r->worst = runs_name(runs, f->metrics.worst, r->worst_room);
    r->n_derived = derive(&r->fit, NAN, NAN, r->derived);
    r->drawn_by = runs->clustered_by_row ? "row" : choice->cluster ? choice->cluster : "configuration";
}

Status fit_again(const FitReport *r, const Runs *runs, const Point *points, Fitted *f) {
    const Law *law = r->fit.law;
    *f = (Fitted){.law = law, .n_draws = r->fit.n_draws, .draws = r->fit.draws, .threads = 1};
    TRY(fitting_problem(law, &r->options, &f->problem));
    f->problem.n = runs->n;
    f->problem.points = points;
    f->problem.loss = runs->loss;
    f->problem.log_loss = runs->log_loss;
    f->problem.weight = runs->weight;
    memcpy(f->parameters, r->fit.parameters, sizeof f->parameters);
    int free_parameters = 0;
    for (int i = 0; i < law_n_parameters(law); i++) {
        f->held[i] = r->held[i];
        f->at_bound[i] = r->at_bound[i];
        if (f->held[i]) f->problem.lo[i] = f->problem.hi[i] = f->parameters[i];
        free_parameters += r->file && !f->held[i]; // published coefficients were fitted to other runs
    }
    f->value = objective_value(&f->problem, f->parameters);
    f->metrics = metrics_of(&f->problem, f->parameters, free_parameters);
    if (r->file) f->metrics.noise = r->metrics.noise;
    return OK;
}
