// legend.h - which look means what, as a column inside the axes or rows above them.
#ifndef MOELAW_PLOT_LEGEND_H
#define MOELAW_PLOT_LEGEND_H

#include "panel.h"
#include "text.h"

typedef struct {
    const char *name;  // rich text
    const char *title; // of its set, on the set's first entry
    bool line, marker, band, bar;
    Look line_look, marker_look, band_look;
} Entry;

typedef struct {
    int n;
    Entry *at; // [n]
} Legend;

// Every series of every set that a mark uses, then labelled marks without series.
void legend_collect(Arena *a, Legend *legend, const Panel *panels, int n_panels, const StyleSets *sets);

// Size when set in rows of at most `width`; width 0: one entry a line.
TextSize legend_size(cairo_t *cr, const Legend *legend, double width);
void legend_draw(cairo_t *cr, const Legend *legend, double width, double x, double y);

#endif
