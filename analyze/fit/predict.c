// predict.c - see predict.h.
#include "predict.h"

#include <math.h>
#include <stdlib.h>

// Share of runs below x when the curve is one of the draws (log losses) and runs scatter by sigma around it, with the
// tails that noise.h says.
static double share_below(const double *logs, int n, double sigma, const Noise *noise, double x) {
    double sum = 0;
    for (int b = 0; b < n; b++) sum += noise_share(noise, (x - logs[b]) / sigma);
    return sum / n;
}

static double quantile(const double *logs, int n, double sigma, const Noise *noise, double share) {
    double lo = logs[0], hi = logs[0];
    for (int b = 1; b < n; b++) {
        lo = fmin(lo, logs[b]);
        hi = fmax(hi, logs[b]);
    }
    lo -= 40 * sigma;
    hi += 40 * sigma;
    for (int i = 0; i < 30; i++) { // to 1e-9 of the width
        double middle = 0.5 * (lo + hi);
        if (share_below(logs, n, sigma, noise, middle) < share)
            lo = middle;
        else
            hi = middle;
    }
    return exp(0.5 * (lo + hi));
}

static double loss_of(const Law *law, const double *parameters, void *context) {
    return law_loss(law, parameters, context);
}

Prediction predict(const Fit *fit, const Point *p) {
    Point point = *p;
    Prediction out = {.loss = law_loss(fit->law, fit->parameters, p), .interval95 = {NAN, NAN}};
    fit_interval(fit, loss_of, &point, out.band95);
    int n = fit->n_draws ? fit->n_draws : 1, n_parameters = law_n_parameters(fit->law), kept = 0;
    double *logs = allocate(n, sizeof *logs);
    for (int b = 0; b < n; b++) {
        const double *parameters = fit->n_draws ? fit->draws + (long)b * n_parameters : fit->parameters;
        logs[kept] = log(law_loss(fit->law, parameters, p));
        kept += isfinite(logs[kept]);
    }
    double sigma = noise_at(&fit->noise, fit->law, fit->parameters, p);
    if (kept && sigma > 0 && !fit->withheld)
        for (int i = 0; i < 2; i++) out.interval95[i] = quantile(logs, kept, sigma, &fit->noise, i ? 0.975 : 0.025);
    free(logs);
    for (int i = 0; i < fit->law->n_variables; i++) {
        Variable v = fit->law->variables[i].variable;
        double near = 1e-9 * fabs(p->x[v]);
        if (p->x[v] < fit->range[v][0] - near || p->x[v] > fit->range[v][1] + near) out.outside = variable_name(v);
    }
    return out;
}
