// palette.c - see palette.h.
#include "palette.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const marker_words[N_MARKERS + 1] = {"circle", "square", "triangle", "diamond", "down",
                                                 "plus",   "cross",  "none",     NULL};
const char *const dash_words[N_DASHES + 1] = {"solid", "dashed", "dotted", "dashdot", "long", NULL};

static const struct {
    const char *name;
    unsigned rgb;
} named[] = {{"blue", 0x0072B2},  {"vermillion", 0xD55E00}, {"green", 0x009E73}, {"purple", 0xCC79A7},
             {"black", 0x000000}, {"orange", 0xE69F00},     {"sky", 0x56B4E9},   {"gray", 0x777777}};

static Rgb rgb_of(unsigned rgb) {
    return (Rgb){(double)(rgb >> 16 & 255) / 255, (double)(rgb >> 8 & 255) / 255, (double)(rgb & 255) / 255};
}

Rgb palette_viridis(double t) {
    static const unsigned stop[] = {0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C,
                                    0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725};
    t = fmin(fmax(t, 0), 1) * 10;
    int i = t >= 10 ? 9 : (int)t;
    double f = t - i;
    Rgb a = rgb_of(stop[i]), b = rgb_of(stop[i + 1]);
    return (Rgb){a.r + f * (b.r - a.r), a.g + f * (b.g - a.g), a.b + f * (b.b - a.b)};
}

Rgb palette_color(PaletteKind kind, int i, int n) {
    if (kind == PALETTE_ORDERED) return palette_viridis(n > 1 ? 0.82 * i / (n - 1) : 0.3);
    return rgb_of(named[i % 7].rgb);
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
        *rgb = rgb_of(named[i].rgb);
        return true;
    }
    return false;
}
