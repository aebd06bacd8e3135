// svg_text.h - text of an SVG file as text, that can be found, selected and edited, where cairo writes outlines.
//
// While a sheet is drawn its texts are kept here; they are put before the end of the file that cairo wrote, each run of
// letters at the place that Pango gave it, so that another font in the viewer moves no label.
#ifndef MOELAW_PLOT_SVG_TEXT_H
#define MOELAW_PLOT_SVG_TEXT_H

#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct SvgText SvgText;

SvgText *svg_text_new(void);
// Texts drawn with `cr` are kept from now on.
void svg_text_watch(SvgText *t, cairo_t *cr);
void svg_text_free(SvgText *t);
// Keeps the layout, whose upper left corner is the current point, in the current colour. False: `cr` draws no SVG.
bool svg_text_keep(cairo_t *cr, PangoLayout *layout);

// Cairo's stream, kept until it is whole.
cairo_status_t svg_text_stream(void *t, const unsigned char *data, unsigned length);
// The whole file; false on a failed write.
bool svg_text_write(const SvgText *t, FILE *file);

#endif
