// cmd_reproduce.c - `moelaw reproduce`: every published headline against ours; exit 1 if one that should hold does not.
#include "command.h"
#include "ground/output.h"
#include "decide/decision.h"
#include "report/latex.h"
#include "reproduce/headlines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *verdict(const Headline *l) {
    return l->reason ? "cannot" : headline_holds(l) ? "holds" : "MISSES";
}

static void tolerance(const Headline *l, char text[NUMBER_TEXT]) {
    if (l->reason)
        strcpy(text, "-");
    else if (l->relative)
        snprintf(text, NUMBER_TEXT, "%.3g %%", 100 * l->tolerance);
    else if (l->tolerance == 0)
        strcpy(text, "exact");
    else
        snprintf(text, NUMBER_TEXT, "%.2g", l->tolerance);
}

static void number(double x, char text[NUMBER_TEXT]) {
    if (isfinite(x))
        snprintf(text, NUMBER_TEXT, "%.6g", x);
    else
        strcpy(text, "-");
}

static bool kept(const Headline *l, const char *paper, bool misses) {
    if (paper && strcmp(paper, l->paper)) return false;
    return !misses || l->reason || !headline_holds(l);
}

// Two lines each: what is claimed, and what became of it.
static void print_text(FILE *f, const Headlines *h, const char *paper, bool misses) {
    char ours[NUMBER_TEXT], within[NUMBER_TEXT];
    for (int i = 0; i < h->n; i++) {
        const Headline *l = &h->lines[i];
        if (!kept(l, paper, misses)) continue;
        number(l->ours, ours);
        tolerance(l, within);
        write_wrapped(f, 19, "%-18s %s", l->paper, l->quantity);
        write_wrapped(f, 19, "  %-16s published %s, ours %s, within %s%s%s", verdict(l), l->printed, ours, within,
                      l->reason ? ": " : "", l->reason ? l->reason : "");
    }
}

static void print_csv(FILE *f, const Headlines *h, const char *paper, bool misses) {
    char ours[NUMBER_TEXT], within[NUMBER_TEXT];
    fprintf(f, "paper,quantity,published,ours,tolerance,verdict,reason\n");
    for (int i = 0; i < h->n; i++) {
        const Headline *l = &h->lines[i];
        if (!kept(l, paper, misses)) continue;
        number(l->ours, ours);
        tolerance(l, within);
        const char *cells[] = {l->paper, l->quantity, l->printed, ours, within, verdict(l), l->reason ? l->reason : ""};
        for (int k = 0; k < 7; k++) {
            if (k) fputc(',', f);
            write_csv_cell(f, cells[k]);
        }
        fputc('\n', f);
    }
}

static void print_latex(FILE *f, const Headlines *h, const char *paper, bool misses) {
    char ours[NUMBER_TEXT];
    fprintf(f, "\\begin{tabular}{llrrl}\n\\toprule\npaper & quantity & published & ours & verdict \\\\\n\\midrule\n");
    for (int i = 0; i < h->n; i++) {
        const Headline *l = &h->lines[i];
        if (!kept(l, paper, misses)) continue;
        number(l->ours, ours);
        const char *cells[] = {l->paper, l->quantity, l->printed, ours, verdict(l)};
        for (int k = 0; k < 5; k++) {
            if (k) fprintf(f, " & ");
            tex_text(f, cells[k]);
        }
        fprintf(f, " \\\\\n");
    }
    fprintf(f, "\\bottomrule\n\\end{tabular}\n");
}

static json_t *all_json(const Headlines *h, const char *paper, bool misses, const int count[3]) {
    json_t *list = json_array();
    for (int i = 0; i < h->n; i++) {
        const Headline *l = &h->lines[i];
        if (!kept(l, paper, misses)) continue;
        json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "paper", l->paper, "quantity", l->quantity, "published",
                              l->printed, "verdict", verdict(l));
        json_object_set_new(o, "ours", json_number(l->ours));
        json_object_set_new(o, "tolerance", l->reason ? json_null() : json_number(l->tolerance));
        json_object_set_new(o, "tolerance_is_relative", json_boolean(l->relative));
        json_object_set_new(o, "reason", l->reason ? json_string(l->reason) : json_null());
        json_array_append_new(list, o);
    }
    return json_pack("{s:o, s:i, s:i, s:i}", "headlines", list, "holds", count[0], "misses", count[1], "cannot",
                     count[2]);
}

