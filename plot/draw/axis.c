// axis.c - see axis.h.
#include "axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Axis axis_new(const AxisSpec *spec) {
    return (Axis){.spec = *spec, .lo = INFINITY, .hi = -INFINITY};
}

void axis_include(Axis *a, double v) {
    if (isnan(v) || (a->spec.scale == SCALE_LOG && v <= 0)) return;
    a->lo = fmin(a->lo, v);
    a->hi = fmax(a->hi, v);
}

int axis_category(Axis *a, const char *value) {
    for (int i = 0; i < a->n_categories; i++)
        if (!strcmp(a->category[i], value)) return i;
    if (a->n_categories == MOST_CATEGORIES) return -1;
    a->category[a->n_categories] = value;
    return a->n_categories++;
}

double axis_linear(const Axis *a, double v) {
    return a->spec.scale == SCALE_LOG ? log10(v) : v;
}
static double axis_back(const Axis *a, double u) {
    return a->spec.scale == SCALE_LOG ? pow(10, u) : u;
}

// Equal values get some room, so that the axis has a direction.
static void widen(const Axis *a, double *lo, double *hi) {
    if (*hi - *lo > 1e-12 * fmax(fabs(*lo), fabs(*hi))) return;
    double half = a->spec.scale == SCALE_LOG ? 0.3 : *lo != 0 ? 0.1 * fabs(*lo) : 1;
    *lo -= half;
    *hi += half;
}

void axis_finish(Axis *a) {
    const AxisSpec *spec = &a->spec;
    if (spec->scale == SCALE_CATEGORY) {
        a->lo = -0.5;
        a->hi = a->n_categories - 0.5;
        return;
    }
    if (spec->symmetric) {
        double far = fmax(fabs(a->lo), fabs(a->hi));
        a->lo = -far;
        a->hi = far;
    }
    if (a->lo > a->hi) a->lo = spec->scale == SCALE_LOG ? 0.1 : 0, a->hi = 1;
    if (!isnan(spec->min)) a->lo = spec->min, a->hi = fmax(a->hi, spec->min);
    if (!isnan(spec->max)) a->hi = spec->max, a->lo = fmin(a->lo, spec->max);
    double lo = axis_linear(a, a->lo), hi = axis_linear(a, a->hi);
    widen(a, &lo, &hi);
    double margin = a->tight ? 0 : 0.05 * (hi - lo);
    a->lo = isnan(spec->min) ? axis_back(a, lo - margin) : spec->min;
    a->hi = isnan(spec->max) ? axis_back(a, hi + margin) : spec->max;
}

double axis_at(const Axis *a, double v) {
    double lo = axis_linear(a, a->lo), hi = axis_linear(a, a->hi);
    return a->from + (axis_linear(a, v) - lo) / (hi - lo) * (a->to - a->from);
}

bool axis_holds(const Axis *a, double v) {
    double slack = 1e-9 * (a->hi - a->lo);
    return v >= a->lo - slack && v <= a->hi + slack;
}

static void add_tick(Ticks *t, double v, const char *label) {
    if (t->n == MOST_TICKS) return;
    t->at[t->n] = v;
    snprintf(t->label[t->n++], FORMAT_TEXT, "%s", label);
}
static void add_minor(const Axis *a, Ticks *t, double v) {
    if (axis_holds(a, v) && t->n_minor < MOST_MINOR) t->minor[t->n_minor++] = v;
}

