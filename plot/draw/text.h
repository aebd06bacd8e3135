// text.h - rich text (format.h) measured and drawn with Pango, in one pinned font so that pictures repeat.
//
// Units are points; (x, y) is the anchor, `ax` 0 left, 0.5 centre, 1 right of the text and `ay` 0 top, 0.5 middle of
// the digits, 1 bottom. Lines are split at '\n'.
#ifndef MOELAW_PLOT_TEXT_H
#define MOELAW_PLOT_TEXT_H

#include "ground/status.h"

#include <cairo.h>

typedef struct {
    double width, height;
} TextSize;

#define TEXT_FONT "Liberation Sans" // Debian: fonts-liberation; metrics of Arial

TextSize text_size(cairo_t *cr, const char *rich, double size);
void text_draw(cairo_t *cr, const char *rich, double size, double x, double y, double ax, double ay);
// The same, turned about its anchor (radians, clockwise).
void text_draw_turned(cairo_t *cr, const char *rich, double size, double x, double y, double ax, double ay,
                      double angle);

// White around the same text, so that it can be read over lines.
void text_halo(cairo_t *cr, const char *rich, double size, double x, double y, double ax, double ay, double angle);

// Watches over the texts drawn with `cr`: `cut` becomes the first one that does not fit on the sheet.
typedef struct {
    double width, height, slack; // of the sheet, in the units of user space without transformation (points)
    char cut[64];
} TextSheet;
void text_watch(cairo_t *cr, TextSheet *sheet);

// CANNOT_FINISH if the font is not installed: another one would draw other pictures.
Status text_check_font(cairo_t *cr);

#endif
