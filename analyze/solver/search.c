// search.c - the projected search: Levenberg-Marquardt over theta, the linear coefficients solved exactly inside
// (variable projection with Kaufman's Jacobian), on squared relative residuals.
#include "pass.h"

#include <math.h>
#include <string.h>

enum { MAX_STEPS = 60, MAX_TERMS = LAW_MAX_COEF + 1 };

// The rows' scale is the same for all theta: what turns y - y_hat into a residual of log L (or of L), times the weight.
static void scale_rows(const Problem *p, Workspace *w) {
    for (int i = 0; i < p->n; i++) {
        double scale = 1;
        if (p->objective.log_residual && !p->law->log_target) scale = 1 / p->loss[i];
        if (!p->objective.log_residual && p->law->log_target) scale = p->loss[i];
        w->row_scale[i] = scale * (p->weight ? sqrt(p->weight[i]) : 1);
    }
    for (int i = p->n; i < padded(p->n); i++) w->row_scale[i] = 0;
}

// One theta: the best c, the value, and the products that the step needs.
typedef struct {
    double theta[LAW_MAX_THETA], c[LAW_MAX_COEF], value;
    bool free_set[LAW_MAX_COEF];
    double g[MAX_TERMS * MAX_TERMS]; // of [A | b]
    State *state;
} Projection;

// Solves c at o->theta. Leaves the scaled columns [A | b] in w->columns.
static void project(const Problem *p, Workspace *w, Projection *o) {
    const Law *law = p->law;
    int m = law->n_coef, stride = padded(p->n);
    basis_pass(p, w, o->theta, o->state);
    for (int j = 0; j < m; j++) {
        const double *phi = o->state->phi + (long)(j + 1) * stride;
        double *column = w->columns + (long)j * stride;
        for (int i = 0; i < stride; i++) column[i] = phi[i] * w->row_scale[i];
    }
    double *target = w->columns + (long)m * stride;
    for (int i = 0; i < p->n; i++)
        target[i] = ((law->log_target ? p->log_loss[i] : p->loss[i]) - o->state->phi[i]) * w->row_scale[i];
    memset(target + p->n, 0, (size_t)(stride - p->n) * sizeof *target);
    gram(stride, m + 1, w->columns, o->g);
    double a[LAW_MAX_COEF * LAW_MAX_COEF], b[LAW_MAX_COEF];
    for (int i = 0; i < m; i++) {
        b[i] = o->g[i * (m + 1) + m];
        for (int j = 0; j < m; j++) a[i * m + j] = o->g[i * (m + 1) + j];
    }
    box_solve(m, a, b, p->lo + law->n_theta, p->hi + law->n_theta, o->c, o->free_set);
    double value = o->g[m * (m + 1) + m];
    for (int i = 0; i < m; i++) {
        double row = -2 * b[i];
        for (int j = 0; j < m; j++) row += a[i * m + j] * o->c[j];
        value += o->c[i] * row;
    }
    o->value = isfinite(value) ? fmax(value, 0) : INFINITY;
}

// Gradient over theta and the curvature that remains once c may follow (Schur complement).
static void curvature(const Problem *p, Workspace *w, const Projection *o, double *gradient, double *schur) {
    const Law *law = p->law;
    int m = law->n_coef, k = law->n_theta, stride = padded(p->n);
    double *tangents = w->columns + (long)(m + 1) * stride;
    for (int t = 0; t < k; t++) {
        double chain = law->theta[t].log_scale ? o->theta[t] : 1;
        double *column = tangents + (long)t * stride;
        for (int i = 0; i < p->n; i++) column[i] = chain * tangent(law, o->state, i, t, o->c) * w->row_scale[i];
        memset(column + p->n, 0, (size_t)(stride - p->n) * sizeof *column);
    }
    double across[LAW_MAX_THETA * MAX_TERMS]; // T'[A | b]
    for (int t = 0; t < k; t++)
        column_products(stride, tangents + (long)t * stride, w->columns, m + 1, across + t * (m + 1));
    gram(stride, k, tangents, schur);
    int index[LAW_MAX_COEF], n = 0;
    for (int j = 0; j < m; j++)
        if (o->free_set[j]) index[n++] = j;
    double sub[LAW_MAX_COEF * LAW_MAX_COEF] = {0};
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) sub[i * n + j] = o->g[index[i] * (m + 1) + index[j]];
    Factor f;
    factor(&f, n, sub, 0);
    for (int t = 0; t < k; t++) {
        double right[LAW_MAX_COEF] = {0}, follow[LAW_MAX_COEF];
        for (int i = 0; i < n; i++) right[i] = across[t * (m + 1) + index[i]];
        factor_solve(&f, right, follow);
        for (int s = 0; s < k; s++)
            for (int i = 0; i < n; i++) schur[s * k + t] -= across[s * (m + 1) + index[i]] * follow[i];
        gradient[t] = -across[t * (m + 1) + m];
        for (int j = 0; j < m; j++) gradient[t] += across[t * (m + 1) + j] * o->c[j];
    }
}

