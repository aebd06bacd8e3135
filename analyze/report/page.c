// page.c - see page.h: the order of the page, its answer, warnings, provenance and commands.
#include "page.h"

#include "ground/args.h"
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void page_text(FILE *f, const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_markup(f, text);
}

// ---- the answer

// The law that CV.json ranks first; NULL without.
static const json_t *winner(const Page *p) {
    size_t i;
    json_t *law;
    json_array_foreach(json_object_get(p->crossval, "laws"), i,
                       law) if (json_integer_value(json_object_get(law, "rank")) == 1) return law;
    return NULL;
}

static const char *winner_name(const Page *p) {
    const json_t *law = winner(p);
    return law ? json_string_value(json_object_get(law, "law")) : NULL;
}

const FitReport *page_main(const Page *p) {
    const char *name = winner_name(p);
    for (int i = 0; name && i < p->n; i++)
        if (!strcmp(p->fits[i].fit.law->name, name)) return &p->fits[i];
    return &p->fits[0];
}

// Of the differences to the first law on all splits, how many tell another law from it.
static void rivals(FILE *f, const Page *p) {
    size_t i, k;
    json_t *law, *d;
    const char *first = winner_name(p);
    fprintf(f, "<ul>");
    json_array_foreach(json_object_get(p->crossval, "laws"), i, law) {
        const char *name = json_string_value(json_object_get(law, "law"));
        int told = 0, splits = 0;
        if (!name || !strcmp(name, first)) continue;
        json_array_foreach(json_object_get(p->crossval, "differences"), k, d) {
            const char *a = json_string_value(json_object_get(d, "a")), *b = json_string_value(json_object_get(d, "b"));
            bool pair = a && b && ((!strcmp(a, first) && !strcmp(b, name)) || (!strcmp(b, first) && !strcmp(a, name)));
            splits += pair;
            told += pair && json_is_true(json_object_get(d, "told_apart"));
        }
        fprintf(f, "<li>");
        page_text(f, "%s: %s", name,
                  !splits          ? "not compared"
                  : told == splits ? "told apart from the first on every split"
                  : told           ? "told apart from the first on some splits, not on all"
                                   : "cannot be told from the first by these runs");
        if (splits) page_text(f, " (%d of %d)", told, splits);
        fprintf(f, "</li>");
    }
    fprintf(f, "</ul>");
}

static void which_law(FILE *f, const Page *p) {
    const FitReport *r = page_main(p);
    const Law *law = r->fit.law;
    fprintf(f, "<dt>Which law</dt><dd><p class=\"law\"><strong>");
    page_text(f, "%s", law->name);
    fprintf(f, "</strong>");
    page_text(f, ", the %s (%s)", law->title, law->citation);
    fprintf(f, "</p>");
    if (p->crossval) {
        size_t n = json_array_size(json_object_get(p->crossval, "laws"));
        fprintf(f, "<p>");
        page_text(f, "First of %zu laws by the error on runs that they had not seen.", n);
        if (winner_name(p) && strcmp(winner_name(p), law->name) != 0)
            page_text(f, " (The first is %s, of which no fit was given.)", winner_name(p));
        fprintf(f, "</p>");
        if (n > 1) rivals(f, p);
    } else {
        fprintf(f, "<p>The first fit that was given. Laws were not compared on runs that they had not seen "
                   "(<code>moelaw crossval</code> does).</p>");
    }
    fprintf(f, "</dd>\n");
}

static void how_sure(FILE *f, const Page *p) {
    const FitReport *r = page_main(p);
    const Metrics *m = &r->metrics;
    const json_t *split = json_array_get(json_object_get(winner(p), "splits"), 0);
    fprintf(f, "<dt>How sure</dt><dd>");
    if (!r->rows_used) {
        fprintf(f, "<p>Published coefficients: they have seen no run of yours.</p></dd>\n");
        return;
    }
    fprintf(f, "<p>");
    page_text(f, "It says the losses of %d runs of %d configurations to %.2f %% (mean absolute error; RMSE %.4f nats).",
              r->rows_used, r->configurations, m->mape, m->rmse);
    if (json_is_number(json_object_get(split, "mape")))
        page_text(f, " Runs that it had not seen: %.2f %% (RMSE %.4f nats).",
                  json_number_value(json_object_get(split, "mape")), json_number_value(json_object_get(split, "rmse")));
    if (r->starts.total) page_text(f, " %d of %d searches found the same best fit.", r->starts.agree, r->starts.total);
    fprintf(f, "</p></dd>\n");
}

