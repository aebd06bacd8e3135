// figure.h - a whole figure: reads the data of all panels, lays them out, draws them.
#ifndef MOELAW_PLOT_FIGURE_H
#define MOELAW_PLOT_FIGURE_H

#include "read/data.h"

#include <cairo.h>

typedef struct Figure Figure;

// Where the data decide how many panels there are: the height for its rows, less width where not even one is full.
void figure_grow(const Figure *f, Spec *spec);

// Binds the spec to its data; everything that can be wrong with either is found here. Lives in the arena of the store.
Status figure_new(Store *store, const Spec *spec, Figure **figure);
// Changes the spec to another width in inches: the height follows, and the panels that there are go below each other
// rather than become narrower than a reader can use. The figure must then be made anew.
void figure_fit(const Figure *drawn, Spec *spec, double width);
// Draws at (width, height) points, on any surface, with the same layout. BAD_INPUT: labels, legend or categories do not
// fit on the page.
Status figure_draw(Figure *f, cairo_t *cr, double width, double height);

#endif
