// isoflop.h - how wrong the IsoFLOP parabola is on losses without noise (arXiv 2603.22339).
//
// On every budget a centred grid of sizes, 2 x half_width decades wide around the true optimum, gets a parabola in
// log N; a line through the minima over log C is carried on to another budget.
#ifndef MOELAW_ISOFLOP_H
#define MOELAW_ISOFLOP_H

typedef struct {
    double E, A, B, alpha, beta; // L = E + A/N^alpha + B/D^beta, C = 6 N D
} Surface;

typedef struct {
    double half_width, drift; // decades; drift: of the grid's centre per budget
    int n_budgets, n_sizes;   // at most 16 and 64; budgets 1e17, 1e18, ...
} IsoflopGrid;

// N at C from the parabolas over the true optimal N; *exponent, unless NULL, is that of the fitted line.
double isoflop_ratio(const Surface *s, const IsoflopGrid *grid, double C, double *exponent);
double surface_best_N(const Surface *s, double C);

#endif
