// reference.h - a typical size and text. Where a law searches the ratio of its data term to its size term, the ratio at
// this point is near one whatever the exponents are, and the ratio of the printed A and B is not.
#ifndef MOELAW_REFERENCE_H
#define MOELAW_REFERENCE_H

#include <math.h>

static const double reference_N = 1e8, reference_D = 1e9;

// A and B of A N^-alpha and B D^-beta, from the size term at the reference and the ratio there; and back.
static inline void terms_to_printed(double size, double ratio, double alpha, double beta, double *A, double *B) {
    *A = size * pow(reference_N, alpha);
    *B = size * ratio * pow(reference_D, beta);
}
static inline void terms_from_printed(double A, double B, double alpha, double beta, double *size, double *ratio) {
    *size = A * pow(reference_N, -alpha);
    *ratio = B * pow(reference_D, -beta) / *size;
}

#endif
