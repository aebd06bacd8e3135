// summary.h - marks that show rows together: histograms, empirical distributions, boxes, violins, smoothed lines.
#ifndef MOELAW_PLOT_SUMMARY_H
#define MOELAW_PLOT_SUMMARY_H

#include "layer.h"

// Puts what such a mark draws in the place of its rows, and widens the axes by it; leaves other marks alone. Groups are
// series and, for boxes and violins, the values of the axis they stand on (y where it has categories and x has not).
//   histogram  x: middle, y: rows in the bin, xlo and xhi: its edges; as many bins as the root of the rows, at most 30
//   ecdf       x: value, y: share of rows at or below it
//   box        median, q1 and q3, lo and hi: the farthest rows within 1.5 times the quartiles' distance; rows beyond
//              these stay rows, with blank quartiles
//   violin     value: density at a place, 1 where it is largest; Gaussian kernel, Silverman's width
//   smooth     y: local line through the nearest `share` of the rows with tricube weights (LOESS), as the axes see them
void layer_summarize(Arena *a, Layer *l, Axis *x, Axis *y);

#endif
