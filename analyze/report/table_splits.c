// table_splits.c - the main law against every other on every split, won, lost or undecided: a table, and the same in
// words.
//
// A text that quotes the comparison must show both: each leaves a mark when LaTeX sets it, and numbers.tex ends the run
// of a document that lacks one. A split that was lost cannot be left out by forgetting it.
#include "table_parts.h"

#include "ground/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *main_law(const Scene *s) {
    if (law_named(s->crossval, s->fit.law->name)) return s->fit.law->name;
    size_t i;
    json_t *law;
    json_array_foreach(json_object_get(s->crossval, "laws"), i,
                       law) if (!json_object_get(law, "failed")) return text_of(law, "variant");
    return NULL;
}

static void contest_csv(Csv *c, const char *law, const Contest *x) {
    const double cells[] = {x->rmse, x->rival_rmse, x->difference, x->ci95[0], x->ci95[1]};
    csv_text(c, x->split);
    csv_number(c, x->n);
    csv_number(c, x->configurations);
    csv_text(c, law);
    csv_text(c, x->rival);
    for (int i = 0; i < 5; i++) csv_number(c, cells[i]);
    csv_text(c, verdict_name(x->verdict));
    csv_end(c);
}

static void contest_tex(FILE *f, const Contest *x) {
    tex_text(f, x->split);
    fprintf(f, " & %d (%d) & ", x->n, x->configurations);
    tex_text(f, x->rival);
    fprintf(f, " & %.4f & %.4f & $%+.4f$ [$%+.4f$, $%+.4f$] & ", x->rmse, x->rival_rmse, x->difference, x->ci95[0],
            x->ci95[1]);
    fprintf(f, x->verdict == LOST ? "\\textbf{%s} \\\\\n" : "%s \\\\\n", verdict_name(x->verdict));
}

Status table_splits(const Scene *s) {
    Pair p;
    int n = 0;
    const char *law = main_law(s);
    TRY(pair_open(s, "splits", "split,n,configurations,law,rival,rmse,rival_rmse,difference,lo,hi,verdict", &p));
    Contest *contests = contests_of(s->crossval, law ? law : "", &n);
    FILE *tex = p.tex.file;
    fprintf(tex, "\\global\\let\\cvSplitsShown\\relax\n\\begin{tabular}{llllllll}\n\\toprule\n"
                 "held out & runs & against & RMSE & its & difference [95\\,\\%% interval] & \\\\\n\\midrule\n");
    for (int i = 0; i < n; i++) {
        contest_csv(&p.csv, law, &contests[i]);
        contest_tex(tex, &contests[i]);
    }
    fprintf(tex, "\\bottomrule\n\\end{tabular}\n");
    free(contests);
    return pair_close(&p);
}

// ", which ..." for one verdict: the splits on which it fell, each with its difference.
static void verdict_words(FILE *f, const Contest *contests, int n, const char *rival, Verdict v, bool *begun) {
    static const char *const words[] = {"is better on ", "is worse on ", "cannot be told apart from it on "};
    bool first = true;
    for (int i = 0; i < n; i++) {
        const Contest *x = &contests[i];
        if (x->verdict != v || strcmp(x->rival, rival) != 0) continue;
        fputs(!first ? ", " : *begun ? "; " : "", f);
        if (first) fputs(words[v], f);
        tex_text(f, x->split);
        if (v != UNDECIDED)
            fprintf(f, " (by %.4f nats [%.4f, %.4f])", fabs(x->difference), fmin(fabs(x->ci95[0]), fabs(x->ci95[1])),
                    fmax(fabs(x->ci95[0]), fabs(x->ci95[1])));
        first = false;
        *begun = true;
    }
}

void splits_words(FILE *f, const Scene *s) {
    int n = 0;
    const char *law = main_law(s);
    Contest *contests = contests_of(s->crossval, law ? law : "", &n);
    fprintf(f, "\\newcommand{\\cvVerdicts}{\\global\\let\\cvVerdictsShown\\relax ");
    for (int i = 0; i < n; i++) {
        bool begun = false, seen = false;
        for (int k = 0; k < i; k++) seen = seen || !strcmp(contests[k].rival, contests[i].rival);
        if (seen) continue;
        fputs(i ? " Against " : "Against ", f);
        tex_text(f, contests[i].rival);
        fputs(", ", f);
        tex_text(f, law);
        fputc(' ', f);
        for (Verdict v = WON; v <= UNDECIDED; v++) verdict_words(f, contests, n, contests[i].rival, v, &begun);
        fputc('.', f);
    }
    fprintf(f, "%s}\n", n ? "" : "No other law was judged.");
    int count[3] = {0};
    for (int i = 0; i < n; i++) count[contests[i].verdict]++;
    fprintf(f, "\\newcommand{\\cvContests}{%d}\n\\newcommand{\\cvWon}{%d}\n\\newcommand{\\cvLost}{%d}\n", n, count[WON],
            count[LOST]);
    fprintf(f, "\\newcommand{\\cvUndecided}{%d}\n", count[UNDECIDED]);
    for (int i = 0; i < 2; i++) {
        static const char *const marks[] = {"cvVerdictsShown", "cvSplitsShown"}, *const what[] = {"cvVerdicts",
                                                                                                  "the table splits"};
        fprintf(
            f,
            "\\AtEndDocument{\\ifdefined\\%s\\else\\errmessage{This text quotes a comparison of laws and leaves out "
            "%s, which lists every split won and lost}\\fi}\n",
            marks[i], what[i]);
    }
    free(contests);
}
