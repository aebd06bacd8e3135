// bootstrap.h - how much a fit would differ on other runs.
//
// 20 clusters and 4 for each coefficient that is fitted: pairs bootstrap, whole clusters drawn with replacement and the
// law fitted to each resample afresh. Fewer: a resample leaves too much out, its quantiles are too narrow, and with
// hardly more rows than coefficients its objective has too many optima; instead the law is fitted without each cluster
// in turn, and the draws are of a t distribution with the jackknife's covariance (CV3 of MacKinnon, Nielsen and Webb
// 2023, which errs on the wide side, where sandwich and bootstrap err on the narrow one). Below 8, or 2 for each
// coefficient, there is no honest interval: none is given. What a cluster is, runs.h says; docs/decisions/bootstrap.md
// has what was measured.
#ifndef MOELAW_BOOTSTRAP_H
#define MOELAW_BOOTSTRAP_H

#include "fitting.h"

// The fewest clusters that some number of fitted coefficients needs for any interval.
int fewest_clusters(int free_parameters);
Resampling resampling_of(const Runs *runs, int free_parameters);

// n draws into f, or none where they are withheld.
void bootstrap(const Runs *runs, int n, Fitted *f);

// How often each cluster is in resample `index` of the pairs bootstrap; times[n_clusters].
void bootstrap_times(const Fitted *f, int n_clusters, int index, int *times);

#endif
