// contour.c - see contour.h.
//
// Each cell gives up to two segments between its sides. A side belongs to at most two cells, so segments are joined by
// the number of the side they end on, with no comparison of coordinates.
#include "contour.h"

#include <math.h>
#include <string.h>

typedef struct {
    int side[2];
    bool used;
} Segment;

typedef struct {
    const Grid *g;
    double level;
    int n;
    Segment *segment;
    int *at_side; // [n_sides * 2] segments that end there, -1: none
} March;

static double z(const Grid *g, int i, int j) {
    return g->z_yx[j * g->nx + i];
}

// Sides are numbered: nx * ny horizontal ones from (i, j) to (i + 1, j), then vertical ones from (i, j) to (i, j + 1).
static int side_number(const Grid *g, int i, int j, int which) { // 0 bottom, 1 right, 2 top, 3 left of cell (i, j)
    int all = g->nx * g->ny;
    switch (which) {
    case 0: return j * g->nx + i;
    case 1: return all + j * g->nx + i + 1;
    case 2: return (j + 1) * g->nx + i;
    default: return all + j * g->nx + i;
    }
}

static void crossing(const March *m, int side, double *x, double *y) {
    const Grid *g = m->g;
    int all = g->nx * g->ny, k = side % all, i = k % g->nx, j = k / g->nx;
    bool across = side < all;
    double a = z(g, i, j), b = across ? z(g, i + 1, j) : z(g, i, j + 1), f = (m->level - a) / (b - a);
    *x = across ? g->x[i] + f * (g->x[i + 1] - g->x[i]) : g->x[i];
    *y = across ? g->y[j] : g->y[j] + f * (g->y[j + 1] - g->y[j]);
}

static void add_segment(March *m, int from, int to) {
    int ends[2] = {from, to};
    m->segment[m->n] = (Segment){{from, to}, false};
    for (int e = 0; e < 2; e++) {
        int *at = m->at_side + 2 * ends[e];
        at[at[0] >= 0] = m->n;
    }
    m->n++;
}

static void march_cell(March *m, int i, int j) {
    const Grid *g = m->g;
    double corner[4] = {z(g, i, j), z(g, i + 1, j), z(g, i + 1, j + 1), z(g, i, j + 1)};
    double sum = corner[0] + corner[1] + corner[2] + corner[3];
    if (isnan(sum)) return;
    int crossed[4], n = 0;
    for (int s = 0; s < 4; s++)
        if ((corner[s] >= m->level) != (corner[(s + 1) % 4] >= m->level)) crossed[n++] = side_number(g, i, j, s);
    if (n == 2) add_segment(m, crossed[0], crossed[1]);
    if (n != 4) return;
    // Saddle: the corner that differs from the mean is cut off.
    bool together = (corner[0] >= m->level) == (sum / 4 >= m->level);
    add_segment(m, crossed[0], crossed[together ? 1 : 3]);
    add_segment(m, crossed[2], crossed[together ? 3 : 1]);
}

// The unused segment at a side, -1 if there is none.
static int next_segment(const March *m, int side) {
    for (int e = 0; e < 2; e++) {
        int s = m->at_side[2 * side + e];
        if (s >= 0 && !m->segment[s].used) return s;
    }
    return -1;
}

// Walks on from `side`, writing crossings; returns how many and the last side.
static int walk(March *m, int *side, double *x, double *y) {
    int n = 0;
    for (int s; (s = next_segment(m, *side)) >= 0; n++) {
        Segment *segment = &m->segment[s];
        segment->used = true;
        *side = segment->side[segment->side[0] == *side];
        crossing(m, *side, &x[n], &y[n]);
    }
    return n;
}

static Polyline trace(Arena *a, March *m, int start, bool closed, double *x, double *y) {
    int side = start;
    crossing(m, start, &x[0], &y[0]);
    int n = 1 + walk(m, &side, x + 1, y + 1);
    Polyline line = {n, arena_get(a, (size_t)n, sizeof *x), arena_get(a, (size_t)n, sizeof *y), closed};
    memcpy(line.x, x, (size_t)n * sizeof *x);
    memcpy(line.y, y, (size_t)n * sizeof *y);
    return line;
}

int contour_lines(Arena *a, const Grid *g, double level, Polyline **lines) {
    *lines = NULL;
    if (g->nx < 2 || g->ny < 2) return 0;
    size_t cells = (size_t)(g->nx - 1) * (size_t)(g->ny - 1), sides = 2 * (size_t)g->nx * (size_t)g->ny;
    March m = {.g = g, .level = level};
    m.segment = arena_get(a, 2 * cells, sizeof *m.segment);
    m.at_side = arena_get(a, 2 * sides, sizeof *m.at_side);
    memset(m.at_side, -1, 2 * sides * sizeof *m.at_side);
    for (int j = 0; j + 1 < g->ny; j++)
        for (int i = 0; i + 1 < g->nx; i++) march_cell(&m, i, j);
    double *x = arena_get(a, (size_t)m.n + 1, sizeof *x), *y = arena_get(a, (size_t)m.n + 1, sizeof *y);
    *lines = arena_get(a, (size_t)m.n, sizeof **lines);
    int n = 0;
    for (size_t s = 0; s < sides; s++) // open lines start where only one segment ends
        if (m.at_side[2 * s] >= 0 && m.at_side[2 * s + 1] < 0 && next_segment(&m, (int)s) >= 0)
            (*lines)[n++] = trace(a, &m, (int)s, false, x, y);
    for (int s = 0; s < m.n; s++)
        if (!m.segment[s].used) (*lines)[n++] = trace(a, &m, m.segment[s].side[0], true, x, y);
    return n;
}
