// polish.c - the exact objective over all parameters, from a good start.
//
// Newton steps of the Huber function: rows inside delta count with their square, rows outside only pull. The damping
// term is the matrix of reweighted least squares, so a heavily damped step is one of that slow but safe method, and
// steps do not depend on units. Small deltas (and l1, whose delta goes to nearly nothing) are approached from wider
// ones.
#include "pass.h"

#include <math.h>
#include <string.h>

enum { MAX_STEPS = 200 };

typedef struct {
    double x[LAW_MAX_PARAMETERS]; // natural values
    double value;                 // of the Huber function with the current delta
    State *state;
} Trial;

// The Huber function, its first derivative over r (the weight of reweighting) and whether r counts with its square.
static double huber(double r, double delta, double *reweight, bool *inside) {
    double a = fabs(r);
    *inside = a <= delta;
    *reweight = *inside ? 1 : delta / a;
    return *inside ? r * r / 2 : delta * (a - delta / 2);
}

// Sum of magnitudes of each term, by which coefficients keep their term's size when theta moves.
static void term_sizes(const Problem *p, const State *s, double *size) {
    int stride = padded(p->n);
    for (int j = 0; j < p->law->n_coef; j++) {
        const double *phi = s->phi + (long)(j + 1) * stride;
        size[j] = 0;
        for (int i = 0; i < p->n; i++) size[j] += fabs(phi[i]);
    }
}

// d log size_j / d theta_t on the scale of theta.
static void term_slopes(const Problem *p, const State *s, const double *theta, const double *size, double *slope) {
    const Law *law = p->law;
    int k = law->n_theta, stride = padded(p->n);
    memset(slope, 0, (size_t)(law->n_coef * k) * sizeof *slope);
    for (int i = 0; i < p->n; i++) {
        const double *d = s->dphi + (long)i * (1 + law->n_coef) * k;
        for (int j = 0; j < law->n_coef; j++) {
            double sign = s->phi[(long)(j + 1) * stride + i] < 0 ? -1 : 1;
            for (int t = 0; t < k; t++) slope[j * k + t] += sign * d[(j + 1) * k + t];
        }
    }
    for (int j = 0; j < law->n_coef; j++)
        for (int t = 0; t < k; t++)
            slope[j * k + t] *= size[j] > 0 ? (law->theta[t].log_scale ? theta[t] : 1) / size[j] : 0;
}

// Residuals and value at t->x, whose basis is already in t->state. INFINITY where a loss is not positive.
static void evaluate(const Problem *p, double delta, Trial *t) {
    const Law *law = p->law;
    int stride = padded(p->n);
    const double *c = t->x + law->n_theta;
    double *r = t->state->residual;
    memcpy(r, t->state->phi, (size_t)stride * sizeof *r);
    for (int j = 0; j < law->n_coef; j++) {
        const double *phi = t->state->phi + (long)(j + 1) * stride;
        for (int i = 0; i < stride; i++) r[i] += c[j] * phi[i];
    }
    bool log_residual = p->objective.log_residual, log_target = law->log_target;
    double sum = 0;
    for (int i = 0; i < p->n; i++) {
        double y = r[i], reweight;
        bool inside;
        if (log_residual)
            r[i] = (log_target ? y : log(y)) - p->log_loss[i];
        else
            r[i] = (log_target ? exp(y) : y) - p->loss[i];
        sum += (p->weight ? p->weight[i] : 1) * huber(r[i], delta, &reweight, &inside);
    }
    memset(r + p->n, 0, (size_t)(stride - p->n) * sizeof *r);
    t->value = isfinite(sum) ? sum : INFINITY;
}

// d residual / d parameter, theta on its scale.
static void jacobian(const Problem *p, Trial *t) {
    const Law *law = p->law;
    int k = law->n_theta, stride = padded(p->n);
    const double *c = t->x + k;
    double factors[256];
    for (int from = 0; from < p->n; from += 256) {
        int to = from + 256 < p->n ? from + 256 : p->n;
        for (int i = from; i < to; i++) {
            // r is log y - log L or y - L; with y = log L as target the two change places.
            double y = p->objective.log_residual ? exp(t->state->residual[i] + p->log_loss[i])
                                                 : t->state->residual[i] + p->loss[i];
            factors[i - from] = p->objective.log_residual == law->log_target ? 1 : law->log_target ? y : 1 / y;
        }
        for (int q = 0; q < k; q++) {
            double scale = law->theta[q].log_scale ? t->x[q] : 1, *column = t->state->jacobian + (long)q * stride;
            for (int i = from; i < to; i++) column[i] = scale * factors[i - from] * tangent(law, t->state, i, q, c);
        }
        for (int j = 0; j < law->n_coef; j++) {
            const double *phi = t->state->phi + (long)(j + 1) * stride;
            double *column = t->state->jacobian + (long)(k + j) * stride;
            for (int i = from; i < to; i++) column[i] = factors[i - from] * phi[i];
        }
    }
    for (int j = 0; j < law_n_parameters(law); j++)
        memset(t->state->jacobian + (long)j * stride + p->n, 0, (size_t)(stride - p->n) * sizeof(double));
}

