// page.h - a sheet to draw on that becomes a PDF, PNG or SVG file, whole or not at all.
//
// PDF: vectors, embedded fonts, a fixed creation date, so that equal input gives equal bytes. PNG: through libpng, with
// the resolution in a pHYs chunk and the provenance in tEXt chunks. SVG: text as text (svg_text.h).
#ifndef MOELAW_PLOT_PAGE_H
#define MOELAW_PLOT_PAGE_H

#include "ground/output.h"

#include <cairo.h>

typedef enum { PAGE_PDF, PAGE_PNG, PAGE_SVG } PageKind;

typedef struct {
    const char *title, *source; // what it shows; which files, with their hashes
} Provenance;

typedef struct {
    PageKind kind;
    double dpi;
    Provenance from;
    Output out;
    cairo_surface_t *surface;
    cairo_t *cr;           // draw here, in points
    struct SvgText *texts; // of an SVG
} Page;

// By the ending of the name; BAD_INPUT if it is none of the three.
Status page_kind(const char *path, PageKind *kind);
// Width and height in points, dpi for PNG.
Status page_open(Page *p, const char *path, double width, double height, double dpi, Provenance from);
Status page_commit(Page *p);
void page_discard(Page *p); // no file after all

#endif
