// identify.c - see identify.h.
#include "identify.h"

#include "bootstrap.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Below this share of the largest eigenvalue a direction is lost in rounding: the columns are dependent.
static const double null_share = 1e-11;

typedef struct {
    int n;
    double values[LAW_MAX_PARAMETERS], vectors[LAW_MAX_PARAMETERS][LAW_MAX_PARAMETERS]; // vectors[k]: of values[k]
} Eigen;

static void eigen_of(const double *matrix, int n, Eigen *e) {
    e->n = n;
    if (n == 0) return;
    gsl_matrix *m = gsl_matrix_alloc((size_t)n, (size_t)n), *v = gsl_matrix_alloc((size_t)n, (size_t)n);
    gsl_vector *values = gsl_vector_alloc((size_t)n);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc((size_t)n);
    memcpy(m->data, matrix, (size_t)(n * n) * sizeof *matrix);
    gsl_eigen_symmv(m, values, v, w);
    gsl_eigen_symmv_sort(values, v, GSL_EIGEN_SORT_VAL_ASC);
    for (int k = 0; k < n; k++) {
        e->values[k] = gsl_vector_get(values, (size_t)k);
        for (int i = 0; i < n; i++) e->vectors[k][i] = gsl_matrix_get(v, (size_t)i, (size_t)k);
    }
    gsl_eigen_symmv_free(w);
    gsl_vector_free(values);
    gsl_matrix_free(m);
    gsl_matrix_free(v);
}

// The matrix over chosen parameters, each column times scale.
static void sub_matrix(const double *full, int n_parameters, const int *index, int n, const double *scale,
                       double *out) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            out[i * n + j] = full[index[i] * n_parameters + index[j]] * scale[index[i]] * scale[index[j]];
}

// Dependent columns, coefficients at a bound included: those who take part are not identified.
static void find_dependent(const Fitted *f, const double *matrix, Identifiability *id) {
    int p = law_n_parameters(f->law), index[LAW_MAX_PARAMETERS], n = 0;
    double scale[LAW_MAX_PARAMETERS], sub[LAW_MAX_PARAMETERS * LAW_MAX_PARAMETERS];
    for (int i = 0; i < p; i++) {
        double d = matrix[i * p + i];
        if (f->held[i]) continue;
        if (!(d > 0))
            id->unidentified[i] = true; // moving it changes no prediction
        else {
            scale[i] = 1 / sqrt(d);
            index[n++] = i;
        }
    }
    Eigen e;
    sub_matrix(matrix, p, index, n, scale, sub);
    eigen_of(sub, n, &e);
    for (int k = 0; k < n; k++)
        if (e.values[k] <= null_share * e.values[n - 1])
            for (int i = 0; i < n; i++)
                if (fabs(e.vectors[k][i]) > 0.05) id->unidentified[index[i]] = true;
}

static void find_condition(const Fitted *f, const double *matrix, Identifiability *id) {
    int p = law_n_parameters(f->law), index[LAW_MAX_PARAMETERS], n = 0;
    double scale[LAW_MAX_PARAMETERS], sub[LAW_MAX_PARAMETERS * LAW_MAX_PARAMETERS];
    for (int i = 0; i < p; i++) {
        double d = matrix[i * p + i];
        if (f->held[i] || f->at_bound[i] || !(d > 0)) continue;
        scale[i] = 1 / sqrt(d);
        index[n++] = i;
    }
    Eigen e;
    sub_matrix(matrix, p, index, n, scale, sub);
    eigen_of(sub, n, &e);
    double least = n ? fmax(e.values[0], 1e-16 * e.values[n - 1]) : 1;
    id->condition = n ? sqrt(e.values[n - 1] / least) : NAN;
}

// Relative standard errors from the noise, and the directions along which they exceed one.
static void find_weak(const Fitted *f, const double *matrix, Identifiability *id) {
    int p = law_n_parameters(f->law), index[LAW_MAX_PARAMETERS], n = 0;
    double sub[LAW_MAX_PARAMETERS * LAW_MAX_PARAMETERS], sigma = f->metrics.noise.sigma;
    for (int i = 0; i < p; i++) {
        id->relative_error[i] = NAN;
        if (!f->held[i] && !f->at_bound[i] && f->parameters[i] != 0 && matrix[i * p + i] > 0) index[n++] = i;
    }
    Eigen e;
    sub_matrix(matrix, p, index, n, f->parameters, sub);
    eigen_of(sub, n, &e);
    if (!isfinite(sigma)) return;
    double variance[LAW_MAX_PARAMETERS] = {0};
    for (int k = 0; k < n; k++) {
        double error = sigma / sqrt(fmax(e.values[k], null_share * e.values[n - 1]));
        for (int i = 0; i < n; i++) variance[i] += error * error * e.vectors[k][i] * e.vectors[k][i];
        if (error <= 1 || id->n_weak == MAX_WEAK) continue;
        for (int i = 0; i < n; i++) id->weak[id->n_weak].share[index[i]] = e.vectors[k][i];
        id->weak[id->n_weak++].error = error;
    }
    for (int i = 0; i < n; i++) {
        id->relative_error[index[i]] = sqrt(variance[i]);
        if (variance[i] > 1) id->unidentified[index[i]] = true;
    }
}

