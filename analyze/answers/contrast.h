// contrast.h - what one factor does when nothing else moves: differences of loss between runs that are alike but for
// it.
//
// Two stable phases of one seed are a pair if the factor alone tells them apart; their difference is averaged over the
// D that both have, since these share the phase, and so a pair is one observation.
#ifndef MOELAW_CONTRAST_H
#define MOELAW_CONTRAST_H

#include "fit/interval.h"
#include "planned.h"

typedef enum { CONTRAST_G, CONTRAST_S, CONTRAST_BACKBONE } Factor;

enum { MOST_LEVELS = 16 };

typedef struct {
    int n;
    struct {
        double level;           // G or S; of a backbone its depth
        int d_model;            // of a backbone, else 0
        int pairs;              // of stable phases
        double mean;            // nats, level minus reference; positive: worse
        Interval ci95;          // Student's t over pairs; unknown with fewer than two
        double least_G, most_G; // of the pairs' reference runs
    } at[MOST_LEVELS];
} Contrast;

// Of G against 4 among runs with S = 0; of S against 0; of other backbones (block `shape`) against that of the same
// cell.
Contrast contrast(const Planned *p, Factor factor);

// Whether the best G moves. In each group of equal backbone, N and D, with x = ln G,
//     loss = group + (b + b_N ln N + b_D ln D) x + c x^2,      ln G* = -(b + b_N ln N + b_D ln D) / 2c
// by least squares over runs with S = 0 of the blocks that vary G; intervals by bootstrap over stable phases.
typedef struct {
    int runs, trunks, groups;
    double G;          // best at the geometric middle of N and D; NAN if c <= 0
    double by_N, by_D; // slopes of ln G*
    Interval G95, by_N95, by_D95;
    double without; // share of draws in which there is no minimum
} Moving;
Moving moving_minimum(const Planned *p);

#endif
