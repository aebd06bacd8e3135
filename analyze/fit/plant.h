// plant.h - a law planted on a design, with noise: for rehearsal, power and tests.
#ifndef MOELAW_PLANT_H
#define MOELAW_PLANT_H

#include "fit.h"

// A design that spreads the factors of a law over ranges (those of the fit; else those of the five-factor paper:
// N 133e6..3.4e9, Na 30e6..2.2e9, D 10e9..50e9, G 1..20, S 0..0.7, E 1..256): low-discrepancy configurations, each
// trained on `budgets` amounts of data. points[n]; configuration[i] numbers the configuration of row i.
void plant_design(const Fit *fit, int n, int budgets, unsigned long seed, Point *points, int *configuration);

// Losses of the law times exp(noise z): z standard normal, of its own for each row. `shared` is the part of the noise
// variance that rows of one configuration have in common (0..1).
void plant_losses(const Fit *fit, int n, const Point *points, const int *configuration, double noise, double shared,
                  unsigned long seed, double *loss);

// The run table. CANNOT_FINISH if it cannot be written.
Status plant_write(const char *path, const Fit *fit, int n, const Point *points, const int *configuration,
                   const double *loss);

#endif
