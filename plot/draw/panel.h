// panel.h - one set of axes with its layers, and the drawing of both.
#ifndef MOELAW_PLOT_PANEL_H
#define MOELAW_PLOT_PANEL_H

#include "layer.h"

#include <cairo.h>

// Sizes in points. The page is drawn at its final width, so these are what the reader sees.
#define TICK_TEXT 7.0
#define LABEL_TEXT 8.0
#define FRAME_LINE 0.8
#define TICK_LENGTH 3.0
#define MINOR_LENGTH 1.8

typedef struct {
    double x, y, w, h; // x, y: top left
} Rect;

typedef struct {
    const PanelSpec *spec;
    int row, column;
    Axis *x, *y;                   // shared between panels where the figure says so
    const char *x_label, *y_label; // with the values of the data filled in; NULL: none
    const char *heading;           // letter and title; NULL: none
    bool x_text, y_text;           // draws its tick labels and axis labels
    bool x_turned;                 // categories that do not fit side by side stand upright
    Ticks x_ticks, y_ticks, bar_ticks;
    int n_layers;
    Layer *layers;
    const Layer *ramp; // the layer whose colours are values and need a colour bar, or NULL
    Axis bar;
    Rect box;      // the frame
    double y_room; // widest tick label of the column, so that axis labels stand in line
} Panel;

// Space outside the frame that ticks, labels, direct labels and colour bar need.
typedef struct {
    double left, right, top, bottom;
} Margins;

// Puts the axes on the box and chooses ticks that fit.
void panel_place(cairo_t *cr, Panel *p, Rect box);
double panel_tick_width(cairo_t *cr, const Panel *p); // of the y axis
Margins panel_margins(cairo_t *cr, const Panel *p);

// BAD_INPUT: more categories on an axis than it has lines for.
Status panel_check(const Panel *p, const char *spec_path);

void panel_draw(cairo_t *cr, Arena *a, const Panel *p);

// marks.c: the layers alone. AS_INK leaves out what text may lie on (shaded spans), AS_OBSTACLES also the contours.
typedef enum { AS_PICTURE, AS_INK, AS_OBSTACLES } Drawn;
void marks_draw(cairo_t *cr, Arena *a, const Panel *p, Drawn as);
// A line from the last point of each series of direct-labelled lines: how wide the labels are, and drawing them.
double direct_width(cairo_t *cr, const Panel *p);
void direct_draw(cairo_t *cr, const Panel *p);

// Turns spaces into line ends so that no line of this size is longer than `length`, as far as words allow; what is in
// brackets, such as a unit, and "N = 3" keep together.
void wrap_text(cairo_t *cr, char *text, double size, double length);

void set_rgb(cairo_t *cr, Rgb c, double alpha);
void set_ink(cairo_t *cr);
void marker_draw(cairo_t *cr, Look look, double x, double y);

#endif
