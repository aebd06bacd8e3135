// fitting.h - one whole fit: options, starts, bootstrap, and what is measured on the result.
#ifndef MOELAW_FITTING_H
#define MOELAW_FITTING_H

#include "fit.h"
#include "runs/runs.h"
#include "solver/starts.h"

typedef struct {
    const char *objective, *residual; // "huber" "l2" "l1"; "log" "linear"
    double delta;
    long starts, bootstrap, seed, threads;
    TextList fix, bound; // "alpha=0.34", "alpha=0.1:0.9"
    int n_warm;          // see StartOptions
    const double (*warm)[LAW_MAX_PARAMETERS];
} FitOptions;

#define FIT_OPTIONS_DEFAULT                                                                                            \
    { .objective = "huber", .residual = "log", .delta = 1e-3, .starts = 500, .bootstrap = 500, .seed = 1, .threads = 0 }

#define FIT_OPTIONS(o)                                                                                                 \
    opt_text("objective", &(o).objective, "KIND", "huber, l2 or l1 (default huber)"),                                  \
        opt_text("residual", &(o).residual, "KIND", "log or linear (default log)"),                                    \
        opt_number("delta", &(o).delta, "X", "where huber turns linear (default 1e-3)", 1e-12, 1e6),                   \
        opt_whole("starts", &(o).starts, "N", "searches from different points (default 500)", 1, 1e6),                 \
        opt_whole("seed", &(o).seed, "S", "of starts and resampling (default 1)", 0, 1e15),                            \
        opt_whole("threads", &(o).threads, "T", "default: one a processor; the result is the same", 0, 256),           \
        opt_list("fix", &(o).fix, "NAME=VALUE", "hold a coefficient"),                                                 \
        opt_list("bound", &(o).bound, "NAME=LO:HI", "search a coefficient between these")

typedef struct {
    double rmse, mape, bias, max_abs, r2; // nats, per cent, per cent (predicted above observed is positive), nats
    double aicc, bic, likelihood; // from minus twice the log likelihood of log residuals: normal for l2, else Laplace
    Noise noise;                  // of log losses
    int free_parameters;
    int worst; // row of the largest error
} Metrics;

// How the draws were made: see bootstrap.h.
typedef enum { NO_DRAWS, PAIRS, JACKKNIFE, WITHHELD } Resampling;

typedef struct {
    const Law *law;
    Point *points; // [n] owned, prepared
    double *own;   // losses, their logarithms and weights of a part of the runs; NULL if all are fitted
    Problem problem;
    Starts starts;
    double parameters[LAW_MAX_PARAMETERS]; // internal
    double value;
    bool held[LAW_MAX_PARAMETERS], at_bound[LAW_MAX_PARAMETERS];
    int n_draws;
    double *draws; // [n_draws * n_parameters], internal
    Resampling resampling;
    int clusters, unmoved; // clusters that were drawn; draws equal to the fit in every coefficient
    Metrics metrics;
    int threads;
    unsigned long seed;
} Fitted;

// Reads objective, bounds and held values. BAD_INPUT names the option.
Status fitting_problem(const Law *law, const FitOptions *o, Problem *p);

// Fits `law` to runs [only[0..n_only-1]] (all rows if only is NULL). BAD_INPUT: fewer rows than coefficients.
Status fitting_run(const Law *law, const Runs *runs, const FitOptions *o, const int *only, int n_only, Fitted *f);
void fitted_free(Fitted *f);
// Moves the fit to a better optimum that was found elsewhere: polished, first among the optima, its metrics new.
void fitted_move(Fitted *f, const double *parameters);

// Some printed coefficients mix several internal ones (a_D of frantar2023); those cannot be held alone.
bool parameter_stands_alone(const Law *law, int i);

// How well `parameters` say these points; free_parameters as given.
Metrics metrics_of(const Problem *p, const double *parameters, int free_parameters);

// The fit as others see it, without a file; its draws stay the Fitted's.
Fit fitted_view(const Fitted *f, const Runs *runs);

#endif
