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

// How everything looks: on white, on black, and in grey for print; set once, before drawing.
typedef enum { THEME_LIGHT, THEME_DARK, THEME_GRAY } Theme;
extern const char *const theme_words[4]; // NULL-terminated
void palette_theme(Theme theme);
Rgb palette_paper(void);
Rgb palette_ink(void);  // of text and frames
Rgb palette_grid(void); // of lines that stay behind

typedef enum { PALETTE_CATEGORIES, PALETTE_ORDERED } PaletteKind;

enum { N_MARKERS = 8, N_DASHES = 5 };
extern const char *const marker_words[N_MARKERS + 1]; // NULL-terminated
extern const char *const dash_words[N_DASHES + 1];

// The look of value i of n. Where colours come round again, the marker and dash beside them are others: 49 markers and
// 35 lines stay apart.
Rgb palette_color(PaletteKind kind, int i, int n);
int palette_marker(int i);
int palette_dash(int i);
enum { MOST_LOOKS = 35 };
// viridis at t in [0, 1].
Rgb palette_viridis(double t);
// "#rrggbb", as it is, or a name, as the theme has it.
bool palette_named(const char *name, Rgb *rgb);

#endif
