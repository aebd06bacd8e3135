// linear.h - the small dense algebra of the solver: products of tall columns, and least squares in a box.
#ifndef MOELAW_LINEAR_H
#define MOELAW_LINEAR_H

#include <stdbool.h>

enum { LANES = 4, LINEAR_MAX = 24 };

// Rows rounded up so that columns can be summed LANES at a time; the rows from n on must be zero.
static inline int padded(int n) {
    return (n + LANES - 1) / LANES * LANES;
}

// g[m*m] = columns' columns, for m columns of length `stride` (padded). The order of summation is fixed.
void gram(int stride, int m, const double *columns, double *g);

// Products of one column with m others that stand one after the other.
void column_products(int stride, const double *a, const double *columns, int m, double *out);

// Cholesky factor L of the p x p matrix `a` (row stride p), scaled to unit diagonal first, with `damping` added to it.
// Columns that depend on earlier ones are dropped.
typedef struct {
    int p;
    double l[LINEAR_MAX * LINEAR_MAX];
    double scale[LINEAR_MAX];
    bool dropped[LINEAR_MAX];
} Factor;
void factor(Factor *f, int p, const double *a, double damping);
// Solves a x = b; dropped entries of x are 0.
void factor_solve(const Factor *f, const double *b, double *x);

// Minimises c'Gc/2 - b'c over lo <= c <= hi; free_set[j] tells which c_j are strictly inside.
void box_solve(int p, const double *g, const double *b, const double *lo, const double *hi, double *c, bool *free_set);

#endif
