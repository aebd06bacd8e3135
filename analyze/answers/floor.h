// floor.h - how far runs differ that are alike but for their seeds: the floor under every comparison.
#ifndef MOELAW_FLOOR_H
#define MOELAW_FLOOR_H

#include "fit/interval.h"
#include "planned.h"

enum { MOST_D = 16 };

typedef struct {
    int n; // distinct D, rising
    struct {
        double D, sd; // nats, pooled over the cells
        int groups, dof;
        Interval ci95; // chi-square
    } at[MOST_D];
    // ln sd = at_1M + slope ln(D / 1M), weighted by degrees of freedom; the slope's interval by bootstrap over cells.
    double at_1M, slope;
    Interval slope95;
    int cells; // that have more than one seed
} Floor;

// What differs: initialisation and order of the text together (seed = data_seed), or one of them with the other held.
typedef enum { SEEDS, INITIALISATION, ORDER } SeedKind;

// Held-out runs count: noise is no law's. NANs where no cell has two seeds at one D.
Floor noise_floor(const Planned *p, SeedKind kind);
// The fitted deviation of a run of D tokens, in nats.
double floor_at(const Floor *f, double D);

#endif
