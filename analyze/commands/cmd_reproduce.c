// cmd_reproduce.c - `moelaw reproduce`: every published headline against ours; exit 1 if one that should hold does not.
#include "command.h"
#include "decide/decision.h"
#include "decide/sheet.h"
#include "ground/output.h"
#include "reproduce/headlines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *paper, *format, *output, *serving, *data;
    bool json, misses;
} Wanted;

typedef enum { HOLDS, MISSES, CANNOT, VERDICTS } Verdict;
static const char *const verdict_names[VERDICTS] = {"holds", "MISSES", "cannot"};

static Verdict verdict(const Headline *l) {
    return l->reason ? CANNOT : headline_holds(l) ? HOLDS : MISSES;
}

// Counted apart: a number that a paper prints is another claim than one that we worked out from its coefficients.
typedef struct {
    int of[ORIGINS][VERDICTS], all[VERDICTS], shown;
} Tally;

static Tally count(const Headlines *h, const char *paper) {
    Tally t = {0};
    for (int i = 0; i < h->n; i++) {
        const Headline *l = &h->lines[i];
        if (paper && strcmp(paper, l->paper)) continue;
        t.of[l->provenance][verdict(l)]++;
        t.all[verdict(l)]++;
        t.shown++;
    }
    return t;
}

static const char *tolerance(const Headline *l, char text[NUMBER_TEXT]) {
    if (l->reason) return "";
    snprintf(text, NUMBER_TEXT,
             l->relative         ? "%.3g %%"
             : l->tolerance == 0 ? "exact"
                                 : "%.2g",
             l->relative ? 100 * l->tolerance : l->tolerance);
    return text;
}

enum { PAPER, QUANTITY, PUBLISHED, OURS, WITHIN, TOLERANCE, RELATIVE, FROM, VERDICT, REASON, N_COLUMNS };
static const Column columns[N_COLUMNS] = {
    [PAPER] = {"paper", "paper", "paper", AS_WORD},
    [QUANTITY] = {"quantity", "quantity", "quantity", AS_WORD},
    [PUBLISHED] = {"published", "published", "published", AS_WORD},
    [OURS] = {"ours", "ours", "ours", AS_LONG},
    [WITHIN] = {"within", "within", NULL, AS_WORD},
    [TOLERANCE] = {"tolerance", NULL, NULL, AS_SHORT},
    [RELATIVE] = {"tolerance_is_relative", NULL, NULL, AS_FLAG},
    [FROM] = {"provenance", "from", "from", AS_WORD},
    [VERDICT] = {"verdict", "verdict", "verdict", AS_WORD},
    [REASON] = {"reason", "", NULL, AS_WORD},
};

static Sheet lines(const Headlines *h, const Wanted *w, char (*within)[NUMBER_TEXT]) {
    Sheet sheet = sheet_open(columns, N_COLUMNS, h->n);
    int row = 0;
    for (int i = 0; i < h->n; i++) {
        const Headline *l = &h->lines[i];
        if ((w->paper && strcmp(w->paper, l->paper)) || (w->misses && verdict(l) == HOLDS)) continue;
        const struct {
            int column;
            const char *word;
        } words[] = {{PAPER, l->paper},
                     {QUANTITY, l->quantity},
                     {PUBLISHED, l->printed},
                     {WITHIN, tolerance(l, within[i])},
                     {FROM, origin_name(l->provenance)},
                     {VERDICT, verdict_names[verdict(l)]},
                     {REASON, l->reason}};
        for (int k = 0; k < 7; k++) sheet_cell(&sheet, row, words[k].column)->word = words[k].word;
        sheet_put(&sheet, row, OURS, l->ours);
        sheet_put(&sheet, row, TOLERANCE, l->reason ? NAN : l->tolerance);
        sheet_put(&sheet, row++, RELATIVE, l->relative);
    }
    sheet.n_rows = row;
    return sheet;
}

// Two lines each: what is claimed, and what became of it.
static void print_text(const Sheet *s, FILE *f) {
    char ours[NUMBER_TEXT];
    for (int row = 0; row < s->n_rows; row++) {
        const char *word[N_COLUMNS];
        for (int i = 0; i < N_COLUMNS; i++) word[i] = sheet_cell(s, row, i)->word;
        double x = sheet_cell(s, row, OURS)->x;
        snprintf(ours, sizeof ours, isfinite(x) ? "%.6g" : "-", x);
        write_wrapped(f, 19, "%-18s %s", word[PAPER], word[QUANTITY]);
        write_wrapped(f, 19, "  %-16s %s %s, ours %s%s%s%s%s", word[VERDICT], word[FROM], word[PUBLISHED], ours,
                      *word[WITHIN] ? ", within " : "", word[WITHIN], word[REASON] ? ": " : "",
                      word[REASON] ? word[REASON] : "");
    }
}

