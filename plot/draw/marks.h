// marks.h - what the kinds of marks share: places of rows, looks of series. For marks.c and distributions.c.
#ifndef MOELAW_PLOT_MARKS_H
#define MOELAW_PLOT_MARKS_H

#include "panel.h"

int n_series(const Layer *l);
bool in_series(const Layer *l, int i, int s);
Look series_look(const Layer *l, int s);

// Where row i stands on the page, series side by side where the mark says so.
double at_x(const Panel *p, const Layer *l, int i);
double at_y(const Panel *p, const Layer *l, int i);
// How much of the room between two places on the axis one series has, in points.
double place_width(const Layer *l, const Axis *across);

void stroke(cairo_t *cr, Look look);

// distributions.c
void draw_histogram(cairo_t *cr, const Panel *p, const Layer *l);
void draw_boxes(cairo_t *cr, const Panel *p, const Layer *l);
void draw_violins(cairo_t *cr, const Panel *p, const Layer *l);

#endif
