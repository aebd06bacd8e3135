// runs_readme.c - see runs_readme.h.
#include "runs_readme.h"

#include "beside.h"
#include "events.h"
#include "ground/number.h"
#include "ground/output.h"

#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *cell_of(const Table *t, int row, const char *column) {
    int at = table_column(t, column);
    return at < 0 ? "" : table_cell(t, row, at);
}

static double number_of(const Table *t, int row, const char *column) {
    double x;
    return parse_number(cell_of(t, row, column), &x) ? x : NAN;
}

static int count_different(const Table *t, const char *column) {
    IdSet seen = {0};
    for (int row = 0; row < t->n_rows; row++) {
        const char *id = cell_of(t, row, column);
        if (strlen(id) == RUN_ID - 1) idset_add(&seen, id);
    }
    int n = seen.n;
    idset_free(&seen);
    return n;
}

static void write_ranges(FILE *f, const Table *t) {
    static const char *const names[] = {"D", "N", "Na", "G", "S"};
    fprintf(f, "%d runs of %d stable phases and %d cells.", t->n_rows, count_different(t, "trunk"),
            count_different(t, "cell"));
    for (int k = 0; k < 5 && t->n_rows; k++) {
        double low = INFINITY, high = -INFINITY;
        char a[NUMBER_TEXT], b[NUMBER_TEXT];
        for (int row = 0; row < t->n_rows; row++) {
            low = fmin(low, number_of(t, row, names[k]));
            high = fmax(high, number_of(t, row, names[k]));
        }
        fprintf(f, "%s %s %s to %s", k ? "," : "", names[k], short_count(low, a), short_count(high, b));
    }
    fputs(".\n", f);
}

// How often each word stands in a column (or each pair of words in several), in order of appearance.
typedef struct {
    char text[512];
    int n;
} Count;

static int tally(const Table *t, const char *const *columns, Count *counts, int room) {
    int n = 0;
    for (int row = 0; row < t->n_rows; row++) {
        char text[512] = "";
        for (int k = 0; columns[k]; k++) {
            size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%s%s", k ? " | " : "", cell_of(t, row, columns[k]));
        }
        int i = 0;
        while (i < n && strcmp(counts[i].text, text)) i++;
        if (i == room) continue;
        if (i == n) memcpy(counts[n++].text, text, sizeof text);
        counts[i].n++;
    }
    return n;
}

enum { MOST_KINDS = 64 };

static void write_holdouts(FILE *f, const Table *t) {
    static const char *const columns[] = {"holdout", NULL};
    Count *counts = allocate(MOST_KINDS, sizeof *counts);
    int n = tally(t, columns, counts, MOST_KINDS), told = 0;
    for (int i = 0; i < n; i++)
        if (counts[i].text[0]) fprintf(f, "%s%d %s", told++ ? ", " : "Held out: ", counts[i].n, counts[i].text);
    if (told) fputs(".\n", f);
    free(counts);
}

static void write_time(FILE *f, const Table *t) {
    const char *first = NULL, *last = NULL;
    double cpu = 0;
    int with_cpu = 0;
    for (int row = 0; row < t->n_rows; row++) {
        const char *started = cell_of(t, row, "started");
        double seconds = number_of(t, row, "cpu_s");
        if (*started && (!first || strcmp(started, first) < 0)) first = started;
        if (*started && (!last || strcmp(started, last) > 0)) last = started;
        if (seconds > 0) {
            cpu += seconds;
            with_cpu++;
        }
    }
    char text[NUMBER_TEXT];
    if (first) fprintf(f, "Started between %.16s and %.16s (UTC)", first, last);
    if (with_cpu) fprintf(f, "; %s of processor time in the training of %d runs", short_time(cpu, text), with_cpu);
    if (first) fputs(".\n", f);
}

static void write_machines(FILE *f, const Table *t) {
    static const char *const columns[] = {"device", "backend", "program", "commit", "flags", NULL};
    Count *counts = allocate(MOST_KINDS, sizeof *counts);
    int n = tally(t, columns, counts, MOST_KINDS);
    fputs("\n| runs | device | backend | program | commit | flags |\n|---|---|---|---|---|---|\n", f);
    for (int i = 0; i < n; i++) fprintf(f, "| %d | %s |\n", counts[i].n, counts[i].text);
    free(counts);
}

static void write_failures(FILE *f, const Table *t) {
    int n = 0;
    for (int row = 0; row < t->n_rows; row++) {
        if (strcmp(cell_of(t, row, "status"), "failed")) continue;
        if (!n++) fputs("\nFailed, and not in the table:\n\n", f);
        fprintf(f, "- %s: %s\n", cell_of(t, row, "run_id"), cell_of(t, row, "reason"));
    }
    if (!n) fputs("\nNo run failed.\n", f);
}

static Status write_section(FILE *f, const char *table) {
    char path[4096];
    Table runs, provenance;
    TRY(table_read(table, &runs));
    Status s = table_read(beside_name(path, sizeof path, table, "-provenance.csv"), &provenance);
    if (s == OK) {
        fputc('\n', f);
        write_ranges(f, &runs);
        write_holdouts(f, &runs);
        write_time(f, &provenance);
        write_machines(f, &provenance);
        write_failures(f, &provenance);
        fputc('\n', f);
        table_free(&provenance);
    }
    table_free(&runs);
    return s;
}

// Where the lines of a mark stand: the text between them. False if they are not there.
static bool find_marks(const char *text, const char *name, const char **from, const char **to) {
    char open[300], close[300];
    snprintf(open, sizeof open, "<!-- %s -->\n", name);
    snprintf(close, sizeof close, "<!-- /%s -->", name);
    *from = strstr(text, open);
    if (!*from) return false;
    *from += strlen(open);
    *to = strstr(*from, close);
    return *to;
}

static Status replace_section(const char *readme, const char *text, const char *name, const char *table) {
    const char *from, *to;
    Output out;
    if (!find_marks(text, name, &from, &to)) return OK;
    TRY(output_open(&out, readme));
    fwrite(text, 1, (size_t)(from - text), out.file);
    Status s = write_section(out.file, table);
    fputs(to, out.file);
    if (s == OK) return output_commit_if_changed(&out);
    output_discard(&out);
    return s;
}

Status runs_readme_write(const char *table) {
    char *copy = copy_text(table), *folder = dirname(copy), path[4096], name[256];
    const char *slash = strrchr(table, '/');
    beside_name(name, sizeof name, slash ? slash + 1 : table, "");
    struct stat info;
    char *text;
    size_t length;
    Status s = read_if_there(folder, "README.md", &info, &text, &length);
    snprintf(path, sizeof path, "%s/README.md", folder);
    if (s == OK && text) s = replace_section(path, text, name, table);
    free(text);
    free(copy);
    return s;
}