// Coefficients without an interval of two ends; how many.
static int undecided(const FitReport *r, char *names, size_t size) {
    int n = 0;
    names[0] = '\0';
    for (int i = 0; i < law_n_parameters(r->fit.law); i++) {
        IntervalKind kind = interval_kind(&r->ci95[i]);
        if (r->held[i] || kind == BOTH_ENDS || kind == UNKNOWN) continue;
        size_t used = strlen(names);
        snprintf(names + used, size - used, "%s%s", n++ ? ", " : "", law_parameter_name(r->fit.law, i));
    }
    return n;
}

static void cannot_tell(FILE *f, const Page *p) {
    const FitReport *r = page_main(p);
    char names[400], text[NUMBER_TEXT];
    int said = 0, open = undecided(r, names, sizeof names);
    fprintf(f, "<dt>What it cannot tell</dt><dd><ul>");
    for (int i = 0; i < r->n_derived; i++) {
        const Derived *d = &r->derived[i];
        if (d->end == INSIDE) continue;
        fprintf(f, "<li>");
        page_text(f, "The best %s%s%s: there is none, %s.", d->name,
                  isnan(d->at)        ? ""
                  : d->name[1] == 'a' ? " at N = "
                                      : " at C = ",
                  isnan(d->at) ? "" : short_count(d->at, text), derived_end_text(d));
        fprintf(f, "</li>");
        said++;
    }
    if (open) {
        fprintf(f, "<li>");
        page_text(f, "%d of %d coefficients have no interval of two ends: %s.", open, law_n_parameters(r->fit.law),
                  names);
        fprintf(f, "</li>");
    }
    for (int i = 0; i < r->id.n_warnings; i++) {
        fprintf(f, "<li>");
        page_text(f, "%s", r->id.warnings[i]);
        fprintf(f, "</li>");
    }
    fprintf(f, "</ul>%s</dd>\n",
            said || open || r->id.n_warnings ? "" : "<p>Nothing that the fit itself could find.</p>");
}

// ---- where it is from

