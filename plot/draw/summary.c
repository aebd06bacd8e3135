// summary.c - see summary.h.
#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DENSITY_POINTS = 64, SMOOTH_POINTS = 120, MOST_BINS = 30 };

// A row as a summary sees it: which group, and the value in it.
typedef struct {
    int series, row;     // row: index into the layer's
    double place, value; // place: of a box or violin on its axis; for smooth, y
} Item;

typedef struct {
    const Layer *from;
    Layer *to;
} Builder;

static int by_group(const void *a, const void *b) {
    const Item *x = a, *y = b;
    if (x->series != y->series) return x->series < y->series ? -1 : 1;
    if (x->place < y->place || x->place > y->place) return x->place < y->place ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static int by_series(const void *a, const void *b) {
    const Item *x = a, *y = b;
    if (x->series != y->series) return x->series < y->series ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

// Rows without a blank, sorted by series, then place where `grouped`, then value.
static Item *items_of(Arena *a, const Layer *l, const double *place, const double *value, bool grouped, int *n) {
    Item *items = arena_get(a, (size_t)l->rows.n + 1, sizeof *items);
    *n = 0;
    for (int i = 0; i < l->rows.n; i++) {
        double at = place ? place[i] : 0;
        if (!isnan(value[i] + at)) items[(*n)++] = (Item){l->series ? l->series[i] : 0, i, at, value[i]};
    }
    qsort(items, (size_t)*n, sizeof *items, grouped ? by_group : by_series);
    return items;
}

// The end of the group that starts at `from`.
static int group_end(const Item *items, int n, int from, bool grouped) {
    int end = from + 1;
    while (end < n && items[end].series == items[from].series &&
           (!grouped || (items[end].place <= items[from].place && items[end].place >= items[from].place)))
        end++;
    return end;
}

static int count_groups(const Item *items, int n, bool grouped) {
    int groups = 0;
    for (int start = 0; start < n; start = group_end(items, n, start, grouped)) groups++;
    return groups;
}

static Builder builder(Arena *a, const Layer *from, Layer *to, int room) {
    size_t n = (size_t)room + 1;
    double **columns[] = {&to->x, &to->y, &to->lo, &to->hi, &to->xlo, &to->xhi, &to->value, &to->q1, &to->q3};
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        double *v = *columns[k] = arena_get(a, n, sizeof *v);
        for (size_t i = 0; i < n; i++) v[i] = NAN;
    }
    to->rows.at = arena_get(a, n, sizeof *to->rows.at);
    to->rows.n = 0;
    if (from->series) to->series = arena_get(a, n, sizeof *to->series);
    if (from->shape) to->shape = arena_get(a, n, sizeof *to->shape);
    return (Builder){from, to};
}

// A new row that looks like row `like` of the old ones.
static int put(Builder *b, int like, double x, double y) {
    Layer *l = b->to;
    int i = l->rows.n++;
    l->rows.at[i] = b->from->rows.at[like];
    if (l->series) l->series[i] = b->from->series[like];
    if (l->shape) l->shape[i] = b->from->shape[like];
    l->x[i] = x;
    l->y[i] = y;
    return i;
}

static double back(const Axis *a, double u) {
    return a->spec.scale == SCALE_LOG ? pow(10, u) : u;
}

static void histogram(Arena *a, const Layer *from, Layer *l, Axis *x, Axis *y) {
    int n;
    const Item *items = items_of(a, from, NULL, from->x, false, &n);
    double lo = INFINITY, hi = -INFINITY;
    for (int i = 0; i < n; i++) {
        lo = fmin(lo, axis_linear(x, items[i].value));
        hi = fmax(hi, axis_linear(x, items[i].value));
    }
    int bins = l->spec->bins ? l->spec->bins : (int)fmin(MOST_BINS, fmax(5, ceil(sqrt(n))));
    if (!(hi > lo)) lo -= 0.5, hi += 0.5;
    double width = (hi - lo) / bins;
    Builder b = builder(a, from, l, bins * count_groups(items, n, false));
    axis_include(y, 0);
    for (int start = 0, end; start < n; start = end) {
        end = group_end(items, n, start, false);
        int i = start;
        for (int k = 0; k < bins; k++) {
            double edge = k + 1 == bins ? INFINITY : lo + (k + 1) * width;
            int before = i;
            while (i < end && axis_linear(x, items[i].value) < edge) i++;
            int at = put(&b, items[start].row, back(x, lo + (k + 0.5) * width), i - before);
            l->xlo[at] = back(x, lo + k * width);
            l->xhi[at] = back(x, lo + (k + 1) * width);
            axis_include(y, l->y[at]), axis_include(x, l->xlo[at]), axis_include(x, l->xhi[at]);
        }
    }
}

static void ecdf(Arena *a, const Layer *from, Layer *l, Axis *y) {
    int n;
    const Item *items = items_of(a, from, NULL, from->x, false, &n);
    Builder b = builder(a, from, l, n + count_groups(items, n, false));
    axis_include(y, 0), axis_include(y, 1);
    for (int start = 0, end; start < n; start = end) {
        end = group_end(items, n, start, false);
        if (y->spec.scale != SCALE_LOG) put(&b, items[start].row, items[start].value, 0);
        for (int i = start; i < end; i++)
            put(&b, items[i].row, items[i].value, (double)(i + 1 - start) / (end - start));
    }
}

static double sorted_quantile(const Item *items, int n, double q) {
    double at = q * (n - 1);
    int i = (int)at;
    return i + 1 < n ? items[i].value + (at - i) * (items[i + 1].value - items[i].value) : items[n - 1].value;
}

static void boxes(Arena *a, const Layer *from, Layer *l, bool lie) {
    int n;
    const Item *items =
        lie ? items_of(a, from, from->y, from->x, true, &n) : items_of(a, from, from->x, from->y, true, &n);
    Builder b = builder(a, from, l, n + count_groups(items, n, true));
    for (int start = 0, end; start < n; start = end) {
        end = group_end(items, n, start, true);
        const Item *group = items + start;
        int count = end - start;
        double q1 = sorted_quantile(group, count, 0.25), q3 = sorted_quantile(group, count, 0.75);
        double median = sorted_quantile(group, count, 0.5), far = 1.5 * (q3 - q1), lo = q1, hi = q3;
        for (int i = 0; i < count; i++) {
            double v = group[i].value;
            if (v >= q1 - far) lo = fmin(lo, v);
            if (v <= q3 + far) hi = fmax(hi, v);
            if (v < q1 - far || v > q3 + far) put(&b, group[i].row, lie ? v : group->place, lie ? group->place : v);
        }
        int at = put(&b, group->row, lie ? median : group->place, lie ? group->place : median);
        l->q1[at] = q1, l->q3[at] = q3;
        (lie ? l->xlo : l->lo)[at] = lo, (lie ? l->xhi : l->hi)[at] = hi;
    }
}

static double kernel_width(const Item *group, int n, const Axis *axis) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) sum += axis_linear(axis, group[i].value);
    for (int i = 0; i < n; i++) squares += pow(axis_linear(axis, group[i].value) - sum / n, 2);
    double sd = sqrt(squares / n);
    double range =
        axis_linear(axis, sorted_quantile(group, n, 0.75)) - axis_linear(axis, sorted_quantile(group, n, 0.25));
    return 0.9 * (range > 0 ? fmin(sd, range / 1.34) : sd) * pow(n, -0.2);
}

