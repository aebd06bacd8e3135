// number.c - see number.h.
#include "number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *number_text(double x, char text[NUMBER_TEXT]) {
    if (!isfinite(x)) return strcpy(text, "");
    if (x == 0) return strcpy(text, "0"); // also for -0
    if (fabs(x) < 1e15 && x == floor(x)) {
        snprintf(text, NUMBER_TEXT, "%.0f", x);
        return text;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    return text;
}

// What a letter after a count stands for; 1 if it is none. G is no unit here: it is the number of active experts.
static double count_unit(char letter) {
    switch (letter) {
    case 'k':
    case 'K': return 1e3;
    case 'M': return 1e6;
    case 'B': return 1e9;
    case 'T': return 1e12;
    default: return 1;
    }
}

bool parse_number(const char *text, double *x) {
    while (isspace((unsigned char)*text)) text++;
    // strtod also takes "0x1p3", "inf" and "nan": only digits, point, sign and exponent may pass.
    size_t length = strspn(text, "0123456789.+-eE");
    if (length == 0) return false;
    char *end;
    double value = strtod(text, &end);
    if (end != text + length) return false;
    if (*end) value *= count_unit(*end);
    if (!isfinite(value)) return false;
    end += *end && count_unit(*end) != 1;
    while (isspace((unsigned char)*end)) end++;
    if (*end) return false;
    *x = value;
    return true;
}

bool parse_whole(const char *text, long long *x) {
    double value;
    if (!parse_number(text, &value) || value != floor(value) || fabs(value) > 9007199254740992.0) return false;
    *x = (long long)value;
    return true;
}

const char *short_count(double x, char text[NUMBER_TEXT]) {
    static const char *const unit[] = {"", "K", "M", "B", "T"};
    int u = 0;
    if (fabs(x) >= 999.5e12) {
        snprintf(text, NUMBER_TEXT, "%.3g", x);
        return text;
    }
    for (; fabs(x) >= 999.5; u++) x /= 1000;
    if (u == 0)
        snprintf(text, NUMBER_TEXT, "%.4g", x);
    else
        snprintf(text, NUMBER_TEXT, fabs(x) >= 99.95 ? "%.0f%s" : fabs(x) >= 9.995 ? "%.1f%s" : "%.2f%s", x, unit[u]);
    return text;
}

const char *short_time(double seconds, char text[NUMBER_TEXT]) {
    if (!(seconds >= 0)) return strcpy(text, "?");
    if (seconds >= 359999) seconds = 359999;
    int s = (int)(seconds + 0.5);
    if (seconds < 10)
        snprintf(text, NUMBER_TEXT, "%.1fs", seconds);
    else if (s < 60)
        snprintf(text, NUMBER_TEXT, "%ds", s);
    else if (s < 3600)
        snprintf(text, NUMBER_TEXT, "%dm%02ds", s / 60, s % 60);
    else
        snprintf(text, NUMBER_TEXT, "%dh%02dm", s / 3600, s / 60 % 60);
    return text;
}