static void __attribute__((format(printf, 2, 3))) add_warning(Identifiability *id, const char *format, ...) {
    if (id->n_warnings == MAX_WARNINGS) return;
    va_list args;
    va_start(args, format);
    vsnprintf(id->warnings[id->n_warnings++], WARNING_TEXT, format, args);
    va_end(args);
}

// "a", "a and b", "a, b and c" of the flagged; returns how many.
static int join(const char *const *names, int n, char *text, int size) {
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        int used = (int)strlen(text);
        snprintf(text + used, (size_t)(size - used), "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", names[i]);
    }
    return n;
}

static void warn_constant(const Fitted *f, Identifiability *id) {
    const char *names[N_VARIABLES] = {NULL};
    int n = 0;
    char text[160];
    for (int v = 0; v < f->law->n_variables; v++) {
        Variable variable = f->law->variables[v].variable;
        double lo = INFINITY, hi = -INFINITY;
        for (int i = 0; i < f->problem.n; i++) {
            lo = fmin(lo, f->points[i].x[variable]);
            hi = fmax(hi, f->points[i].x[variable]);
        }
        // Shares differ by points, counts by per cent.
        if (hi - lo <= 0.01 * (variable == VAR_S || variable == VAR_SPARSITY ? 1 : hi))
            names[n++] = variable_name(variable);
    }
    if (join(names, n, text, sizeof text))
        add_warning(id, "%s %s constant here (within 1 %%): no effect of %s can be told from these runs", text,
                    n > 1 ? "are" : "is", n > 1 ? "them" : "it");
}

static void warn_flagged(const Fitted *f, const bool *flagged, const char *one, const char *many, Identifiability *id) {
    const char *names[LAW_MAX_PARAMETERS] = {NULL};
    char text[160];
    int n = 0;
    for (int i = 0; i < law_n_parameters(f->law); i++)
        if (flagged[i]) names[n++] = law_parameter_name(f->law, i);
    if (join(names, n, text, sizeof text)) add_warning(id, "%s %s", text, n > 1 ? many : one);
}

static void warn_starts(const Fitted *f, Identifiability *id) {
    const Starts *s = &f->starts;
    bool stuck[LAW_MAX_PARAMETERS] = {false};
    for (int t = 0; t < f->law->n_theta; t++) stuck[t] = s->never_moved >> t & 1 && !f->at_bound[t];
    warn_flagged(f, stuck, "never moved from where the search began: the data do not act on it",
                 "never moved from where the search began: the data do not act on them", id);
    if (!s->optima[0].converged) add_warning(id, "the last polish stopped before it converged");
    if (s->seeks > 1 && s->seeks_agree == 1)
        add_warning(id, "of %d independent searches only one found the best optimum: there may be a better one",
                    s->seeks);
    int rivals = 0;
    for (int i = 1; i < s->n_optima; i++) rivals += s->optima[i].value < f->value * 1.001;
    if (rivals) add_warning(id, "%d other optima are within 0.1 %% of the best: the answer is not unique", rivals);
}

static void warn_resampling(const Fitted *f, Identifiability *id) {
    if (f->resampling == WITHHELD)
        add_warning(id,
                    "%d configurations are too few to tell how far off %d coefficients are: below %d no interval is "
                    "given; where runs of one configuration err independently, --cluster run_id says so",
                    f->clusters, f->metrics.free_parameters, fewest_clusters(f->metrics.free_parameters));
    if (f->unmoved)
        add_warning(id, "%d of %d bootstrap draws are the fit itself in every coefficient", f->unmoved, f->n_draws);
}

void weak_text(const Law *law, const Identifiability *id, int which, char *text, int size) {
    double most = 0;
    for (int i = 0; i < law_n_parameters(law); i++) most = fmax(most, fabs(id->weak[which].share[i]));
    text[0] = '\0';
    for (int i = 0; i < law_n_parameters(law); i++) {
        double share = id->weak[which].share[i];
        int used = (int)strlen(text);
        if (fabs(share) >= 0.2 * most)
            snprintf(text + used, (size_t)(size - used), "%s%s %+.2f", used ? ", " : "", law_parameter_name(law, i),
                     share);
    }
}

void identify(const Fitted *f, Identifiability *id) {
    int p = law_n_parameters(f->law);
    double matrix[LAW_MAX_PARAMETERS * LAW_MAX_PARAMETERS];
    *id = (Identifiability){0};
    Workspace *w = workspace_new(f->law, f->problem.n);
    information(&f->problem, w, f->parameters, matrix);
    workspace_free(w);
    for (int i = 0; i < p * p; i++)
        if (!isfinite(matrix[i])) matrix[i] = 0;
    find_dependent(f, matrix, id);
    find_condition(f, matrix, id);
    find_weak(f, matrix, id);
    warn_constant(f, id);
    warn_flagged(f, f->at_bound, "is at its bound", "are at their bounds", id);
    warn_flagged(f, id->unidentified, "is not identified: the data allow it to change by more than itself",
                 "are not identified: the data allow them to change by more than themselves", id);
    warn_starts(f, id);
    warn_resampling(f, id);
}
