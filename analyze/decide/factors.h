// factors.h - the best G, S and Na/N of a five-factor fit at given N and D, as an answer: with intervals, near-optimal
// bands, and cheaper choices of Na/N.
#ifndef MOELAW_FACTORS_H
#define MOELAW_FACTORS_H

#include "decision.h"
#include "serving.h"
#include "sheet.h"

typedef struct {
    double N, D;
    double price;             // nats per unit of Na/N; 0: not asked
    double within;            // smallest Na/N within so many per cent of the loss; 0: not asked
    double serving_cost;      // dollars per million tokens; NAN: not asked
    const Hardware *hardware; // for serving_cost
} FactorQuestion;

// `best`: a row each for G, S, Na_over_N, Na, N, D, loss; `cheaper`: a row for each choice asked for, maybe none.
// BAD_INPUT if the law is not of five factors, or nothing serves at that cost.
Status factors(const Fit *fit, const FactorQuestion *q, Sheet *best, Sheet *cheaper, Warnings *w);
// {"G": .., "G_ci95": .., "interior": {..}, "band_percent": {"0.1": {..}}, "efficient": {..}}
json_t *factors_json(const Fit *fit, const Sheet *best, const Sheet *cheaper);

#endif
