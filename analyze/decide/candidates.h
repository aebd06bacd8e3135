// candidates.h - runs to choose from: whole-number shapes in the range of the runs done, or the rows of a table.
#ifndef MOELAW_CANDIDATES_H
#define MOELAW_CANDIDATES_H

#include "run/shape.h"
#include "runs/runs.h"

typedef struct {
    int n;
    Point *points; // [n] as the law counts
    Shape *shapes; // [n]; NULL: from a table
    double *cost;  // [n] training FLOPs
} Candidates;

// Shapes with whole G, top_k, shared and routed experts and widths, counted exactly, on several amounts of data; sizes
// and tokens up to `extend` times the largest run's, every other variable of the law within the runs'. Aspect,
// vocabulary and expert width are the runs' own where their table has them. BAD_INPUT if none is in range.
Status candidates_built(const Law *law, const Runs *runs, const Point *points, double extend, Candidates *c);
// Distinct rows of a table. BAD_INPUT as runs_read().
Status candidates_read(const Law *law, const char *path, Candidates *c);
void candidates_free(Candidates *c);

// The variables of a law's point that a shape has (all but D).
Point shape_point(const Law *law, const Shape *s);

#endif
