// profile.h - profile likelihood: how the objective rises when one coefficient is held and the others follow.
#ifndef MOELAW_PROFILE_H
#define MOELAW_PROFILE_H

#include "fitting.h"

enum { PROFILE_POINTS = 17 };

typedef struct {
    Interval ci95; // open where the objective never rises enough within the bounds
    int n;         // points of the curve, rising in x
    double x[PROFILE_POINTS],
        rise[PROFILE_POINTS]; // rise: the likelihood ratio statistic; 3.84 is the 95 % limit of many rows
    double limit;             // the 95 % limit for this many degrees of freedom
    bool better; // a point of the profile lies below the fit: `parameters` are a better optimum, of `value`
    double value, parameters[LAW_MAX_PARAMETERS];
} Profile;

// Of internal parameter i; n = 0 if it is held, or printed as a mix of others. Each point is sought from its neighbour,
// from the fit and afresh, and by restarts; then answers are handed from neighbour to neighbour until none gets better.
void profile(const Fitted *f, int i, Profile *out);

// The statistic at one value, for a coefficient that could be profiled.
double profile_rise(const Fitted *f, int i, double x);

// What turns a rise of the robust objective into a likelihood ratio: 2 mean(psi') / mean(psi^2), for the degrees of
// freedom that the fit left.
double profile_scale(const Fitted *f);
// 95 % of the statistic when the noise is estimated with as many degrees of freedom: the square of Student's t.
double profile_limit(const Fitted *f);

#endif
