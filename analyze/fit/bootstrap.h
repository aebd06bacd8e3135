// bootstrap.h - how much a fit would differ on other runs.
//
// 20 clusters or more: pairs bootstrap, whole clusters drawn with replacement and the law fitted to each resample
// afresh. 8 to 19: a resample of so few leaves too much out and its quantiles are too narrow; instead the law is fitted
// without each cluster in turn, and the draws are of a t distribution with the jackknife's covariance (CV3 of
// MacKinnon, Nielsen and Webb 2023, which errs on the wide side, where sandwich and bootstrap err on the narrow one).
// Below 8 there is no honest interval: none is given. What a cluster is, runs.h says.
#ifndef MOELAW_BOOTSTRAP_H
#define MOELAW_BOOTSTRAP_H

#include "fitting.h"

enum { FEWEST_CLUSTERS = 8, MANY_CLUSTERS = 20 };

Resampling resampling_of(const Runs *runs);

// n draws into f, or none where they are withheld.
void bootstrap(const Runs *runs, int n, Fitted *f);

// How often each cluster is in resample `index` of the pairs bootstrap; times[n_clusters].
void bootstrap_times(const Fitted *f, int n_clusters, int index, int *times);

#endif
