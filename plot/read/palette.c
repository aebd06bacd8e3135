// palette.c - see palette.h.
#include "palette.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const marker_words[N_MARKERS + 1] = {"circle", "square", "triangle", "diamond", "down",
                                                 "plus",   "cross",  "none",     NULL};
const char *const dash_words[N_DASHES + 1] = {"solid", "dashed", "dotted", "dashdot", "long", NULL};

const char *const theme_words[4] = {"light", "dark", "gray", NULL};

static const struct {
    const char *name;
    unsigned rgb[3]; // by theme
} named[] = {{"blue", {0x0072B2, 0x56B4E9, 0x303030}},  {"vermillion", {0xD55E00, 0xFF8C42, 0x7E7E7E}},
             {"green", {0x009E73, 0x2CC295, 0x565656}}, {"purple", {0xCC79A7, 0xE19BC4, 0x949494}},
             {"black", {0x000000, 0xF0F0F0, 0x000000}}, {"orange", {0xE69F00, 0xF0B429, 0x8A8A8A}},
             {"sky", {0x56B4E9, 0x9AD4F5, 0x686868}},   {"gray", {0x777777, 0x8C8C8C, 0x777777}}};
static const unsigned surfaces[3][3] = {{0xFFFFFF, 0x1A1A1A, 0xE0E0E0}, // paper, ink, grid, by theme
                                        {0x14171A, 0xE8E8E8, 0x3A3F45},
                                        {0xFFFFFF, 0x1A1A1A, 0xE0E0E0}};
static Theme current = THEME_LIGHT;

void palette_theme(Theme theme) {
    current = theme;
}

static Rgb rgb_of(unsigned rgb) {
    return (Rgb){(double)(rgb >> 16 & 255) / 255, (double)(rgb >> 8 & 255) / 255, (double)(rgb & 255) / 255};
}

Rgb palette_paper(void) {
    return rgb_of(surfaces[current][0]);
}
Rgb palette_ink(void) {
    return rgb_of(surfaces[current][1]);
}
Rgb palette_grid(void) {
    return rgb_of(surfaces[current][2]);
}

Rgb palette_viridis(double t) {
    static const unsigned stop[] = {0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C,
                                    0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725};
    t = fmin(fmax(t, 0), 1) * 10;
    int i = t >= 10 ? 9 : (int)t;
    double f = t - i;
    Rgb a = rgb_of(stop[i]), b = rgb_of(stop[i + 1]);
    Rgb mixed = {a.r + f * (b.r - a.r), a.g + f * (b.g - a.g), a.b + f * (b.b - a.b)};
    double gray = 0.299 * mixed.r + 0.587 * mixed.g + 0.114 * mixed.b; // rises with t: viridis is made so
    return current == THEME_GRAY ? (Rgb){gray, gray, gray} : mixed;
}

Rgb palette_color(PaletteKind kind, int i, int n) {
    // Away from the end that is close to the paper.
    double lo = current == THEME_DARK ? 0.3 : 0, hi = current == THEME_DARK ? 1 : 0.82;
    if (kind == PALETTE_ORDERED) return palette_viridis(n > 1 ? lo + (hi - lo) * i / (n - 1) : 0.3);
    return rgb_of(named[i % 7].rgb[current]);
}

int palette_marker(int i) {
    return (i + i / 7) % (N_MARKERS - 1);
}

int palette_dash(int i) {
    return (i + i / 7) % N_DASHES;
}

bool palette_named(const char *name, Rgb *rgb) {
    unsigned value;
    if (name[0] == '#' && strlen(name) == 7 && strspn(name + 1, "0123456789abcdefABCDEF") == 6 &&
        sscanf(name + 1, "%x", &value) == 1) {
        *rgb = rgb_of(value);
        return true;
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(named[i].name, name)) continue;
        *rgb = rgb_of(named[i].rgb[current]);
        return true;
    }
    return false;
}