static void gradient_of(const Problem *p, Workspace *w, const Trial *t, double delta, double *gradient) {
    int stride = padded(p->n);
    for (int i = 0; i < stride; i++) {
        double reweight = 0;
        bool inside;
        if (i < p->n) huber(t->state->residual[i], delta, &reweight, &inside);
        w->pull[i] = reweight * t->state->residual[i] * (p->weight && i < p->n ? p->weight[i] : 1);
    }
    column_products(stride, w->pull, t->state->jacobian, law_n_parameters(p->law), gradient);
}

static void hessian_of(const Problem *p, Workspace *w, const Trial *t, double delta, double damping, double *hessian) {
    int stride = padded(p->n), n_parameters = law_n_parameters(p->law);
    for (int i = 0; i < stride; i++) {
        double reweight = 0;
        bool inside = false;
        if (i < p->n) huber(t->state->residual[i], delta, &reweight, &inside);
        double weight = p->weight && i < p->n ? p->weight[i] : 1;
        w->row_scale[i] = sqrt(weight * ((inside && i < p->n ? 1 : 0) + damping * reweight));
    }
    for (int j = 0; j < n_parameters; j++) {
        const double *from = t->state->jacobian + (long)j * stride;
        double *to = w->columns + (long)j * stride;
        for (int i = 0; i < stride; i++) to[i] = from[i] * w->row_scale[i];
    }
    gram(stride, n_parameters, w->columns, hessian);
}

// Parameters that may move: not held, and not pushed out over a bound.
static int movable(const Problem *p, const Trial *t, const double *gradient, int *index) {
    int n = 0;
    for (int i = 0; i < law_n_parameters(p->law); i++) {
        bool outward = gradient[i] > 0 ? t->x[i] <= p->lo[i] : t->x[i] >= p->hi[i];
        if (p->lo[i] < p->hi[i] && !outward) index[n++] = i;
    }
    return n;
}

// How far parameter i may go on its scale before the bound that d points to.
static double room_of(const Problem *p, const Trial *t, int i, double d) {
    double bound = d < 0 ? p->lo[i] : p->hi[i];
    return i < p->law->n_theta ? to_scale(p->law, i, bound) - to_scale(p->law, i, t->x[i]) : bound - t->x[i];
}

// The step d over all parameters (0 where held): Newton's, with parameters that would leave their bounds put on them
// and the others solved again. Returns the gain that the quadratic model promises.
static double newton_step(const Problem *p, const Trial *t, const double *gradient, const double *hessian,
                          const int *movable_index, int n, double *d) {
    int m = law_n_parameters(p->law), index[LAW_MAX_PARAMETERS];
    double right[LAW_MAX_PARAMETERS], sub[LAW_MAX_PARAMETERS * LAW_MAX_PARAMETERS], x[LAW_MAX_PARAMETERS];
    memset(d, 0, (size_t)m * sizeof *d);
    memcpy(index, movable_index, (size_t)n * sizeof *index);
    for (bool stopped = true; stopped && n > 0;) {
        for (int i = 0; i < n; i++) {
            right[i] = -gradient[index[i]];
            for (int j = 0; j < m; j++) right[i] -= hessian[index[i] * m + j] * d[j];
            for (int j = 0; j < n; j++) sub[i * n + j] = hessian[index[i] * m + index[j]];
        }
        Factor f;
        factor(&f, n, sub, 1e-14);
        factor_solve(&f, right, x);
        int kept = 0;
        for (int i = 0; i < n; i++) {
            double room = room_of(p, t, index[i], x[i]);
            if (fabs(x[i]) > fabs(room))
                d[index[i]] = room;
            else
                index[kept++] = index[i];
        }
        stopped = kept < n;
        n = kept;
    }
    for (int i = 0; i < n; i++) d[index[i]] = x[i];
    double gain = 0;
    for (int i = 0; i < m; i++) {
        double bend = 0;
        for (int j = 0; j < m; j++) bend += hessian[i * m + j] * d[j];
        gain -= d[i] * (gradient[i] + 0.5 * bend);
    }
    return gain;
}

static double clip(double x, double lo, double hi) {
    return fmin(fmax(x, lo), hi);
}

