// format.c - see format.h.
#include "format.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_printf(const char *format) {
    return format[0] == '.' && format[1] >= '0' && format[1] <= '9' && (format[2] == 'f' || format[2] == 'g') &&
           format[3] == '\0';
}

bool format_known(const char *format) {
    return !strcmp(format, "si") || !strcmp(format, "power") || is_printf(format);
}

// Copies `from`, with '-' as the true minus sign and "e+08" as a power of ten.
static void beautify(const char *from, char text[FORMAT_TEXT]) {
    size_t n = 0;
    text[0] = '\0';
    for (; *from && n + 16 < FORMAT_TEXT; from++) {
        if (*from == 'e')
            n += (size_t)snprintf(text + n, FORMAT_TEXT - n, "×10^{%s%d}", atoi(from + 1) < 0 ? "−" : "",
                                  abs(atoi(from + 1)));
        if (*from == 'e') return;
        n += (size_t)snprintf(text + n, FORMAT_TEXT - n, *from == '-' ? "−" : "%c", *from);
    }
}

const char *format_number(double x, const char *format, char text[FORMAT_TEXT]) {
    char plain[FORMAT_TEXT];
    if (format && !strcmp(format, "si")) {
        short_count(x, plain);
        if (fabs(x) < 1) snprintf(plain, sizeof plain, "%.3g", x);
        // 2.00M says no more than 2M.
        char *unit = plain + strspn(plain, "-0123456789."), *end = unit;
        if (strchr(plain, '.')) {
            while (end > plain && end[-1] == '0') end--;
            if (end > plain && end[-1] == '.') end--;
            memmove(end, unit, strlen(unit) + 1);
        }
    } else if (format && !strcmp(format, "power") && x != 0) {
        int e = (int)floor(log10(fabs(x)) + 1e-9);
        double m = x / pow(10, e);
        if (fabs(m - 1) < 5e-3)
            snprintf(plain, sizeof plain, "10^{%s%d}", e < 0 ? "−" : "", abs(e));
        else
            snprintf(plain, sizeof plain, "%.3g×10^{%s%d}", m, e < 0 ? "−" : "", abs(e));
        snprintf(text, FORMAT_TEXT, "%s", plain);
        return text;
    } else if (format && is_printf(format)) {
        snprintf(plain, sizeof plain, format[2] == 'f' ? "%.*f" : "%.*g", format[1] - '0', x);
    } else {
        snprintf(plain, sizeof plain, "%.4g", x);
    }
    if (plain[0] == '-' && !plain[strspn(plain, "-0.")]) // no minus before what rounds to zero
        memmove(plain, plain + 1, strlen(plain));
    beautify(plain, text);
    return text;
}

int format_digits(double lo, double hi) {
    double half = fabs(hi - lo) / 2;
    if (!(half > 0)) return 4;
    int digits = 1 - (int)floor(log10(half));
    return digits < 0 ? 0 : digits > 9 ? 9 : digits;
}

char *format_escaped(Arena *a, const char *text) {
    char *out = arena_get(a, 2 * strlen(text) + 1, 1), *to = out;
    for (; *text; text++) {
        if (strchr("\\*^_{}", *text)) *to++ = '\\';
        *to++ = *text;
    }
    return out;
}

const char *format_value(Arena *a, const char *value, const Names *names, const char *format) {
    for (int i = 0; names && i < names->n; i++)
        if (!strcmp(names->from[i], value)) return names->to[i];
    double x;
    char text[FORMAT_TEXT];
    if (format && parse_number(value, &x)) return arena_format(a, "%s", format_number(x, format, text));
    return format_escaped(a, value);
}
