// table_record.c - what a paper says of the runs themselves: each run in a long table, every setting with the values
// that were used and tried, seeds, what was registered before the first run, and how often intervals held in rehearsal.
#include "table_record.h"
#include "table_parts.h"

#include "figures.h"
#include "ground/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LISTED = 1000, MOST_VALUES = 24 };

// ---- every run
// -------------------------------------------------------------------------------------------------------

typedef struct {
    const char *column, *head;
    enum { PLAIN, COUNT, LOSS } style;
} Listed;

static const Listed listed[] = {{"d_model", "$d$", PLAIN}, {"n_layers", "$L$", PLAIN}, {"num_experts", "$E$", PLAIN},
                                {"top_k", "$K$", PLAIN},   {"G", "$G$", PLAIN},        {"S", "$S$", PLAIN},
                                {"N", "$N$", COUNT},       {"Na", "$N_a$", COUNT},     {"D", "$D$", COUNT},
                                {"seed", "seed", PLAIN},   {"loss", "loss", LOSS},     {"loss_se", "s.e.", LOSS}};
enum { N_LISTED = sizeof listed / sizeof *listed };

static void run_cell(FILE *f, const Scene *s, int i, const Listed *l) {
    char text[NUMBER_TEXT];
    double x = NAN;
    int column = table_column(s->runs.table, l->column);
    if (column >= 0 && table_number(s->runs.table, s->runs.row[i], column, &x) != OK) x = NAN;
    if (isnan(x))
        fputs("--", f);
    else if (l->style == LOSS)
        fprintf(f, "%.4f", x);
    else
        fputs(l->style == COUNT ? short_count(x, text) : number_text(round(x * 1e3) / 1e3, text), f);
}

Status table_runs(const Scene *s) {
    Output out;
    TRY(tex_open(s, "runs", &out));
    FILE *f = out.file;
    int n = s->runs.n < MOST_LISTED ? s->runs.n : MOST_LISTED;
    fprintf(f, "\\begin{longtable}{l");
    for (int k = 0; k < N_LISTED; k++) fputc('r', f);
    fprintf(f, "}\n\\toprule\nrun");
    for (int k = 0; k < N_LISTED; k++) fprintf(f, " & %s", listed[k].head);
    fprintf(f, " \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n");
    for (int i = 0; i < n; i++) {
        char room[32], name[9];
        snprintf(name, sizeof name, "%s", runs_name(&s->runs, i, room)); // eight letters of an id tell runs apart
        fputs("\\texttt{", f);
        tex_text(f, name);
        fputc('}', f);
        for (int k = 0; k < N_LISTED; k++) fputs(" & ", f), run_cell(f, s, i, &listed[k]);
        fprintf(f, " \\\\\n");
    }
    if (n < s->runs.n)
        fprintf(f, "\\multicolumn{%d}{l}{and %d more, which the run table has} \\\\\n", N_LISTED + 1, s->runs.n - n);
    fprintf(f, "\\end{longtable}\n");
    return output_commit_if_changed(&out);
}

// ---- every setting, used and tried
// -----------------------------------------------------------------------------------

// Columns of a manifest that follow from the others, or name things.
static bool is_setting(const char *column) {
    static const char *const not_one[] = {"run_id",      "D",     "N",       "Na",     "N_nonemb",    "Na_nonemb",
                                          "granularity", "G",     "S",       "M",      "flops",       "trunk",
                                          "cell",        "block", "holdout", "corpus", "eval_tokens", "tokens"};
    for (size_t i = 0; i < sizeof not_one / sizeof *not_one; i++)
        if (!strcmp(column, not_one[i])) return false;
    return true;
}