// Goes from `at` by d. Coefficients keep the size of their term: what d gives them is a share of that.
static void retract(const Problem *p, Workspace *w, const Trial *at, const double *size, const double *slope,
                    const double *d, Trial *to) {
    const Law *law = p->law;
    int k = law->n_theta;
    double new_size[LAW_MAX_COEF];
    for (int t = 0; t < k; t++)
        to->x[t] = clip(from_scale(law, t, to_scale(law, t, at->x[t]) + d[t]), p->lo[t], p->hi[t]);
    basis_pass(p, w, to->x, to->state);
    term_sizes(p, to->state, new_size);
    for (int j = 0; j < law->n_coef; j++) {
        int i = k + j;
        double c = at->x[i] + d[i], ratio = size[j] / new_size[j];
        if (isfinite(ratio) && ratio > 0) {
            for (int t = 0; t < k; t++) c += at->x[i] * slope[j * k + t] * d[t];
            c *= ratio;
        }
        to->x[i] = p->lo[i] < p->hi[i] ? clip(c, p->lo[i], p->hi[i]) : at->x[i];
    }
}

// Minimises the Huber function of one delta from now->x (basis, residuals and value already there).
static bool descend(const Problem *p, Workspace *w, double delta, double until, Trial *now, Trial *next) {
    int index[LAW_MAX_PARAMETERS], n = 0, small = 0;
    double gradient[LAW_MAX_PARAMETERS], hessian[LAW_MAX_PARAMETERS * LAW_MAX_PARAMETERS], d[LAW_MAX_PARAMETERS];
    double size[LAW_MAX_COEF], slope[LAW_MAX_COEF * LAW_MAX_THETA], damping = 0.1;
    bool fresh = true;
    for (int i = 0; i < MAX_STEPS; i++) {
        if (fresh) {
            jacobian(p, now);
            gradient_of(p, w, now, delta, gradient);
            n = movable(p, now, gradient, index);
            term_sizes(p, now->state, size);
            term_slopes(p, now->state, now->x, size, slope);
        }
        hessian_of(p, w, now, delta, damping, hessian);
        double gain = newton_step(p, now, gradient, hessian, index, n, d);
        if (gain <= until * now->value && (damping <= 1e-2 || gain <= 1e-3 * until * now->value)) return true;
        retract(p, w, now, size, slope, d, next);
        evaluate(p, delta, next);
        fresh = next->value < now->value;
        if (fresh) {
            double got = now->value - next->value;
            small = got <= until * now->value ? small + 1 : 0;
            damping = got > 0.7 * gain ? fmax(damping * 0.1, 1e-8) : got < 0.2 * gain ? damping * 3 : damping;
            Trial swap = *now;
            *now = *next;
            *next = swap;
            if (small >= 4) return true;
        } else {
            damping *= 8;
            if (damping > 1e12) return gain <= 1e-6 * now->value;
        }
    }
    return false;
}

// 1.4826 times the median of |r|, by partial counting over a fixed grid: no room, no sort.
static double spread(const double *r, int n) {
    double lo = 0, hi = 0;
    for (int i = 0; i < n; i++) hi = fmax(hi, fabs(r[i]));
    for (int turn = 0; turn < 40 && hi - lo > 1e-3 * hi; turn++) {
        double middle = 0.5 * (lo + hi);
        int below = 0;
        for (int i = 0; i < n; i++) below += fabs(r[i]) <= middle;
        if (2 * below < n)
            lo = middle;
        else
            hi = middle;
    }
    return 1.4826 * hi;
}

static double polish_from(const Problem *p, Workspace *w, double *parameters, double until, bool near,
                          bool *converged) {
    int n_parameters = law_n_parameters(p->law);
    Trial now = {.state = &w->state[0]}, next = {.state = &w->state[1]};
    if (converged) *converged = false;
    memcpy(now.x, parameters, (size_t)n_parameters * sizeof *parameters);
    for (int i = 0; i < n_parameters; i++) now.x[i] = clip(now.x[i], p->lo[i], p->hi[i]);
    basis_pass(p, w, now.x, now.state);
    evaluate(p, INFINITY, &now);
    if (!isfinite(now.value)) return INFINITY;
    double typical = spread(now.state->residual, p->n), last = p->objective.delta;
    if (p->objective.kind == L2) last = INFINITY;
    if (p->objective.kind == L1) last = fmax(1e-7 * typical, 1e-15);
    if (p->objective.kind == HUBER && near) typical = last;
    bool good = false;
    for (double delta = p->objective.kind == L2 ? last : fmax(last, typical);; delta = fmax(delta / 10, last)) {
        evaluate(p, delta, &now);
        good = descend(p, w, delta, delta > last ? fmax(until, 1e-5) : until, &now, &next);
        if (delta <= last || p->objective.kind == L2) break;
    }
    memcpy(parameters, now.x, (size_t)n_parameters * sizeof *parameters);
    if (converged) *converged = good;
    double sum = 0;
    for (int i = 0; i < p->n; i++)
        sum += (p->weight ? p->weight[i] : 1) * objective_rho(&p->objective, now.state->residual[i]);
    return isfinite(sum) ? sum : INFINITY;
}

double polish(const Problem *p, Workspace *w, double *parameters, double until, bool *converged) {
    return polish_from(p, w, parameters, until, false, converged);
}

double polish_near(const Problem *p, Workspace *w, double *parameters, double until) {
    return polish_from(p, w, parameters, until, true, NULL);
}
