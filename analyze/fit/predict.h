// predict.h - the loss a fit predicts: of the curve (confidence band) and of one new run (prediction interval).
#ifndef MOELAW_PREDICT_H
#define MOELAW_PREDICT_H

#include "fit.h"

typedef struct {
    double loss;
    double band95[2];     // where the law's curve is: the draws' quantiles; NANs without draws
    double interval95[2]; // where one run's loss is: the draws and the noise of a run; NANs if the noise is unknown
                          // or the clusters are too few for an interval
    const char *outside;  // name of a variable outside the fitted range, NULL if none
} Prediction;

Prediction predict(const Fit *fit, const Point *p);

#endif
