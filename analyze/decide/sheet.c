// sheet.c - see sheet.h.
#include "sheet.h"

#include "decision.h"
#include "ground/memory_file.h"
#include "ground/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Sheet sheet_open(const Column *columns, int n_columns, int n_rows) {
    Sheet s = {.n_columns = n_columns, .n_rows = n_rows};
    s.columns = allocate((size_t)n_columns, sizeof *s.columns);
    s.cells = allocate((size_t)n_columns * (size_t)n_rows + 1, sizeof *s.cells);
    memcpy(s.columns, columns, (size_t)n_columns * sizeof *columns);
    for (int i = 0; i < n_columns * n_rows; i++) s.cells[i] = (Cell){NAN, {NAN, NAN}, NULL};
    return s;
}

void sheet_free(Sheet *s) {
    free(s->columns);
    free(s->cells);
    *s = (Sheet){0};
}

void sheet_hide(const Sheet *s, int column) {
    s->columns[column].style |= ABSENT;
}

static bool absent(const Column *c) {
    return c->style & ABSENT;
}

static bool with_interval(const Column *c) {
    return c->style & WITH_INTERVAL;
}

static CellStyle style(const Column *c) {
    return (CellStyle)(c->style & ~(WITH_INTERVAL | ABSENT));
}

Cell *sheet_cell(const Sheet *s, int row, int column) {
    return &s->cells[row * s->n_columns + column];
}

void sheet_put(const Sheet *s, int row, int column, double x) {
    sheet_cell(s, row, column)->x = x;
}

void sheet_put_range(const Sheet *s, int row, int column, const double range[2]) {
    memcpy(sheet_cell(s, row, column)->range, range, 2 * sizeof *range);
}

// ---- text ----------------------------------------------------------------------------------------------------------

enum { CELL_TEXT = 160 };

static const char *cell_text(const Column *column, const Cell *cell, char text[CELL_TEXT]) {
    char number[NUMBER_TEXT], range[INTERVAL_TEXT];
    const char *known = "";
    switch (style(column)) {
    case AS_PEOPLE: known = people(cell->x, number); break;
    case AS_RANGE: known = people_range(cell->range, range); break;
    case AS_WORD: known = cell->word ? cell->word : ""; break;
    case AS_FLAG: known = cell->x != 0 ? "yes" : "no"; break;
    default:
        snprintf(number, sizeof number,
                 style(column) == AS_LOSS    ? "%.4f"
                 : style(column) == AS_WHOLE ? "%.0f"
                 : style(column) == AS_LONG  ? "%.6g"
                                             : "%.4g",
                 cell->x);
        known = isfinite(cell->x) ? number : "";
    }
    snprintf(text, CELL_TEXT, "%s", *known ? known : "-");
    return text;
}

static int width_of(const Sheet *s, int column) {
    char text[CELL_TEXT];
    size_t width = strlen(s->columns[column].head);
    for (int row = 0; row < s->n_rows; row++) {
        size_t length = strlen(cell_text(&s->columns[column], sheet_cell(s, row, column), text));
        if (length > width) width = length;
    }
    return (int)width;
}

static void intervals_line(const Sheet *s, int row, FILE *f) {
    char range[INTERVAL_TEXT];
    MemoryFile line;
    memory_open(&line);
    for (int i = 0; i < s->n_columns; i++) {
        const Column *c = &s->columns[i];
        if (absent(c) || !with_interval(c) || !*people_range(sheet_cell(s, row, i)->range, range)) continue;
        fprintf(line.file, " %s %s ", c->name, range);
    }
    memory_close(&line);
    if (line.length) write_wrapped(f, 10, "    95 %%: %.*s", (int)line.length - 1, line.text);
    free(line.text);
}

// The cells of one row (the heads: -1) that stand on one of its lines.
static void text_line(const Sheet *s, int row, const int *width, const int *line, int which, FILE *f) {
    char text[CELL_TEXT];
    int pad = which ? 6 : 2; // before the next cell: none after the last, so that lines have no blanks at the end
    for (int i = 0; i < s->n_columns; i++) {
        const Column *c = &s->columns[i];
        if (absent(c) || !c->head || line[i] != which) continue;
        if (row < 0)
            snprintf(text, sizeof text, "%s", c->head);
        else
            cell_text(c, sheet_cell(s, row, i), text);
        fprintf(f, "%*s%s", pad, "", text);
        pad = width[i] + 2 - (int)strlen(text);
    }
    fprintf(f, "\n");
}

void sheet_text(const Sheet *s, FILE *f) {
    int *width = allocate(2 * s->n_columns + 1, sizeof *width), *line = width + s->n_columns, lines = 0, used = 0;
    for (int i = 0; i < s->n_columns; i++) {
        if (absent(&s->columns[i]) || !s->columns[i].head) continue;
        width[i] = width_of(s, i);
        if (used + width[i] + 2 > TEXT_WIDTH) {
            lines++;
            used = 4;
        }
        used += width[i] + 2;
        line[i] = lines;
    }
    for (int row = -1; row < s->n_rows; row++) {
        for (int which = 0; which <= lines; which++) text_line(s, row, width, line, which, f);
        if (row >= 0) intervals_line(s, row, f);
    }
    free(width);
}

