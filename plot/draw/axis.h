// axis.h - from data to place on the page, and the ticks that say so.
#ifndef MOELAW_PLOT_AXIS_H
#define MOELAW_PLOT_AXIS_H

#include "read/format.h"
#include "read/spec.h"

enum { MOST_TICKS = 128, MOST_MINOR = 256, MOST_CATEGORIES = 128 };

typedef struct {
    AxisSpec spec;
    double lo, hi;   // range of the data; lo > hi while there is none
    double from, to; // where lo and hi lie, in points
    bool tight;      // no margin between data and frame: the data fill it (heat maps)
    int n_categories;
    const char *category[MOST_CATEGORIES]; // as in the data
    const char *name[MOST_CATEGORIES];     // rich text
} Axis;

typedef struct {
    int n, n_minor;
    double at[MOST_TICKS], minor[MOST_MINOR];
    char label[MOST_TICKS][FORMAT_TEXT];
    int exponent; // labels are in units of 10^exponent; 0 mostly
} Ticks;

Axis axis_new(const AxisSpec *spec);
// Widens the range; NAN is passed over, and so is what a log axis cannot show (the zero that bars start from).
void axis_include(Axis *a, double v);
// The position of a category, added at the end if new; -1 when there are MOST_CATEGORIES.
int axis_category(Axis *a, const char *value);
// After all data: margins, the spec's limits, symmetry, a width for a single value.
void axis_finish(Axis *a);

double axis_at(const Axis *a, double v);
bool axis_holds(const Axis *a, double v);
// Positions in a space where the axis is linear.
double axis_linear(const Axis *a, double v);

// About `target` labelled ticks, fewer if fewer are round. The axis must be finished.
void axis_ticks(const Axis *a, int target, Ticks *t);

#endif
