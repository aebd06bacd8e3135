// marker.c - see marker.h.
#include "marker.h"

#include "read/palette.h"

#include <math.h>

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

void dash_set(cairo_t *cr, int i, double width, double offset) {
    static const double pattern[N_DASHES][6] = {{0}, {4, 2}, {1, 1.6}, {5, 1.8, 1, 1.8}, {8, 2.2}};
    static const int length[N_DASHES] = {0, 2, 2, 4, 2};
    double scaled[6];
    for (int k = 0; k < 6; k++) scaled[k] = pattern[i][k] * width;
    cairo_set_dash(cr, scaled, length[i], offset);
}