// The smallest of 1, 2, 5 times a power of ten that is at least x.
static double round_step(double x) {
    double unit = pow(10, floor(log10(x)));
    double m = x / unit * (1 - 1e-9);
    return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static void linear_ticks(const Axis *a, int target, Ticks *t) {
    double step = round_step((a->hi - a->lo) / target);
    double far = fmax(fabs(a->lo), fabs(a->hi));
    int size = (int)floor(log10(far) + 1e-9), fine = (int)floor(log10(step) + 1e-9);
    if (!a->spec.format && (size >= 5 || size < -2)) t->exponent = size;
    int digits = t->exponent - fine > 0 ? t->exponent - fine : 0;
    char format[] = ".0f", label[FORMAT_TEXT];
    format[1] = (char)('0' + (digits > 9 ? 9 : digits));
    double first = ceil(a->lo / step - 1e-6);
    for (int k = 0; k < MOST_TICKS && first + k <= a->hi / step + 1e-6; k++) {
        double i = first + k, v = i * step;
        add_tick(t, v,
                 format_number(i == 0 ? 0 : v / pow(10, t->exponent), a->spec.format ? a->spec.format : format, label));
    }
}

// 0.02, 50 and 2000 plainly, 2×10^{8} as such.
static const char *short_label(const Axis *a, double v, char label[FORMAT_TEXT]) {
    if (a->spec.format) return format_number(v, a->spec.format, label);
    return format_number(v, v >= 0.999e-3 && v < 9999 ? ".4g" : "power", label);
}

// Powers of the base, every `stride`-th labelled.
static void power_ticks(const Axis *a, int target, int first, int last, Ticks *t) {
    int stride = (last - first) / target + 1;
    char label[FORMAT_TEXT];
    for (int k = first; k <= last; k++) {
        double v = pow(a->spec.base, k);
        if ((k - first) % stride) {
            add_minor(a, t, v);
            continue;
        }
        if (a->spec.base == 2 || a->spec.format)
            short_label(a, v, label);
        else
            snprintf(label, sizeof label, "10^{%s%d}", k < 0 ? "−" : "", k < 0 ? -k : k);
        add_tick(t, v, label);
    }
    if (a->spec.base == 10 && stride == 1)
        for (int k = first - 1; k <= last; k++)
            for (int m = 2; m < 10; m++) add_minor(a, t, m * pow(10, k));
}

// Labels 1, 2, 5 in each decade, and 3 as well where that leaves fewer than three.
static void some_ticks(const Axis *a, bool threes, Ticks *t) {
    char label[FORMAT_TEXT];
    for (int k = (int)floor(log10(a->lo)); k <= (int)floor(log10(a->hi)); k++)
        for (int m = 1; m < 10; m++) {
            double v = m * pow(10, k);
            bool labelled = m == 1 || m == 2 || m == 5 || (m == 3 && threes);
            if (labelled && axis_holds(a, v))
                add_tick(t, v, short_label(a, v, label));
            else
                add_minor(a, t, v);
        }
}

static void within_decade(const Axis *a, int target, Ticks *t) {
    if (a->hi / a->lo < 4) { // too short for these: round steps
        linear_ticks(a, target, t);
        for (int i = 0; t->exponent && i < t->n; i++) short_label(a, t->at[i], t->label[i]);
        t->exponent = 0;
        return;
    }
    some_ticks(a, false, t);
    if (t->n >= 3) return;
    *t = (Ticks){0};
    some_ticks(a, true, t);
}

static void given_ticks(const Axis *a, int target, Ticks *t) {
    char label[FORMAT_TEXT];
    int n = 0;
    for (int i = 0; i < a->spec.ticks.n; i++) n += axis_holds(a, a->spec.ticks.at[i]);
    int stride = target > 0 ? (n + target - 1) / target : 1;
    for (int i = 0, seen = 0; i < a->spec.ticks.n; i++) {
        double v = a->spec.ticks.at[i];
        if (!axis_holds(a, v)) continue;
        if (seen++ % (stride > 0 ? stride : 1))
            add_minor(a, t, v);
        else
            add_tick(t, v, short_label(a, v, label));
    }
}

void axis_ticks(const Axis *a, int target, Ticks *t) {
    *t = (Ticks){0};
    if (target < 1) target = 1;
    if (a->spec.scale == SCALE_CATEGORY) {
        for (int i = 0; i < a->n_categories; i++) add_tick(t, i, a->name[i] ? a->name[i] : a->category[i]);
        return;
    }
    if (a->spec.ticks.n) {
        given_ticks(a, target, t);
        return;
    }
    if (a->spec.scale == SCALE_LINEAR) {
        linear_ticks(a, target, t);
        return;
    }
    double unit = log10(a->spec.base);
    int first = (int)ceil(log10(a->lo) / unit - 1e-9), last = (int)floor(log10(a->hi) / unit + 1e-9);
    if (last - first >= 1)
        power_ticks(a, target, first, last, t);
    else
        within_decade(a, target, t);
}
