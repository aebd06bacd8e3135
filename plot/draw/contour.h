// contour.h - lines of equal value on a rectangular grid, by marching squares, joined into runs.
#ifndef MOELAW_PLOT_CONTOUR_H
#define MOELAW_PLOT_CONTOUR_H

#include "read/arena.h"

#include <stdbool.h>

typedef struct {
    int nx, ny;
    const double *x, *y; // [nx], [ny]: rising or falling places of the grid lines
    const double *z_yx;  // [ny * nx]; cells with a NAN corner are left out
} Grid;

typedef struct {
    int n;
    double *x, *y; // [n]
    bool closed;
} Polyline;

// All lines at `level`; returns how many, *lines in the arena. Crossings are linear along cell sides; at a saddle the
// mean of the corners decides which two are joined.
int contour_lines(Arena *a, const Grid *g, double level, Polyline **lines);

#endif