static void violins(Arena *a, const Layer *from, Layer *l, bool lie, const Axis *axis) {
    int n;
    const Item *items =
        lie ? items_of(a, from, from->y, from->x, true, &n) : items_of(a, from, from->x, from->y, true, &n);
    Builder b = builder(a, from, l, DENSITY_POINTS * count_groups(items, n, true));
    for (int start = 0, end; start < n; start = end) {
        end = group_end(items, n, start, true);
        const Item *group = items + start;
        int count = end - start, first = l->rows.n;
        double lo = axis_linear(axis, group[0].value), hi = axis_linear(axis, group[count - 1].value), most = 0;
        double width = kernel_width(group, count, axis);
        for (int k = 0; k < DENSITY_POINTS; k++) {
            double u = lo + (hi - lo) * k / (DENSITY_POINTS - 1), density = 0, v = back(axis, u);
            for (int i = 0; i < count && width > 0; i++)
                density += exp(-0.5 * pow((u - axis_linear(axis, group[i].value)) / width, 2));
            int at = put(&b, group->row, lie ? v : group->place, lie ? group->place : v);
            l->value[at] = density;
            most = fmax(most, density);
        }
        for (int i = first; i < l->rows.n; i++) l->value[i] = most > 0 ? l->value[i] / most : 1;
    }
}

// The value at u of a line through the `window` nearest of n points sorted by u, tricube weights.
static double local_line(const double *u, const double *v, int n, int window, int *from, double at) {
    while (*from + window < n && at - u[*from] > u[*from + window] - at) ++*from;
    double reach = fmax(fabs(at - u[*from]), fabs(u[*from + window - 1] - at)) * 1.0001, w0 = 0, w1 = 0, w2 = 0, y0 = 0,
           y1 = 0;
    for (int i = *from; i < *from + window; i++) {
        double d = u[i] - at, t = reach > 0 ? fabs(d) / reach : 0, w = pow(1 - t * t * t, 3);
        w0 += w, w1 += w * d, w2 += w * d * d, y0 += w * v[i], y1 += w * d * v[i];
    }
    double spread = w0 * w2 - w1 * w1;
    return spread > 1e-12 * w0 * w2 ? (y0 * w2 - y1 * w1) / spread : y0 / w0;
}

static void smooth(Arena *a, const Layer *from, Layer *l, const Axis *x, Axis *y) {
    int n;
    const Item *items = items_of(a, from, from->y, from->x, false, &n);
    double *u = arena_get(a, (size_t)n + 1, sizeof *u), *v = arena_get(a, (size_t)n + 1, sizeof *v);
    Builder b = builder(a, from, l, SMOOTH_POINTS * count_groups(items, n, false));
    for (int start = 0, end; start < n; start = end) {
        end = group_end(items, n, start, false);
        int count = end - start, window = (int)fmin(count, fmax(3, ceil(l->spec->span * count))), left = 0;
        for (int i = 0; i < count; i++) {
            u[i] = axis_linear(x, items[start + i].value);
            v[i] = axis_linear(y, items[start + i].place);
        }
        for (int k = 0; k < SMOOTH_POINTS; k++) {
            double at = u[0] + (u[count - 1] - u[0]) * k / (SMOOTH_POINTS - 1);
            double height = back(y, local_line(u, v, count, window, &left, at));
            put(&b, items[start].row, back(x, at), height);
            axis_include(y, height);
        }
    }
}

void layer_summarize(Arena *a, Layer *l, Axis *x, Axis *y) {
    Layer from = *l;
    bool lie = bars_lie(x, y);
    switch (l->spec->kind) {
    case MARK_HISTOGRAM: histogram(a, &from, l, x, y); break;
    case MARK_ECDF: ecdf(a, &from, l, y); break;
    case MARK_BOX: boxes(a, &from, l, lie); break;
    case MARK_VIOLIN: violins(a, &from, l, lie, lie ? x : y); break;
    case MARK_SMOOTH: smooth(a, &from, l, x, y); break;
    default: break;
    }
}
