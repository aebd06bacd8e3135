// tabular.h - a table as a picture: three rules, numbers aligned at the decimal point.
#ifndef MOELAW_PLOT_TABULAR_H
#define MOELAW_PLOT_TABULAR_H

#include "read/data.h"

#include <cairo.h>

typedef struct Tabular Tabular;

// Fills every cell; BAD_INPUT as for figures. Lives in the arena of the store.
Status tabular_new(Store *store, const Spec *spec, Tabular **tabular);
// Points; the width is the natural one, at most `most` (the columns' gaps shrink, the text does not).
void tabular_size(Tabular *t, cairo_t *cr, double most, double *width, double *height);
// As laid out by tabular_size().
void tabular_draw(const Tabular *t, cairo_t *cr);

#endif
