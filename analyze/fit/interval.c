// interval.c - see interval.h.
#include "interval.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {"unknown", "interval", "at most", "at least", "not determined"};

IntervalKind interval_kind(const Interval *x) {
    if (isnan(x->lo) || isnan(x->hi)) return UNKNOWN;
    if (isinf(x->lo)) return isinf(x->hi) ? UNDETERMINED : AT_MOST;
    return isinf(x->hi) ? AT_LEAST : BOTH_ENDS;
}

const char *interval_word(const Interval *x) {
    return words[interval_kind(x)];
}

IntervalKind interval_kind_of(const char *word) {
    for (int k = UNDETERMINED; k > UNKNOWN; k--)
        if (word && !strcmp(word, words[k])) return (IntervalKind)k;
    return UNKNOWN;
}

const char *interval_text(const Interval *x, char text[INTERVAL_TEXT_ROOM]) {
    IntervalKind kind = interval_kind(x);
    text[0] = '\0';
    if (kind == BOTH_ENDS) snprintf(text, INTERVAL_TEXT_ROOM, "[%.5g, %.5g]", x->lo, x->hi);
    if (kind == AT_MOST || kind == AT_LEAST)
        snprintf(text, INTERVAL_TEXT_ROOM, "%s %.5g", words[kind], kind == AT_MOST ? x->hi : x->lo);
    if (kind == UNDETERMINED) snprintf(text, INTERVAL_TEXT_ROOM, "%s", words[kind]);
    return text;
}

// At share (n + 1), so that few draws do not make it narrow; linear between the neighbours; but next to an open end the
// quantile is that end.
static double quantile(const double *sorted, int n, double share) {
    double at = fmin(fmax(share * (n + 1) - 1, 0), n - 1);
    int below = (int)at;
    double a = sorted[below], b = below + 1 < n ? sorted[below + 1] : a;
    if (isinf(a)) return a;
    if (isinf(b)) return at > below ? b : a;
    return a + (at - below) * (b - a);
}

Interval interval_of(double *values, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(values[i])) values[kept++] = values[i];
    // Two draws make no interval; a function that most draws cannot answer has none either.
    if (kept < 20 || 2 * kept < n) return interval_unknown;
    gsl_sort(values, 1, (size_t)kept);
    Interval x = {quantile(values, kept, 0.025), quantile(values, kept, 0.975)};
    // Nearly all draws at one end say nothing of the other: a bound is no measurement.
    if (isinf(x.lo) && x.lo > 0) x.lo = -INFINITY;
    if (isinf(x.hi) && x.hi < 0) x.hi = INFINITY;
    return x;
}