void sheet_facts(const Sheet *s, int row, FILE *f) {
    char text[CELL_TEXT], range[INTERVAL_TEXT];
    int width = 0;
    for (int i = 0; i < s->n_columns; i++)
        if (!absent(&s->columns[i]) && s->columns[i].head) width = (int)fmax(width, (double)strlen(s->columns[i].head));
    for (int i = 0; i < s->n_columns; i++) {
        const Column *c = &s->columns[i];
        const Cell *cell = sheet_cell(s, row, i);
        if (absent(c) || !c->head) continue;
        fprintf(f, "  %-*s  %s", width, c->head, cell_text(c, cell, text));
        fprintf(f, "%s%s\n", with_interval(c) && *people_range(cell->range, range) ? "  " : "",
                with_interval(c) ? range : "");
    }
}

// ---- CSV and LaTeX -------------------------------------------------------------------------------------------------

static void csv_cell(const Column *c, const Cell *cell, FILE *f) {
    char text[NUMBER_TEXT], hi[NUMBER_TEXT];
    bool range = with_interval(c) || style(c) == AS_RANGE;
    if (style(c) == AS_WORD) write_csv_cell(f, cell->word ? cell->word : "");
    if (style(c) == AS_FLAG) fputs(cell->x != 0 ? "1" : "0", f);
    if (style(c) < AS_RANGE) fputs(number_text(cell->x, text), f);
    if (range)
        fprintf(f, "%s%s,%s", style(c) == AS_RANGE ? "" : ",", number_text(cell->range[0], text),
                number_text(cell->range[1], hi));
}

void sheet_csv(const Sheet *s, FILE *f) {
    for (int row = -1; row < s->n_rows; row++) {
        bool first = true;
        for (int i = 0; i < s->n_columns; i++) {
            const Column *c = &s->columns[i];
            if (absent(c)) continue;
            if (!first) fputc(',', f);
            first = false;
            if (row >= 0)
                csv_cell(c, sheet_cell(s, row, i), f);
            else if (style(c) == AS_RANGE)
                fprintf(f, "%s_lo,%s_hi", c->name, c->name);
            else
                fprintf(f, with_interval(c) ? "%s,%s_lo,%s_hi" : "%s", c->name, c->name, c->name);
        }
        fputc('\n', f);
    }
}

static void tex_power(FILE *f, double x) {
    double exponent = floor(log10(x) + 1e-9), mantissa = x / pow(10, exponent);
    if (fabs(mantissa - 1) < 1e-6)
        fprintf(f, "$10^{%.0f}$", exponent);
    else
        fprintf(f, "$%.3g \\times 10^{%.0f}$", mantissa, exponent);
}

static void tex_word(FILE *f, const char *word) {
    for (; *word; word++) {
        if (strchr("%&_#$", *word)) fputc('\\', f);
        fprintf(f, *word == '>' || *word == '<' ? "$%c$" : "%c", *word);
    }
}

static void tex_cell(const Column *c, const Cell *cell, FILE *f) {
    char text[CELL_TEXT];
    if (style(c) == AS_FLOPS && cell->x > 0)
        tex_power(f, cell->x);
    else
        tex_word(f, cell_text(c, cell, text));
}

void sheet_latex(const Sheet *s, FILE *f) {
    fprintf(f, "\\begin{tabular}{");
    for (int i = 0; i < s->n_columns; i++)
        if (!absent(&s->columns[i]) && s->columns[i].tex) fputc(style(&s->columns[i]) == AS_WORD ? 'l' : 'r', f);
    fprintf(f, "}\n\\toprule\n");
    for (int row = -1; row < s->n_rows; row++) {
        bool first = true;
        for (int i = 0; i < s->n_columns; i++) {
            const Column *c = &s->columns[i];
            if (absent(c) || !c->tex) continue;
            if (!first) fprintf(f, " & ");
            first = false;
            if (row < 0)
                fprintf(f, "%s", c->tex);
            else
                tex_cell(c, sheet_cell(s, row, i), f);
        }
        fprintf(f, row < 0 ? " \\\\\n\\midrule\n" : " \\\\\n");
    }
    fprintf(f, "\\bottomrule\n\\end{tabular}\n");
}

SheetPrinter sheet_printer(const char *format) {
    return !strcmp(format, "text")    ? sheet_text
           : !strcmp(format, "csv")   ? sheet_csv
           : !strcmp(format, "latex") ? sheet_latex
                                      : NULL;
}

// ---- JSON ----------------------------------------------------------------------------------------------------------

json_t *sheet_row_json(const Sheet *s, int row) {
    json_t *o = json_object();
    char key[64];
    for (int i = 0; i < s->n_columns; i++) {
        const Column *c = &s->columns[i];
        const Cell *cell = sheet_cell(s, row, i);
        if (absent(c)) continue;
        json_t *value = style(c) == AS_WORD                         ? cell->word ? json_string(cell->word) : json_null()
                                                : style(c) == AS_FLAG ? json_boolean(cell->x != 0)
                        : style(c) == AS_RANGE                      ? json_range(cell->range)
                        : style(c) == AS_WHOLE && isfinite(cell->x) ? json_integer((json_int_t)cell->x)
                                                                    : json_number(cell->x);
        json_object_set_new(o, c->name, value);
        if (!with_interval(c)) continue;
        snprintf(key, sizeof key, "%s_ci95", c->name);
        json_object_set_new(o, key, json_range(cell->range));
    }
    return o;
}

json_t *sheet_json(const Sheet *s) {
    json_t *list = json_array();
    for (int row = 0; row < s->n_rows; row++) json_array_append_new(list, sheet_row_json(s, row));
    return list;
}