static int by_number(const void *a, const void *b) {
    double x = strtod(*(const char *const *)a, NULL), y = strtod(*(const char *const *)b, NULL);
    return x != y ? (x > y) - (x < y) : strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The distinct values of a column, in order: "32, 64, 96"; of more than fit, the ends and how many.
static void values_tex(FILE *f, const Table *t, const char *column) {
    const char *value[MOST_VALUES * 8];
    int n = 0, c = t ? table_column(t, column) : -1;
    for (int row = 0; c >= 0 && row < t->n_rows; row++) {
        const char *cell = table_cell(t, row, c);
        int k = 0;
        while (k < n && strcmp(value[k], cell) != 0) k++;
        if (*cell && k == n && n < MOST_VALUES * 8) value[n++] = cell;
    }
    qsort(value, (size_t)n, sizeof *value, by_number);
    bool many = n > 8;
    for (int k = 0; k < n; k++) {
        if (many && k > 0 && k < n - 1) continue;
        if (k) fputs(many ? " to " : ", ", f);
        tex_text(f, value[k]);
    }
    if (many) fprintf(f, " (%d values)", n);
    if (!n) fputs("--", f);
}

Status table_settings(const Scene *s, const char *manifest, const char *tried) {
    Table used = {0}, other = {0};
    Output out;
    TRY(table_read(manifest, &used));
    Status status = tried ? table_read(tried, &other) : OK;
    if (status == OK) status = tex_open(s, "settings", &out);
    if (status == OK) {
        fprintf(out.file, "\\begin{tabular}{lll}\n\\toprule\nsetting & used & tried before \\\\\n\\midrule\n");
        for (int c = 0; c < used.n_columns; c++) {
            if (!is_setting(used.columns[c])) continue;
            fputs("\\texttt{", out.file);
            tex_text(out.file, used.columns[c]);
            fputs("} & ", out.file);
            values_tex(out.file, &used, used.columns[c]);
            fputs(" & ", out.file);
            values_tex(out.file, tried ? &other : NULL, used.columns[c]);
            fputs(" \\\\\n", out.file);
        }
        fprintf(out.file, "\\bottomrule\n\\end{tabular}\n");
        status = output_commit_if_changed(&out);
    }
    table_free(&used);
    table_free(&other);
    return status;
}

// ---- what was registered
// ---------------------------------------------------------------------------------------------

Status table_questions(const Scene *s, const char *file) {
    char *text;
    size_t length, i;
    json_error_t error;
    json_t *question;
    TRY(read_file(file, 64 << 20, &text, &length));
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (!root) return fail(BAD_INPUT, "%s:%d: column %d: is not JSON: %s", file, error.line, error.column, error.text);
    Output out;
    Status status = tex_open(s, "questions", &out);
    if (status == OK) {
        const json_t *manifest = json_object_get(root, "manifest");
        fprintf(out.file, "\\newcommand{\\registerDate}{");
        tex_text(out.file, text_of(root, "date"));
        fprintf(out.file, "}\n\\newcommand{\\registerRuns}{%.0f}\n\\newcommand{\\registerCells}{%.0f}\n",
                number_of(manifest, "runs"), number_of(manifest, "cells"));
        fprintf(out.file, "\\newcommand{\\registerBefore}{%.0f}\n\\newcommand{\\registerDeviations}{%zu}\n",
                number_of(root, "trained_before"), json_array_size(json_object_get(root, "deviations")));
        fprintf(out.file, "\\newcommand{\\registerQuestions}{\\begin{enumerate}\\itemsep0pt\n");
        json_array_foreach(json_object_get(root, "questions"), i, question) {
            fputs("\\item ", out.file);
            tex_text(out.file, text_of(question, "question"));
            fputs(" \\emph{", out.file);
            tex_text(out.file, text_of(question, "statistic"));
            fputs("; ", out.file);
            tex_text(out.file, text_of(question, "decision"));
            fputs(".}\n", out.file);
        }
        fprintf(out.file, "\\end{enumerate}}\n");
        status = output_commit_if_changed(&out);
    }
    json_decref(root);
    return status;
}

// ---- how often intervals held
// ----------------------------------------------------------------------------------------

Status table_coverage(const Scene *s, const char *file) {
    Table t;
    Pair p;
    TRY(table_read(file, &t));
    const int law = table_column(&t, "law"), noise = table_column(&t, "noise"), clusters = table_column(&t, "clusters"),
              statistic = table_column(&t, "statistic"), covered = table_column(&t, "covered");
    Status status = OK;
    if (law < 0 || noise < 0 || clusters < 0 || statistic < 0 || covered < 0)
        status = fail(BAD_INPUT, "%s: lacks one of law, noise, clusters, statistic, covered", file);
    if (status == OK) status = pair_open(s, "coverage", "law,clusters,cells,held,least,most", &p);
    if (status != OK) return table_free(&t), status;
    fprintf(p.tex.file, "\\begin{tabular}{lrrrl}\n\\toprule\nlaw & configurations & intervals & within 90--98\\,\\%% & "
                        "range \\\\\n\\midrule\n");
    for (int row = 0; row < t.n_rows;) {
        const char *name = table_cell(&t, row, law), *size = table_cell(&t, row, clusters);
        int cells = 0, held = 0;
        double least = 1, most = 0, x;
        for (int k = 0; k < t.n_rows; k++) {
            if (strcmp(table_cell(&t, k, law), name) != 0 || strcmp(table_cell(&t, k, clusters), size) != 0) continue;
            if (table_number(&t, k, covered, &x) != OK || isnan(x)) continue;
            cells++, held += x >= 0.9 && x <= 0.98;
            least = fmin(least, x), most = fmax(most, x);
        }
        if (cells) {
            csv_row(&p.csv, "ttnnnn", name, size, (double)cells, (double)held, least, most);
            tex_text(p.tex.file, name);
            fprintf(p.tex.file, " & %s & %d & %d & %.2f--%.2f \\\\\n", size, cells, held, least, most);
        }
        // The next law or number of configurations that was not yet counted.
        for (bool seen = true; seen && ++row < t.n_rows;) {
            seen = false;
            for (int k = 0; k < row && !seen; k++)
                seen = !strcmp(table_cell(&t, k, law), table_cell(&t, row, law)) &&
                       !strcmp(table_cell(&t, k, clusters), table_cell(&t, row, clusters));
        }
    }
    fprintf(p.tex.file, "\\bottomrule\n\\end{tabular}\n");
    table_free(&t);
    return pair_close(&p);
}

// ---- the laws, written down
// ------------------------------------------------------------------------------------------

Status table_formulas(const Scene *s) {
    Output out;
    TRY(tex_open(s, "formulas", &out));
    for (int i = 0; law_list[i]; i++) {
        const Law *law = law_list[i];
        const char *arxiv = strstr(law->citation, "arXiv ");
        if (!law->tex || !arxiv || !isupper((unsigned char)law->citation[0]))
            continue; // a building block, or a law of the reader's own
        fprintf(out.file, "\\paragraph{");
        tex_text(out.file, law->title);
        fprintf(out.file, "} (\\texttt{");
        tex_text(out.file, law->name);
        fputs("}; ", out.file);
        tex_text(out.file, law->citation);
        fprintf(out.file, ")\n\\begin{align*}\n%s\n\\end{align*}\n", law->tex);
    }
    return output_commit_if_changed(&out);
}

// ---- macros
// ----------------------------------------------------------------------------------------------------------

// The sum of a column over the used rows; NAN if the table lacks it or leaves it blank anywhere.
static double sum_of(const Scene *s, const char *column) {
    int c = table_column(s->runs.table, column);
    double sum = c >= 0 ? 0 : NAN, x;
    for (int i = 0; c >= 0 && i < s->runs.n; i++)
        sum += table_number(s->runs.table, s->runs.row[i], c, &x) == OK ? x : NAN;
    return sum;
}

static void put(FILE *f, const char *name, double x, double uncertainty) {
    char text[SHOWN];
    shown_tex(x, uncertainty, text);
    if (*text == '$')
        fprintf(f, "\\newcommand{\\%s}{\\ensuremath{%.*s}}\n", name, (int)strlen(text) - 2, text + 1);
    else
        fprintf(f, "\\newcommand{\\%s}{%s}\n", name, text);
}

static void put_range(FILE *f, const char *name, const double range[3]) {
    char full[64];
    double width = (range[2] - range[1]) / 4;
    put(f, name, range[0], width);
    snprintf(full, sizeof full, "%sLow", name);
    put(f, full, range[1], width);
    snprintf(full, sizeof full, "%sHigh", name);
    put(f, full, range[2], width);
}

// FLOPs of training: exact where the table has M.
static double training_flops(const Scene *s) {
    int c = table_column(s->runs.table, "M");
    double sum = 0, M;
    for (int i = 0; i < s->runs.n; i++) {
        if (c < 0 || table_number(s->runs.table, s->runs.row[i], c, &M) != OK) return NAN;
        sum += M * s->points[i].x[VAR_D];
    }
    return sum;
}

static void device_macro(FILE *f, const Scene *s) {
    int c = table_column(s->runs.table, "device");
    fputs("\\newcommand{\\recordDevice}{", f);
    tex_text(f, c >= 0 && s->runs.n ? table_cell(s->runs.table, s->runs.row[0], c)
                                    : "a machine that the table does not name");
    fputs("}\n", f);
}

Status table_record(const Scene *s) {
    Output out;
    SeedNoise list[SEED_LEVELS];
    double slope[3], effect[3];
    TRY(tex_open(s, "record", &out));
    FILE *f = out.file;
    put(f, "recordCpuHours", sum_of(s, "cpu_s") / 3600, NAN);
    put(f, "recordFlops", training_flops(s), NAN);
    device_macro(f, s);
    int n = table_column(s->runs.table, "seed") >= 0 ? seed_noise(s, list, slope) : 0;
    if (n) {
        const SeedNoise *first = &list[0], *last = &list[0];
        for (int k = 1; k < n; k++) {
            if (list[k].tokens < first->tokens) first = &list[k];
            if (list[k].tokens > last->tokens) last = &list[k];
        }
        char text[NUMBER_TEXT];
        fprintf(f, "\\newcommand{\\noiseFirstD}{%s}\n", short_count(first->tokens, text));
        fprintf(f, "\\newcommand{\\noiseLastD}{%s}\n", short_count(last->tokens, text));
        put_range(f, "noiseFirst", (double[]){first->deviation, first->interval[0], first->interval[1]});
        put_range(f, "noiseLast", (double[]){last->deviation, last->interval[0], last->interval[1]});
        put_range(f, "noiseSlope", slope);
    }
    n = table_column(s->runs.table, "n_layers") >= 0 ? backbone_effect(s, effect) : 0;
    if (n > 1) {
        fprintf(f, "\\newcommand{\\depthPairs}{%d}\n", n);
        put_range(f, "depthEffect", effect);
    }
    return output_commit_if_changed(&out);
}

// Every digit, so that the law can be computed again: one row a coefficient.
Status table_exact(const Scene *s) {
    Output out;
    TRY(tex_open(s, "exact", &out));
    fprintf(out.file, "\\begin{center}\\begin{tabular}{ll@{\\qquad}ll}\n\\toprule\n");
    int n = law_n_parameters(s->fit.law), half = (n + 1) / 2;
    for (int i = 0; i < half; i++) {
        for (int k = i; k < n; k += half) {
            char name[SYMBOL], value[NUMBER_TEXT];
            fprintf(out.file, "%s$%s$ & \\texttt{%s}", k > i ? " & " : "",
                    symbol_tex(law_parameter_name(s->fit.law, k), name), number_text(coefficient(s, k).value, value));
        }
        fprintf(out.file, " \\\\\n");
    }
    fprintf(out.file, "\\bottomrule\n\\end{tabular}\\end{center}\n");
    return output_commit_if_changed(&out);
}
