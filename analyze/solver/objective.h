// objective.h - one local fit of a law: the objective, the projected search and the polish.
//
// A law is linear in its coefficients c at fixed exponents theta. The search therefore moves theta alone and solves c
// exactly (with signs) by least squares on relative residuals; the polish then moves all of them on the exact
// objective. Neither allocates: all room is in a Workspace.
#ifndef MOELAW_OBJECTIVE_H
#define MOELAW_OBJECTIVE_H

#include "ground/status.h"
#include "laws/law.h"

typedef enum { HUBER, L2, L1 } ObjectiveKind;

// Sum over rows of weight * rho(r): huber r^2/2 up to delta and delta (|r| - delta/2) beyond, l2 r^2, l1 |r|;
// r = log predicted - log observed, or the difference of losses.
typedef struct {
    ObjectiveKind kind;
    bool log_residual;
    double delta;
} Objective;

typedef struct {
    const Law *law;
    Objective objective;
    int n;
    const Point *points;                                   // [n], prepared, covered by the law
    const double *loss;                                    // [n], positive
    const double *log_loss;                                // [n], its logarithms
    const double *weight;                                  // [n], not negative; NULL: all 1
    double lo[LAW_MAX_PARAMETERS], hi[LAW_MAX_PARAMETERS]; // internal; equal: held
} Problem;

// The bounds and signs that the law declares.
void problem_bounds(Problem *p);
// Whether x stands at a bound of parameter i, which is not held.
bool at_bound(const Problem *p, int i, double x);

// Basis, derivatives and residuals at one set of parameters.
typedef struct {
    double *phi;      // [(1 + n_coef) * stride], columns
    double *dphi;     // [n * (1 + n_coef) * n_theta], rows
    double *jacobian; // [n_parameters * stride], columns: d residual / d parameter (log theta where log_scale)
    double *residual; // [stride]
} State;

typedef struct {
    int room; // rows
    State state[2];
    double *columns;   // [LINEAR_MAX * stride]
    double *row_scale; // [stride]: what makes a row's linear residual a relative one, times sqrt(weight)
    double *pull;      // [stride]
    double *shaken;    // [stride]: weights of a perturbed problem
    long evaluations;  // passes of the basis over all rows, since the beginning
    void *block;
} Workspace;

Workspace *workspace_new(const Law *law, int max_rows);
void workspace_free(Workspace *w);

typedef enum { CONVERGED, AT_BOUND, STALLED } SearchStatus;

typedef struct {
    double parameters[LAW_MAX_PARAMETERS];
    double value; // sum of squared relative residuals; INFINITY if the law could not be computed
    SearchStatus status;
    unsigned never_moved; // bit t: theta[t] ended where it started
} SearchEnd;

// Levenberg-Marquardt over theta with c projected out, from theta (natural values); `until` is the relative gain below
// which it stops.
void search(const Problem *p, Workspace *w, const double *theta, double until, SearchEnd *end);
// The value of `search` at theta alone, without moving it; c is written to parameters.
double search_value(const Problem *p, Workspace *w, const double *theta, double *parameters);

// The exact objective.
double objective_value(const Problem *p, const double *parameters);
double objective_rho(const Objective *o, double r);

// Minimises the exact objective over all parameters from where they are; returns its value, INFINITY if it cannot even
// be computed there. `until` as above. Sets *converged unless NULL.
double polish(const Problem *p, Workspace *w, double *parameters, double until, bool *converged);

// The same from the answer to nearly the same problem: no wider deltas first.
double polish_near(const Problem *p, Workspace *w, double *parameters, double until);

// Residuals of all rows in the objective's sense.
void residuals(const Problem *p, const double *parameters, double *residual);
// Weighted Gauss-Newton matrix J'J [n_parameters^2] of relative residuals (log-loss for every objective), row-scaled by
// nothing but `weight`.
void information(const Problem *p, Workspace *w, const double *parameters, double *matrix);

#endif
