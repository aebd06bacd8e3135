// profile.h - profile likelihood: how the objective rises when one coefficient is held and the others follow.
#ifndef MOELAW_PROFILE_H
#define MOELAW_PROFILE_H

#include "fitting.h"

enum { PROFILE_POINTS = 17 };

typedef struct {
    Interval ci95;                                  // open where the objective never rises enough within the bounds
    int n;                                          // points of the curve, rising in x
    double x[PROFILE_POINTS], rise[PROFILE_POINTS]; // rise: the likelihood ratio statistic; 3.84 is the 95 % limit
} Profile;

// Of internal parameter i; n = 0 if it is held, or printed as a mix of others.
void profile(const Fitted *f, int i, Profile *out);

// The limit of the statistic: 95 % of chi squared with one degree of freedom.
#define PROFILE_LIMIT 3.841458820694124

// What turns a rise of the robust objective into a likelihood ratio: 2 mean(psi') / mean(psi^2).
double profile_scale(const Fitted *f);

#endif
