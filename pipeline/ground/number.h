// number.h - numbers to and from text, without locale and without loss.
#ifndef MOELAW_NUMBER_H
#define MOELAW_NUMBER_H

#include <stdbool.h>

enum { NUMBER_TEXT = 32 };

// The shortest decimal text that reads back to the same double ("0.1", "2e+10"); whole numbers below 1e15 plainly;
// nothing for what is not finite, as a blank cell means unknown.
const char *number_text(double x, char text[NUMBER_TEXT]);

// Parses the whole of `text` (blanks around it allowed) as a finite decimal number, with K, M, B or T (thousands to
// millions of millions; k too) right after it or not: "30B" is 3e10. No hex, no inf, no nan.
bool parse_number(const char *text, double *x);

// The same for whole numbers, "1e6" included; false outside +-2^53.
bool parse_whole(const char *text, long long *x);

// 1234567 as "1.23M", 2e10 as "20.0B", for people; K, M, B, T, and plain powers of ten beyond.
const char *short_count(double x, char text[NUMBER_TEXT]);
// Seconds as "1h02m", "3m05s", "4.2s", for people.
const char *short_time(double seconds, char text[NUMBER_TEXT]);

#endif
