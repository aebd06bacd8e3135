// minimum.h - one-dimensional minima and roots of functions that may be undefined in places.
#ifndef MOELAW_MINIMUM_H
#define MOELAW_MINIMUM_H

#include <stdbool.h>

// A function of one number. "Not possible here" is UNDEFINED, which is larger than any loss and still finite, as the
// library underneath demands.
typedef double (*Curve)(double x, void *context);
#define UNDEFINED 1e30

// Where the least value stands. At an end the function still falls: there is no minimum, only the end of the range.
// NOWHERE: undefined at every scanned point, or flat.
typedef enum { INSIDE, AT_LOW_END, AT_HIGH_END, NOWHERE } MinimumEnd;

typedef struct {
    double x, value; // NAN and UNDEFINED if undefined everywhere
    MinimumEnd end;
} Minimum;

// The least value of f on [lo, hi]: a scan of n points (n >= 3), then Brent's method between the neighbours of the
// best.
Minimum find_minimum(Curve f, void *context, double lo, double hi, int n);

// The same for those who need only where it is: NAN if f is UNDEFINED at every scanned point; *value, unless NULL, gets
// f there.
double minimum(Curve f, void *context, double lo, double hi, int n, double *value);

// Where f crosses zero between lo and hi; false unless the signs there differ.
bool root(Curve f, void *context, double lo, double hi, double *x);

// The stretch [band[0], band[1]] around x within [lo, hi] where f <= limit; f(x) must be. f is taken to rise both ways.
void band_around(Curve f, void *context, double x, double limit, double lo, double hi, double band[2]);

#endif