static Status reproduce(int argc, char **argv) {
    const char *paper = NULL, *format = "text", *output = NULL, *serving = "published:ludziejewski2025", *data = NULL;
    bool json = false, misses = false;
    const Option options[] = {
        {"paper", 0, ARG_TEXT, &paper, "NAME", "lines of this paper alone", 0, 0},
        {"misses", 0, ARG_FLAG, &misses, NULL, "only lines that miss or cannot be reproduced", 0, 0},
        {"experts-fit", 0, ARG_TEXT, &serving, "FIT",
         "law that the statements of yun2024 are asked of (default ludziejewski2025)", 0, 0},
        {"data", 0, ARG_TEXT, &data, "FOLDER", "also repeat fits on public runs there", 0, 0},
        {"format", 0, ARG_TEXT, &format, "F", "text (default), csv or latex", 0, 0},
        {"output", 'o', ARG_TEXT, &output, "FILE", "write there instead of to the terminal", 0, 0},
        {"json", 0, ARG_FLAG, &json, NULL, "print JSON", 0, 0},
        {0}};
    const Usage usage = {
        "moelaw",
        "reproduce [options]",
        "Every published headline number against ours: paper, quantity, published, ours, tolerance, verdict. What "
        "cannot be\n"
        "reproduced is listed with the reason. Exit status 1 if a line that should hold does not.",
        "  moelaw reproduce\n  moelaw reproduce --misses\n  moelaw reproduce --data ../shared/data\n  moelaw reproduce "
        "--paper wan2026 --format csv -o wan.csv\n"
        "  moelaw reproduce --experts-fit experts.json --paper yun2024\n",
        options,
        0,
        0};
    int n, count[3] = {0};
    Fit fit;
    Output out;
    TRY(args_parse(&usage, argc, argv, NULL, &n));
    if (strcmp(format, "text") && strcmp(format, "csv") && strcmp(format, "latex"))
        return fail(BAD_INPUT, "--format: '%s', expected text, csv or latex", format);
    TRY(fit_load(serving, &fit));
    Headlines h = headlines_all(fit.law, fit.parameters);
    if (data) headlines_data(&h, data);
    int shown = 0;
    for (int i = 0; i < h.n; i++) {
        const Headline *l = &h.lines[i];
        if (paper && strcmp(paper, l->paper)) continue;
        shown++;
        count[l->reason ? 2 : headline_holds(l) ? 0 : 1]++;
    }
    Status s = shown ? OK : fail(BAD_INPUT, "--paper: no line of '%s'; `moelaw reproduce` lists all papers", paper);
    if (s == OK && json) s = command_json(all_json(&h, paper, misses, count), output);
    if (s == OK && !json) s = output_open(&out, output);
    if (s == OK && !json) {
        void (*print)(FILE *, const Headlines *, const char *, bool) = !strcmp(format, "csv")     ? print_csv
                                                                       : !strcmp(format, "latex") ? print_latex
                                                                                                  : print_text;
        print(out.file, &h, paper, misses);
        if (print == print_text)
            fprintf(out.file, "\n%d hold, %d miss, %d cannot be reproduced\n", count[0], count[1], count[2]);
        s = output_commit(&out);
    }
    free(h.lines);
    fit_free(&fit);
    if (s != OK || !count[1]) return s;
    return fail(CHECK_FAILED, "%d published number%s not reproduced; see the lines that say MISSES", count[1],
                count[1] > 1 ? "s are" : " is");
}

static int run(int argc, char **argv) {
    return status_report("moelaw", reproduce(argc, argv));
}
COMMAND(reproduce, "published numbers against ours; fails if one that should hold does not", 90)
