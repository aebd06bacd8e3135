// fill.c - see fill.h.
#include "fill.h"

#include "format.h"
#include "ground/number.h"

#include <math.h>
#include <string.h>

// ".3f" from the interval, NULL if it says nothing.
static Status supported_format(const Store *s, const Table *t, int row, const Texts *uncertainty, int line, double x,
                               char format[4], bool *known) {
    *known = false;
    double end[2];
    for (int i = 0; i < 2; i++) {
        int column;
        if (!uncertainty->n) return OK;
        TRY(data_column(s, t, uncertainty->at[i], line, &column));
        TRY(table_number(t, row, column, &end[i]));
        if (isnan(end[i])) return OK;
    }
    if (end[0] == end[1] || fabs(end[1] - end[0]) > 2e6) return OK;
    // A value far below its uncertainty is still not zero: one digit of it at least.
    int digits = format_digits(end[0], end[1]), first = x != 0 ? (int)-floor(log10(fabs(x))) : 0;
    if (first > digits) digits = first > 9 ? 9 : first;
    format[0] = '.', format[1] = (char)('0' + digits), format[2] = 'f', format[3] = '\0';
    *known = true;
    return OK;
}

Status fill_cell(const Store *s, const Table *t, int row, const char *name, const char *format,
                 const Texts *uncertainty, int line, const char **filled) {
    int column;
    TRY(data_column(s, t, name, line, &column));
    const char *cell = table_cell(t, row, column);
    if (format && !strcmp(format, "rich")) {
        *filled = cell;
        return OK;
    }
    for (int k = 0; k < s->n_styles; k++)
        for (int i = 0; !strcmp(s->styles[k].column, name) && i < s->styles[k].names.n; i++)
            if (!strcmp(s->styles[k].names.from[i], cell)) {
                *filled = s->styles[k].names.to[i];
                return OK;
            }
    double x;
    if (!parse_number(cell, &x)) {
        bool below = !strcmp(cell, "-inf"), open = below || !strcmp(cell, "inf"); // an interval's open end
        *filled = open ? (below ? "−∞" : "∞") : format_escaped(s->arena, cell);
        return OK;
    }
    char by_interval[4], text[FORMAT_TEXT];
    bool known = false;
    bool is_end = false; // the ends themselves all have the digits of their distance
    for (int i = 0; i < uncertainty->n; i++) is_end = is_end || !strcmp(uncertainty->at[i], name);
    if (!format) TRY(supported_format(s, t, row, uncertainty, line, is_end ? 0 : x, by_interval, &known));
    if (known) format = by_interval;
    // Whole numbers are counts and stay whole.
    if (!format && x == floor(x) && fabs(x) < 1e6) format = ".0f";
    *filled = arena_format(s->arena, "%s", format_number(x, format, text));
    return OK;
}

static Status fill_name(const Store *s, const Table *t, int row, const char *from, size_t length,
                        const Texts *uncertainty, int line, const char **filled) {
    char *name = arena_text(s->arena, from, length), *format = strrchr(name, ':');
    if (format) *format++ = '\0';
    if (format && strcmp(format, "rich") != 0 && !format_known(format))
        return fail(BAD_INPUT, "%s:%d: {%s:%s}: unknown format, expected si, power, .Nf, .Ng or rich", s->spec_path,
                    line, name, format);
    return fill_cell(s, t, row, name, format, uncertainty, line, filled);
}

Status fill_template(const Store *s, const Table *t, int row, const char *text, const Texts *uncertainty, int line,
                     const char **filled) {
    const char *done = "";
    while (*text) {
        size_t plain = strcspn(text, "{\\^_");
        const char *at = text + plain, *close = strchr(at, '}');
        bool raised = (*at == '^' || *at == '_') && at[1] == '{' && close;
        size_t keep = plain + (raised                 ? (size_t)(close - at) + 1
                               : *at == '\\' && at[1] ? 2
                               : *at && *at != '{'    ? 1
                                                      : 0);
        done = arena_format(s->arena, "%s%.*s", done, (int)keep, text);
        text += keep;
        if (*text != '{' || keep != plain) continue;
        close = strchr(text, '}');
        if (!close) return fail(BAD_INPUT, "%s:%d: '{' without '}' in '%.60s'", s->spec_path, line, text);
        const char *value;
        TRY(fill_name(s, t, row, text + 1, (size_t)(close - text - 1), uncertainty, line, &value));
        done = arena_format(s->arena, "%s%s", done, value);
        text = close + 1;
    }
    *filled = done;
    return OK;
}
