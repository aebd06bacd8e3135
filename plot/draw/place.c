// place.c - see place.h.
#include "place.h"

#include <math.h>
#include <string.h>

enum { STEP = 2 };
static const double rim = 5, clear = 3; // distance to the frame, and to ink

static void sum_up(Ink *ink) {
    int w = ink->w + 1;
    for (int j = 0; j < ink->h; j++)
        for (int i = 0; i < ink->w; i++)
            ink->sum_hw[(j + 1) * w + i + 1] = ink->ink_hw[j * ink->w + i] + ink->sum_hw[j * w + i + 1] +
                                               ink->sum_hw[(j + 1) * w + i] - ink->sum_hw[j * w + i];
}

Ink ink_of(Arena *a, const Panel *p, Drawn as) {
    Ink ink = {.box = p->box, .w = (int)fmax(1, p->box.w), .h = (int)fmax(1, p->box.h)};
    ink.ink_hw = arena_get(a, (size_t)ink.w * (size_t)ink.h, 1);
    ink.sum_hw = arena_get(a, (size_t)(ink.w + 1) * (size_t)(ink.h + 1), sizeof *ink.sum_hw);
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, ink.w, ink.h);
    cairo_t *cr = cairo_create(s);
    cairo_translate(cr, -p->box.x, -p->box.y);
    marks_draw(cr, a, p, as);
    cairo_destroy(cr);
    cairo_surface_flush(s);
    const unsigned char *data = cairo_image_surface_get_data(s);
    for (int j = 0; data && j < ink.h; j++)
        memcpy(ink.ink_hw + j * ink.w, data + j * cairo_image_surface_get_stride(s), (size_t)ink.w);
    cairo_surface_destroy(s);
    sum_up(&ink);
    return ink;
}

// Pixels from..to that [at, at + size) touches, widened and kept inside.
static void reach(double at, double size, int limit, int *from, int *to) {
    *from = (int)fmax(0, floor(at - clear));
    *to = (int)fmin(limit, ceil(at + size + clear));
    if (*from > *to) *from = *to;
}

static double ink_under(const Ink *ink, double x, double y, double w, double h) {
    int x0, x1, y0, y1, row = ink->w + 1;
    reach(x, w, ink->w, &x0, &x1);
    reach(y, h, ink->h, &y0, &y1);
    const double *s = ink->sum_hw;
    return s[y1 * row + x1] - s[y0 * row + x1] - s[y1 * row + x0] + s[y0 * row + x0];
}

bool ink_free(const Ink *ink, Rect r) {
    double x = r.x - ink->box.x, y = r.y - ink->box.y;
    return x > 0 && y > 0 && x + r.w < ink->box.w && y + r.h < ink->box.h && ink_under(ink, x, y, r.w, r.h) == 0;
}

// How far (x, y), with room (right, down) to move, is from the wanted corner; corners are tried in order of habit.
static double distance(double x, double y, double right, double down, Corner corner) {
    static const Corner order[] = {AT_TOP_RIGHT, AT_TOP_LEFT, AT_BOTTOM_RIGHT, AT_BOTTOM_LEFT};
    double best = INFINITY;
    for (int i = 0; i < 4; i++) {
        Corner c = order[i];
        if (corner != AT_AUTO && corner != c) continue;
        bool left = c == AT_TOP_LEFT || c == AT_BOTTOM_LEFT, top = c == AT_TOP_LEFT || c == AT_TOP_RIGHT;
        best = fmin(best, (left ? x : right - x) + (top ? y : down - y) + i);
    }
    return best;
}

bool ink_place(const Ink *ink, double w, double h, Corner corner, Rect *place) {
    double right = ink->box.w - 2 * rim - w, down = ink->box.h - 2 * rim - h, best = INFINITY;
    *place = (Rect){ink->box.x + rim, ink->box.y + rim, w, h};
    if (right < 0 || down < 0) return false;
    bool free = false;
    for (double y = 0; y <= down; y += STEP)
        for (double x = 0; x <= right; x += STEP) {
            double under = ink_under(ink, rim + x, rim + y, w, h);
            double cost = 1e3 * under + distance(x, y, right, down, corner);
            if (cost >= best) continue;
            best = cost;
            free = under == 0;
            place->x = ink->box.x + rim + x;
            place->y = ink->box.y + rim + y;
        }
    return free;
}

void ink_block(Ink *ink, Rect place) {
    int x0, x1, y0, y1;
    reach(place.x - ink->box.x, place.w, ink->w, &x0, &x1);
    reach(place.y - ink->box.y, place.h, ink->h, &y0, &y1);
    for (int j = y0; j < y1; j++)
        for (int i = x0; i < x1; i++) ink->ink_hw[j * ink->w + i] = 255;
    sum_up(ink);
}