static json_t *tally_json(const Tally *t, const Sheet *sheet) {
    json_t *root = json_pack("{s:o, s:i, s:i, s:i}", "headlines", sheet_json(sheet), "holds", t->all[HOLDS], "misses",
                             t->all[MISSES], "cannot", t->all[CANNOT]);
    json_t *from = json_object();
    for (int p = 0; p < ORIGINS; p++)
        json_object_set_new(from, origin_name((Origin)p),
                            json_pack("{s:i, s:i, s:i}", "holds", t->of[p][HOLDS], "misses", t->of[p][MISSES], "cannot",
                                      t->of[p][CANNOT]));
    json_object_set_new(root, "provenance", from);
    return root;
}

static void tally_text(const Tally *t, FILE *f) {
    static const char *const what[ORIGINS] = {"printed in the papers", "our arithmetic from their printed coefficients",
                                              "refits of their public data"};
    fprintf(f, "\n%d hold, %d miss, %d cannot be reproduced\n", t->all[HOLDS], t->all[MISSES], t->all[CANNOT]);
    for (int p = 0; p < ORIGINS; p++)
        if (t->of[p][HOLDS] + t->of[p][MISSES] + t->of[p][CANNOT] > 0)
            fprintf(f, "  %s: %d hold, %d miss, %d cannot\n", what[p], t->of[p][HOLDS], t->of[p][MISSES],
                    t->of[p][CANNOT]);
}

static Status print(const Wanted *w, const Headlines *h, const Tally *t) {
    char(*within)[NUMBER_TEXT] = allocate(h->n + 1, sizeof *within);
    Sheet sheet = lines(h, w, within);
    Output out;
    Status s = output_open(&out, w->output);
    if (s == OK) {
        if (w->json)
            json_write(out.file, tally_json(t, &sheet));
        else if (strcmp(w->format, "text"))
            sheet_printer(w->format)(&sheet, out.file);
        else {
            print_text(&sheet, out.file);
            tally_text(t, out.file);
        }
        s = output_commit(&out);
    }
    sheet_free(&sheet);
    free(within);
    return s;
}

static Status answer(const Wanted *w) {
    Fit fit;
    if (!sheet_printer(w->format)) return fail(BAD_INPUT, "--format: '%s', expected text, csv or latex", w->format);
    TRY(fit_load(w->serving, &fit));
    Headlines h = headlines_all(fit.law, fit.parameters);
    if (w->data) headlines_data(&h, w->data);
    Tally t = count(&h, w->paper);
    Status s = t.shown ? print(w, &h, &t)
                       : fail(BAD_INPUT, "--paper: no line of '%s'; `moelaw reproduce` lists all papers", w->paper);
    free(h.lines);
    fit_free(&fit);
    if (s != OK || !t.all[MISSES]) return s;
    return fail(CHECK_FAILED, "%d published number%s not reproduced; see the lines that say MISSES", t.all[MISSES],
                t.all[MISSES] > 1 ? "s are" : " is");
}

static Status run(const Command *self, int argc, char **argv) {
    Wanted w = {.format = "text", .serving = "published:ludziejewski2025"};
    const Option options[] = {opt_text("paper", &w.paper, "NAME", "lines of this paper alone"),
                              opt_flag("misses", &w.misses, "only lines that miss or cannot be reproduced"),
                              opt_text("experts-fit", &w.serving, "FIT",
                                       "law that the statements of yun2024 are asked of (default ludziejewski2025)"),
                              opt_text("data", &w.data, "FOLDER", "also repeat fits on public runs there"),
                              opt_text("format", &w.format, "F", "text (default), csv or latex"),
                              opt_output(&w.output, "FILE", "write there instead of to the terminal"),
                              opt_flag("json", &w.json, "print JSON"),
                              {0}};
    TRY(args_read(self, options, argc, argv, NULL, NULL));
    return answer(&w);
}

MOELAW_COMMAND(
    reproduce, 90, "published numbers against ours; fails if one that should hold does not", "[options]", 0, 0,
    "Every published headline number against ours: paper, quantity, published, ours, tolerance, where the number "
    "comes\n"
    "from (printed in the paper, our arithmetic from its printed coefficients, a refit of its public data), "
    "verdict. What\n"
    "cannot be reproduced is listed with the reason. Exit status 1 if a line that should hold does not.",
    "  moelaw reproduce\n  moelaw reproduce --misses\n  moelaw reproduce --data ../shared/data\n  moelaw reproduce "
    "--paper wan2026 --format csv -o wan.csv\n"
    "  moelaw reproduce --experts-fit experts.json --paper yun2024\n")
