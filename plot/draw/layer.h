// layer.h - a mark with its data: numbers out of the table, series, and how each series looks.
#ifndef MOELAW_PLOT_LAYER_H
#define MOELAW_PLOT_LAYER_H

#include "axis.h"
#include "read/data.h"
#include "read/palette.h"

enum { MOST_SERIES = 64 };

// The values of one column that tells series apart, with one look each, in every panel.
typedef struct {
    StyleSpec spec;
    int n;
    const char *value[MOST_SERIES];
    int rank[MOST_SERIES];         // place in the palette
    const char *name[MOST_SERIES]; // rich text
} StyleSet;

typedef struct {
    int n;
    StyleSet *at; // room for MOST_STYLE_SETS
} StyleSets;
enum { MOST_STYLE_SETS = 8 };

typedef struct {
    const MarkSpec *spec;
    Rows rows;
    // [rows.n] each; NAN where the cell is blank or the mark names no such column
    double *x, *y, *lo, *hi, *xlo, *xhi, *value; // lo, hi, xlo, xhi: infinite at an open end
    double *q1, *q3;                             // quartiles, of boxes alone
    const char **text;                           // [rows.n] or NULL
    const StyleSet *set, *shapes;                // NULL: one series
    int *series, *shape;                         // [rows.n] index into the set
} Layer;

typedef struct {
    Rgb color;
    int marker, dash;
    double width, size, alpha; // points
    bool hollow, rim;          // rim: a white line about the marker that keeps neighbours apart
} Look;

// Reads the mark's data and widens the axes by it. BAD_INPUT: missing column, text in a number, a value that is not
// positive on a log axis, no rows although the mark is not optional.
Status layer_read(Store *store, StyleSets *sets, const PanelSpec *panel, const MarkSpec *mark, Axis *x, Axis *y,
                  Layer *layer);

// After all layers: ranks and names of every series. BAD_INPUT: more categories than looks.
Status styles_finish(Arena *a, StyleSets *sets);

// The look of row i of the layer; of the whole layer when i < 0.
Look layer_look(const Layer *l, int i);
// The same for series `series` (-1: none) and shape `shape` (-1: none), for legends.
Look layer_look_of(const Layer *l, int series, int shape);

// Bars go across from zero where y has categories, up otherwise.
bool bars_lie(const Axis *x, const Axis *y);

// Edges [n + 1] of the cells about n sorted centres, half way between neighbours where the axis is linear.
void cell_edges(const Axis *a, const double *centre, int n, double *edge);
// Linear between neighbours; sorts v.
double quantile(double *v, int n, double q);
// Sorts and removes equal values in place; returns how many are left.
int sort_unique(double *v, int n);

#endif
