// objective.c - what search and polish share: room, the pass of the basis over the rows, the objective.
#include "objective.h"

#include "linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void problem_bounds(Problem *p) {
    const Law *law = p->law;
    for (int t = 0; t < law->n_theta; t++) {
        p->lo[t] = law->theta[t].lo;
        p->hi[t] = law->theta[t].hi;
    }
    for (int j = 0; j < law->n_coef; j++) {
        p->lo[law->n_theta + j] = law->coef[j].sign > 0 ? 0 : -INFINITY;
        p->hi[law->n_theta + j] = law->coef[j].sign < 0 ? 0 : INFINITY;
    }
}

bool at_bound(const Problem *p, int i, double x) {
    double near = 1e-9 * fmax(fabs(x), 1e-12);
    return p->lo[i] < p->hi[i] && (x <= p->lo[i] + near || x >= p->hi[i] - near);
}

Workspace *workspace_new(const Law *law, int max_rows) {
    size_t stride = (size_t)padded(max_rows), terms = 1 + (size_t)law->n_coef, theta = (size_t)law->n_theta,
           parameters = (size_t)law_n_parameters(law);
    size_t state = stride * (terms + terms * theta + parameters + 1);
    Workspace *w = allocate(1, sizeof *w);
    w->room = max_rows;
    double *at = w->block = allocate(2 * state + stride * (parameters + 4), sizeof(double));
    for (int i = 0; i < 2; i++) {
        w->state[i].phi = at;
        w->state[i].dphi = w->state[i].phi + stride * terms;
        w->state[i].jacobian = w->state[i].dphi + stride * terms * theta;
        w->state[i].residual = w->state[i].jacobian + stride * parameters;
        at += state;
    }
    w->columns = at;
    w->row_scale = w->columns + stride * (parameters + 1);
    w->pull = w->row_scale + stride;
    w->shaken = w->pull + stride;
    return w;
}

void workspace_free(Workspace *w) {
    if (w) free(w->block);
    free(w);
}

double objective_rho(const Objective *o, double r) {
    double a = fabs(r);
    switch (o->kind) {
    case L2: return r * r;
    case L1: return a;
    case HUBER: break;
    }
    return a <= o->delta ? r * r / 2 : o->delta * (a - o->delta / 2);
}

void residuals(const Problem *p, const double *parameters, double *residual) {
    const Law *law = p->law;
    double phi[1 + LAW_MAX_COEF];
    const double *c = parameters + law->n_theta;
    for (int i = 0; i < p->n; i++) {
        law_basis(law, &p->points[i], parameters, phi, NULL);
        double y = phi[0];
        for (int j = 0; j < law->n_coef; j++) y += c[j] * phi[1 + j];
        if (p->objective.log_residual)
            residual[i] = (law->log_target ? y : log(y)) - p->log_loss[i];
        else
            residual[i] = (law->log_target ? exp(y) : y) - p->loss[i];
    }
}

double objective_value(const Problem *p, const double *parameters) {
    double *r = allocate(p->n, sizeof *r), sum = 0;
    residuals(p, parameters, r);
    for (int i = 0; i < p->n; i++) sum += (p->weight ? p->weight[i] : 1) * objective_rho(&p->objective, r[i]);
    free(r);
    return isfinite(sum) ? sum : INFINITY;
}

void information(const Problem *p, Workspace *w, const double *parameters, double *matrix) {
    const Law *law = p->law;
    int n_parameters = law_n_parameters(law), stride = padded(p->n);
    memset(w->columns, 0, (size_t)stride * (size_t)n_parameters * sizeof(double));
    for (int i = 0; i < p->n; i++) {
        double gradient[LAW_MAX_PARAMETERS], loss = law_gradient(law, parameters, &p->points[i], gradient);
        double scale = sqrt(p->weight ? p->weight[i] : 1) / loss;
        for (int j = 0; j < n_parameters; j++) w->columns[(long)j * stride + i] = gradient[j] * scale;
    }
    gram(stride, n_parameters, w->columns, matrix);
}
