// forecast.h - the loss of a run that does not exist, beside all that the runs cannot exclude.
//
// A fit gives one number; runs at small sizes fit many curves nearly alike that part beyond them (a floor and an
// exponent trade off). So a forecast stands beside those of fixed floors, and two ranges of losses that curves of this
// law may go through and still describe the runs: by the likelihood (95 %), and by the plainest rule there is, that a
// curve misses the runs by no more than a run's own noise.
#ifndef MOELAW_FORECAST_H
#define MOELAW_FORECAST_H

#include "fit/fit_file.h"
#include "fit/predict.h"

enum { MOST_FLOORS = 16, MOST_LEFT_OUT = 64 };

typedef struct {
    int n_floors;
    double floors[MOST_FLOORS]; // irreducible losses to hold, one after the other
    double noise;               // of the logarithm of a run's loss; NAN: what the fit left
} ForecastOptions;

typedef struct {
    double floor, loss, rms; // rms: of log residuals of the runs
} Held;

typedef struct {
    Prediction fitted; // the fit as it is, its curve's band (bootstrap) and the interval of a new run
    double floor, rms; // floor: of the fit, NAN if the law has none
    int n_floors;
    Held floors[MOST_FLOORS];
    Interval profile95; // from the likelihood: open where the objective never rises enough
    double noise;       // of the logarithm of a run's loss: as asked, else what the fit left
    Interval within;    // curves within the noise; unknown if not even the fit is
} Forecast;

// `runs` and `points` are those that `r` was fitted to. BAD_INPUT: floors for a law without one, a floor that no curve
// has, a published law.
Status forecast(const FitReport *r, const Runs *runs, const Point *points, const Point *at, const ForecastOptions *o,
                Forecast *out);

// The leave-out curve: what smaller runs alone would have said of the largest ones.
typedef struct {
    int used;       // the smallest runs, up to...
    double largest; // ... this N, D or C; `beyond` times smaller than the runs that were forecast
    double beyond;
    double bias, rms; // of the logarithm of the forecast losses, in per cent; bias: forecast too high is positive
} LeftOut;

typedef struct {
    double target; // N, D or C of the runs that are forecast
    int held, n;   // how many they are; entries
    LeftOut at[MOST_LEFT_OUT];
} LeaveOut;

// By "N", "D" or "C" (training FLOPs, else 6 Na D); levels within 1 % are one. BAD_INPUT: another word, or fewer than
// three levels; a level with too few runs for the law is left out.
Status leave_out(const FitReport *r, const Runs *runs, const Point *points, const char *by, LeaveOut *out);

#endif
