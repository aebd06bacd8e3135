// latex.c - see latex.h.
#include "latex.h"

#include "fit/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *escape(char c) {
    switch (c) {
    case '\\': return "\\textbackslash{}";
    case '{': return "\\{";
    case '}': return "\\}";
    case '~': return "\\textasciitilde{}";
    case '^': return "\\textasciicircum{}";
    case '_': return "\\_";
    case '%': return "\\%";
    case '&': return "\\&";
    case '#': return "\\#";
    case '$': return "\\$";
    case '<': return "$<$";
    case '>': return "$>$";
    default: return NULL;
    }
}

void tex_text(FILE *f, const char *text) {
    for (; *text; text++) {
        const char *escaped = escape(*text);
        if (escaped)
            fputs(escaped, f);
        else if (*text == '-' && text[1] == '-') // an option, not a dash
            fputs("-{}", f);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, f);
    }
}

static int digits_of(double x, double uncertainty) {
    if (!isfinite(uncertainty) || uncertainty <= 0) return 4;
    int digits = (int)floor(log10(fabs(x))) - (int)floor(log10(uncertainty)) + 2;
    return digits < 1 ? 1 : digits > 9 ? 9 : digits;
}

const char *shown(double x, double uncertainty, char text[SHOWN]) {
    if (!isfinite(x)) return strcpy(text, "");
    if (x == 0) return strcpy(text, "0");
    int digits = digits_of(x, uncertainty);
    double unit = pow(10, floor(log10(fabs(x))) - digits + 1);
    if (unit >= 1) x = round(x / unit) * unit; // 24258 known to 7000 is 24000
    int exponent = (int)floor(log10(fabs(x)));
    if (exponent >= -4 && exponent < 6)
        snprintf(text, SHOWN, "%.*f", digits - 1 - exponent > 0 ? digits - 1 - exponent : 0, x);
    else
        snprintf(text, SHOWN, "%.*e", digits - 1, x);
    return text;
}

const char *shown_tex(double x, double uncertainty, char text[SHOWN]) {
    char plain[SHOWN];
    shown(x, uncertainty, plain);
    if (!*plain) return strcpy(text, "--");
    const char *e = strchr(plain, 'e');
    if (e)
        snprintf(text, SHOWN, "$%.*s\\times10^{%d}$", (int)(e - plain), plain, (int)strtol(e + 1, NULL, 10));
    else
        snprintf(text, SHOWN, "$%.60s$", plain);
    return text;
}

double digits_from(const double ci[2]) {
    return isfinite(ci[0]) && isfinite(ci[1]) ? (ci[1] - ci[0]) / 4 : NAN;
}

void tex_interval(FILE *f, const double ci[2]) {
    const Interval x = {ci[0], ci[1]};
    char lo[SHOWN], hi[SHOWN];
    double width = digits_from(ci);
    switch (interval_kind(&x)) {
    case UNKNOWN: fputs("--", f); break;
    case BOTH_ENDS: fprintf(f, "[%s, %s]", shown_tex(x.lo, width, lo), shown_tex(x.hi, width, hi)); break;
    case AT_MOST: fprintf(f, "%s %s", interval_word(&x), shown_tex(x.hi, width, hi)); break;
    case AT_LEAST: fprintf(f, "%s %s", interval_word(&x), shown_tex(x.lo, width, lo)); break;
    case UNDETERMINED: fputs(interval_word(&x), f); break;
    }
}
