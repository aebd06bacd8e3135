// marker.h - the paths of markers and the dashes of lines (words: read/palette.h).
#ifndef MOELAW_PLOT_MARKER_H
#define MOELAW_PLOT_MARKER_H

#include <cairo.h>
#include <stdbool.h>

// A path of marker `i` about (x, y) with the area of a circle of diameter `size`; *open when it is strokes, not an
// area.
void marker_path(cairo_t *cr, int i, double x, double y, double size, bool *open);
// Dash i, scaled to the line width, as it is `offset` points from the start of a line.
void dash_set(cairo_t *cr, int i, double width, double offset);

#endif
