// interval.h - a 95 % interval that may be open on a side, or not be known at all.
//
// Where the runs set no limit within what was searched (a bound of a coefficient, the end of a range of G), that end is
// open: it is +-INFINITY here, never the bound itself. How to print one, the same everywhere:
//
//     kind              text             JSON (interval_json's list; interval_word() stands beside it)
//     UNKNOWN           ""               [null, null]  "unknown"         no draws, or withheld
//     BOTH_ENDS         "[1.2, 3.4]"     [1.2, 3.4]    "interval"
//     AT_MOST           "at most 3.4"    [null, 3.4]   "at most"         lo is -INFINITY
//     AT_LEAST          "at least 1.2"   [1.2, null]   "at least"        hi is +INFINITY
//     UNDETERMINED      "not determined" [null, null]  "not determined"  both
//
// A CSV cell, an axis or a band takes lo and hi as they are where isfinite(), and nothing elsewhere; tables and macros
// switch on interval_kind().
#ifndef MOELAW_INTERVAL_H
#define MOELAW_INTERVAL_H

typedef struct {
    double lo, hi; // NAN: unknown; -INFINITY, +INFINITY: open
} Interval;

typedef enum { UNKNOWN, BOTH_ENDS, AT_MOST, AT_LEAST, UNDETERMINED } IntervalKind;

static const Interval interval_unknown = {__builtin_nan(""), __builtin_nan("")};

IntervalKind interval_kind(const Interval *x);
const char *interval_word(const Interval *x);
// The kind that a word names; UNKNOWN for any other.
IntervalKind interval_kind_of(const char *word);

enum { INTERVAL_TEXT_ROOM = 80 };
const char *interval_text(const Interval *x, char text[INTERVAL_TEXT_ROOM]); // ends to five digits

// From 2.5 % to 97.5 % of `values`, which are sorted in place. -INFINITY and +INFINITY among them stand for "the low
// end of what was searched" and "the high end"; NANs, for "no answer", are left out. Unknown if fewer than 20 or less
// than half remain.
Interval interval_of(double *values, int n);

#endif