static const char *last_part(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

static void provenance(FILE *f, const Page *p) {
    table_begin(f, "Fits and the runs they were made of",
                "law|fit|runs|sha256 of the runs|rows read>|rows used>|source");
    for (int i = 0; i < p->n; i++) {
        const FitReport *r = &p->fits[i];
        char number[NUMBER_TEXT];
        row_begin(f);
        cell_words(f, r->fit.law->name);
        cell_words(f, r->fit.origin);
        cell_words(f, r->file ? r->file : "-");
        cell_words(f, r->sha256 ? r->sha256 : "-");
        cell_value(f, r->rows_read, number_text(r->rows_read, number));
        cell_value(f, r->rows_used, number_text(r->rows_used, number));
        cell_words(f, r->fit.law->citation);
        row_end(f);
    }
    table_end(f);
    fprintf(f, "<p>");
    page_text(f, "Objective %s of %s residuals; moelaw %s. The same input gives the same page.",
              page_main(p)->options.objective ? page_main(p)->options.objective : "-",
              page_main(p)->options.residual ? page_main(p)->options.residual : "-", MOELAW_VERSION);
    fprintf(f, "</p>\n");
}

// A word for a shell, in quotes where it needs them.
static void shell_word(FILE *f, const char *text) {
    bool plain = *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%") ==
                              strlen(text);
    fputc(' ', f);
    if (!plain) fputc('\'', f);
    for (; *text; text++) {
        char one[2] = {*text, '\0'};
        if (*text == '\'')
            fputs("'\\''", f);
        else
            write_markup(f, one);
    }
    if (!plain) fputc('\'', f);
}

static void list_option(FILE *f, const char *name, const TextList *list) {
    for (int i = 0; i < list->n; i++) {
        fprintf(f, " --%s", name);
        shell_word(f, list->text[i]);
    }
}

static void text_option(FILE *f, const char *name, const char *value, const char *usual) {
    if (!value || !strcmp(value, usual)) return;
    fprintf(f, " --%s", name);
    shell_word(f, value);
}

// The command that made a fit; what the file does not keep (held coefficients are kept by value) is left at its
// default.
static void fit_command(FILE *f, const FitReport *r) {
    char number[NUMBER_TEXT];
    fprintf(f, "moelaw fit");
    shell_word(f, r->file);
    fprintf(f, " --law %s", r->fit.law->name);
    text_option(f, "objective", r->options.objective, "huber");
    text_option(f, "residual", r->options.residual, "log");
    if (r->options.delta > 0 && fabs(r->options.delta / 1e-3 - 1) > 1e-12)
        fprintf(f, " --delta %s", number_text(r->options.delta, number));
    list_option(f, "where", &r->choice.where);
    list_option(f, "column", &r->choice.columns);
    text_option(f, "loss", r->choice.loss, "loss");
    text_option(f, "weight", r->choice.weight, "");
    text_option(f, "cluster", r->choice.cluster, "");
    text_option(f, "best-per", r->choice.best_per, "");
    list_option(f, "bound", &r->options.bound);
    for (int i = 0; i < law_n_parameters(r->fit.law); i++)
        if (r->held[i])
            fprintf(f, " --fix %s=%s", law_parameter_name(r->fit.law, i), number_text(r->printed[i], number));
    fprintf(f, " --starts %d --bootstrap %d -o", r->starts.total, r->fit.n_draws);
    shell_word(f, r->fit.origin);
    fputc('\n', f);
}

static void commands(FILE *f, const Page *p) {
    fprintf(f, "<pre tabindex=\"0\"><code>");
    for (int i = 0; i < p->n; i++)
        if (p->fits[i].file) fit_command(f, &p->fits[i]);
    fprintf(f, "moelaw report");
    for (int i = 0; i < p->n; i++) shell_word(f, p->fits[i].fit.origin);
    if (p->crossval_path) {
        fprintf(f, " --crossval");
        shell_word(f, p->crossval_path);
    }
    if (p->figures) {
        fprintf(f, " --figures");
        shell_word(f, p->figures);
    }
    if (p->runs) {
        fprintf(f, " --runs");
        shell_word(f, p->runs->table->path);
    }
    fprintf(f, " -o");
    shell_word(f, p->output);
    fprintf(f, "\n</code></pre>\n");
}

// ---- the page

static void section(FILE *f, const char *id, const char *title) {
    fprintf(f, "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n", id, id, id, title);
}

static void head(FILE *f, const Page *p) {
    const FitReport *r = page_main(p);
    const char *runs = r->file ? last_part(r->file) : "published coefficients";
    fprintf(f,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
            "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
    page_text(f, "%s on %s - moelaw", r->fit.law->name, runs);
    fprintf(f,
            "</title>\n<style>\n%s</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#answer\">To the answer</a>\n"
            "<header>\n<h1>",
            page_style);
    page_text(f, "Scaling law of %s", runs);
    fprintf(f, "</h1>\n<nav aria-label=\"Sections\"><ul><li><a href=\"#answer\">Answer</a></li><li><a "
               "href=\"#laws\">Laws</a></li>");
    if (p->figures) fprintf(f, "<li><a href=\"#figures\">Figures</a></li>");
    fprintf(f, "<li><a href=\"#coefficients\">Coefficients</a></li>");
    if (p->runs) fprintf(f, "<li><a href=\"#runs\">Runs</a></li>");
    fprintf(f, "<li><a href=\"#provenance\">Provenance</a></li><li><a href=\"#commands\">Commands</a></li></ul></nav>\n"
               "</header>\n<main>\n");
}

static void answer(FILE *f, const Page *p) {
    section(f, "answer", "Answer");
    fprintf(f, "<div class=\"answer\"><dl>\n");
    which_law(f, p);
    how_sure(f, p);
    cannot_tell(f, p);
    fprintf(f, "</dl></div>\n");
    page_optimum(f, page_main(p));
    fprintf(f, "</section>\n");
}

static void coefficients(FILE *f, const Page *p) {
    section(f, "coefficients", "Coefficients");
    for (int i = 0; i < p->n; i++) {
        const FitReport *r = &p->fits[i];
        fprintf(f, "<h3>");
        page_text(f, "%s", r->fit.law->name);
        fprintf(f, "</h3>\n<p class=\"formula\">");
        page_text(f, "%s", r->fit.law->formula);
        fprintf(f, "</p>\n");
        page_coefficients(f, r);
        if (r != page_main(p) && r->id.n_warnings) {
            fprintf(f, "<ul class=\"warnings\">");
            for (int k = 0; k < r->id.n_warnings; k++) {
                fprintf(f, "<li>");
                page_text(f, "%s", r->id.warnings[k]);
                fprintf(f, "</li>");
            }
            fprintf(f, "</ul>\n");
        }
    }
    fprintf(f, "</section>\n");
}

Status page_write(FILE *f, const Page *p) {
    int figures = 0;
    head(f, p);
    answer(f, p);
    section(f, "laws", "Laws");
    page_laws(f, p);
    fprintf(f, "</section>\n");
    if (p->figures) {
        section(f, "figures", "Figures");
        TRY(page_figures(f, p->figures, &figures));
        if (!figures) return fail(BAD_INPUT, "--figures %s: has no .svg (moeplot draws them)", p->figures);
        fprintf(f, "</section>\n");
    }
    coefficients(f, p);
    if (p->runs) {
        section(f, "runs", "Runs");
        page_runs(f, p);
        fprintf(f, "</section>\n");
    }
    section(f, "provenance", "Provenance");
    provenance(f, p);
    fprintf(f, "</section>\n");
    section(f, "commands", "Commands");
    commands(f, p);
    fprintf(f, "</section>\n</main>\n<script>\n%s</script>\n</body>\n</html>\n", page_script);
    return OK;
}
