// noise.h - how far single runs scatter around a law: one size for all, or one that changes with D or with the loss.
#ifndef MOELAW_NOISE_H
#define MOELAW_NOISE_H

#include "solver/objective.h"

typedef enum { NOISE_CONSTANT, NOISE_BY_D, NOISE_BY_LOSS } NoiseKind;

// The standard deviation of log losses is sigma exp(slope (x - centre)), x = ln D or the log of the predicted loss.
typedef struct {
    NoiseKind kind;
    double sigma; // robust, for the degrees of freedom that the fit used; NAN if it left none
    double slope, centre;
    int dof;  // rows less coefficients; 0: unknown
    int tail; // degrees of freedom of Student's t whose tails the residuals have; 0: those of a normal distribution
} Noise;

static const Noise noise_unknown = {NOISE_CONSTANT, __builtin_nan(""), 0, 0, 0, 0};

// Chosen by the likelihood of rows whose cluster was held out (five folds; Laplace, as the residuals have long tails),
// in favour of one size for all unless another is better by two nats; long tails likewise.
Noise noise_of(const Problem *p, const double *parameters, int free_parameters, const int *cluster);
// One size for all.
Noise noise_constant(const Problem *p, const double *parameters, int free_parameters);

double noise_at(const Noise *noise, const Law *law, const double *parameters, const Point *at);
// Share of runs within z standard deviations, above and below: P(Z <= z).
double noise_share(const Noise *noise, double z);

const char *noise_word(NoiseKind kind); // "constant", "D", "loss"

#endif