// The damped step from `at`: thetas that would leave their bounds are put on them and the others solved again. Returns
// the gain that the quadratic model promises.
static double step(const Problem *p, const Projection *at, const double *gradient, const double *schur, double damping,
                   double *theta) {
    const Law *law = p->law;
    int k = law->n_theta, index[LAW_MAX_THETA], n = 0;
    double d[LAW_MAX_THETA] = {0}, x[LAW_MAX_THETA], right[LAW_MAX_THETA], sub[LAW_MAX_THETA * LAW_MAX_THETA];
    for (int t = 0; t < k; t++) {
        bool outward = gradient[t] > 0 ? at->theta[t] <= p->lo[t] : at->theta[t] >= p->hi[t];
        if (p->lo[t] < p->hi[t] && !outward && schur[t * k + t] > 0) index[n++] = t;
    }
    for (bool stopped = true; stopped && n > 0;) {
        for (int i = 0; i < n; i++) {
            right[i] = -gradient[index[i]];
            for (int t = 0; t < k; t++) right[i] -= schur[index[i] * k + t] * d[t];
            for (int j = 0; j < n; j++) sub[i * n + j] = schur[index[i] * k + index[j]];
        }
        Factor f;
        factor(&f, n, sub, damping);
        factor_solve(&f, right, x);
        int kept = 0;
        for (int i = 0; i < n; i++) {
            int t = index[i];
            double room = to_scale(law, t, x[i] < 0 ? p->lo[t] : p->hi[t]) - to_scale(law, t, at->theta[t]);
            if (fabs(x[i]) > fabs(room))
                d[t] = room;
            else
                index[kept++] = t;
        }
        stopped = kept < n;
        n = kept;
    }
    for (int i = 0; i < n; i++) d[index[i]] = x[i];
    double gain = 0;
    for (int t = 0; t < k; t++) {
        gain -= gradient[t] * d[t];
        double moved = from_scale(law, t, to_scale(law, t, at->theta[t]) + d[t]);
        theta[t] = fmin(fmax(moved, p->lo[t]), p->hi[t]);
    }
    return gain;
}

static SearchStatus judge(const Problem *p, const Projection *o, bool converged) {
    if (!converged) return STALLED;
    for (int t = 0; t < p->law->n_theta; t++)
        if (p->lo[t] < p->hi[t] && (o->theta[t] <= p->lo[t] || o->theta[t] >= p->hi[t])) return AT_BOUND;
    return CONVERGED;
}

static void finish(const Problem *p, const Projection *o, const double *start, bool converged, SearchEnd *end) {
    int k = p->law->n_theta;
    memcpy(end->parameters, o->theta, (size_t)k * sizeof(double));
    memcpy(end->parameters + k, o->c, (size_t)p->law->n_coef * sizeof(double));
    end->value = o->value;
    end->status = judge(p, o, converged && isfinite(o->value));
    end->never_moved = 0;
    for (int t = 0; t < k; t++)
        if (p->lo[t] < p->hi[t] && fabs(o->theta[t] - start[t]) <= 1e-9 * fabs(start[t])) end->never_moved |= 1u << t;
}

void search(const Problem *p, Workspace *w, const double *theta, double until, SearchEnd *end) {
    int k = p->law->n_theta;
    Projection now = {.state = &w->state[0]}, next = {.state = &w->state[1]};
    double gradient[LAW_MAX_THETA], schur[LAW_MAX_THETA * LAW_MAX_THETA], damping = 0.01;
    scale_rows(p, w);
    memcpy(now.theta, theta, (size_t)k * sizeof *theta);
    project(p, w, &now);
    bool converged = k == 0;
    for (int i = 0, fresh = 1; i < MAX_STEPS && !converged && isfinite(now.value); i++) {
        if (fresh) curvature(p, w, &now, gradient, schur);
        double gain = step(p, &now, gradient, schur, damping, next.theta);
        if (gain <= until * now.value) {
            converged = true;
            break;
        }
        project(p, w, &next);
        fresh = next.value < now.value;
        if (fresh) {
            converged = now.value - next.value <= until * now.value && damping < 1e-2;
            damping = fmax(damping * (now.value - next.value > 0.5 * gain ? 0.1 : 0.5), 1e-9);
            Projection swap = now;
            now = next;
            next = swap;
        } else {
            damping *= 10;
            if (damping > 1e8) break;
        }
    }
    finish(p, &now, theta, converged, end);
}

double search_value(const Problem *p, Workspace *w, const double *theta, double *parameters) {
    Projection o = {.state = &w->state[0]};
    int k = p->law->n_theta;
    scale_rows(p, w);
    memcpy(o.theta, theta, (size_t)k * sizeof *theta);
    project(p, w, &o);
    memcpy(parameters, o.theta, (size_t)k * sizeof(double));
    memcpy(parameters + k, o.c, (size_t)p->law->n_coef * sizeof(double));
    return o.value;
}
