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

// A regular polygon with a corner at `angle`.
static void polygon(cairo_t *cr, double x, double y, double radius, int corners, double angle) {
    for (int k = 0; k < corners; k++, angle += 2 * M_PI / corners)
        cairo_line_to(cr, x + radius * cos(angle), y + radius * sin(angle));
    cairo_close_path(cr);
}

void marker_path(cairo_t *cr, int i, double x, double y, double size, bool *open) {
    double r = size / 2, arm = 1.05 * r;
    *open = i == 5 || i == 6;
    cairo_new_path(cr);
    switch (i) {
    case 0: cairo_arc(cr, x, y, r, 0, 2 * M_PI), cairo_close_path(cr); break;
    case 1: polygon(cr, x, y, 1.25 * r, 4, M_PI / 4); break;
    case 2: polygon(cr, x, y + 0.15 * r, 1.4 * r, 3, -M_PI / 2); break;
    case 3: polygon(cr, x, y, 1.3 * r, 4, 0); break;
    case 4: polygon(cr, x, y - 0.15 * r, 1.4 * r, 3, M_PI / 2); break;
    case 5:
        cairo_move_to(cr, x - arm, y), cairo_line_to(cr, x + arm, y);
        cairo_move_to(cr, x, y - arm), cairo_line_to(cr, x, y + arm);
        break;
    case 6:
        arm *= M_SQRT1_2 * 1.1;
        cairo_move_to(cr, x - arm, y - arm), cairo_line_to(cr, x + arm, y + arm);
        cairo_move_to(cr, x - arm, y + arm), cairo_line_to(cr, x + arm, y - arm);
        break;
    default: break;
    }
}

void dash_set(cairo_t *cr, int i, double width) {
    static const double pattern[N_DASHES][6] = {{0}, {4, 2}, {1, 1.6}, {5, 1.8, 1, 1.8}, {8, 2.2}};
    static const int length[N_DASHES] = {0, 2, 2, 4, 2};
    double scaled[6];
    for (int k = 0; k < 6; k++) scaled[k] = pattern[i][k] * width;
    cairo_set_dash(cr, scaled, length[i], 0);
}
