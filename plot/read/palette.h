// palette.h - colours, markers and dashes that stay apart in print, in grey and for colour-blind readers.
//
// Categories: Okabe and Ito; the first five have 3:1 contrast on white. Ordered values: viridis, cut before its yellow
// end where lines would vanish on white. A marker and a dash repeat each colour.
#ifndef MOELAW_PLOT_PALETTE_H
#define MOELAW_PLOT_PALETTE_H

#include <stdbool.h>

typedef struct {
    double r, g, b;
} Rgb;

typedef enum { PALETTE_CATEGORIES, PALETTE_ORDERED } PaletteKind;

enum { N_MARKERS = 8, N_DASHES = 5 };
extern const char *const marker_words[N_MARKERS + 1]; // NULL-terminated
extern const char *const dash_words[N_DASHES + 1];

// The look of value i of n.
Rgb palette_color(PaletteKind kind, int i, int n);
// viridis at t in [0, 1].
Rgb palette_viridis(double t);
// "#rrggbb" or a name.
bool palette_named(const char *name, Rgb *rgb);

#endif
