// fig_fit.c - figures of the fit itself: folds, draws, profiles, ends of the starts.
#include "figures.h"
#include "fit/holdout.h"
#include "fit/profile.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_EXPONENTS = 4 };

const char *split_title(const char *split, char text[SPLIT_TEXT]) {
    static const char *const known[][2] = {{"folds", "random folds"},
                                           {"largest:", "largest "},
                                           {"expand:", "growing "},
                                           {"leave:", "one level of "},
                                           {"column:holdout:", "marked: "}};
    if (!split) split = "";
    snprintf(text, SPLIT_TEXT, "%s", split); // conditions such as N>1e9 are words enough
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i][0]);
        if (!strncmp(split, known[i][0], length)) snprintf(text, SPLIT_TEXT, "%s%s", known[i][1], split + length);
    }
    return text;
}

// "Zhao et al. 2025" of "Zhao et al. 2025, arXiv 2509.23678", with what a variant adds in brackets; building blocks, of
// which one paper has several, keep their own names.
static const char *law_title(const json_t *entry, char title[SPLIT_TEXT]) {
    const char *variant = text_of(entry, "variant"), *bracket = strchr(variant, '[');
    const Law *law = law_find(text_of(entry, "law"));
    const char *end = law ? strstr(law->citation, ", arXiv") : NULL;
    if (end && isupper((unsigned char)law->citation[0]))
        snprintf(title, SPLIT_TEXT, "%.*s%s%s", (int)(end - law->citation), law->citation, bracket ? " " : "",
                 bracket ? bracket : "");
    else
        snprintf(title, SPLIT_TEXT, "%s", variant);
    return title;
}

static void fold_row(Csv *c, const json_t *law, const char *split, const char *fold, const json_t *errors) {
    char name[SPLIT_TEXT];
    csv_text(c, text_of(law, "variant"));
    csv_text(c, law_title(law, name));
    csv_text(c, split);
    csv_text(c, split_title(split, name));
    csv_text(c, fold);
    csv_number(c, number_of(errors, "n"));
    csv_number(c, number_of(errors, "rmse"));
    csv_number(c, number_of(errors, "mape"));
    csv_number(c, number_of(errors, "bias"));
    csv_end(c);
}

Status figure_crossval(const Scene *s) {
    Csv c;
    size_t i, j, k;
    json_t *law, *split, *fold;
    TRY(csv_open(s, "crossval.csv", "law,name,split,held_out,fold,n,rmse,mape,bias", &c));
    json_array_foreach(json_object_get(s->crossval, "laws"), i, law)
        json_array_foreach(json_object_get(law, "splits"), j, split) {
        json_array_foreach(json_object_get(split, "folds"), k, fold)
            fold_row(&c, law, text_of(split, "split"), text_of(fold, "fold"), fold);
        fold_row(&c, law, text_of(split, "split"), "all", split);
    }
    return csv_close(&c);
}

// Up to four exponents of the law, by what its file says of them; with less than two, other coefficients join.
static int exponents_of(const Law *law, int index[MAX_EXPONENTS]) {
    int n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < law_n_parameters(law); i++) {
            const char *meaning = i < law->n_theta ? law->theta[i].meaning : law->coef[i - law->n_theta].meaning;
            bool exponent = !strncmp(meaning, "exponent", 8);
            if (n < (pass ? 2 : MAX_EXPONENTS) && exponent != pass) index[n++] = i;
        }
    return n;
}

// One row a pair of exponents and draw; draw 0 is the fit itself.
Status figure_draws(const Scene *s) {
    const Law *law = s->fit.law;
    int index[MAX_EXPONENTS], n = exponents_of(law, index), n_parameters = law_n_parameters(law);
    Csv c;
    TRY(csv_open(s, "draws.csv", "pair,draw,x_name,y_name,x,y,x_label,y_label", &c));
    for (int pair = 0; pair < n * n; pair++) {
        int i = index[pair / n], j = index[pair % n];
        char name[2 * SYMBOL], label[SYMBOL];
        if (pair / n >= pair % n) continue;
        snprintf(name, sizeof name, "%s/%s", law_parameter_name(law, i), law_parameter_name(law, j));
        for (int b = 0; b <= s->fit.n_draws; b++) {
            double printed[LAW_MAX_PARAMETERS];
            law_to_printed(law, b ? s->fit.draws + (long)(b - 1) * n_parameters : s->fit.parameters, printed);
            csv_text(&c, name);
            csv_number(&c, b);
            csv_text(&c, law_parameter_name(law, i));
            csv_text(&c, law_parameter_name(law, j));
            csv_number(&c, printed[i]);
            csv_number(&c, printed[j]);
            csv_text(&c, symbol_markup(law_parameter_name(law, i), label));
            csv_text(&c, symbol_markup(law_parameter_name(law, j), label));
            csv_end(&c);
        }
    }
    return csv_close(&c);
}

static void profile_row(const Scene *s, Csv *c, int i, const char *kind, double x, double y, double limit,
                        const double *ends, const char *note) {
    char label[SYMBOL];
    csv_text(c, law_parameter_name(s->fit.law, i));
    csv_text(c, kind);
    csv_number(c, x);
    csv_number(c, y);
    csv_number(c, limit);
    csv_bound(c, ends ? ends[0] : NAN);
    csv_bound(c, ends ? ends[1] : NAN);
    csv_text(c, symbol_markup(law_parameter_name(s->fit.law, i), label));
    csv_text(c, note);
    csv_end(c);
}

// What the fit says of a coefficient stands in its panel.
static const char *coefficient_warning(const Scene *s, int i) {
    if (s->report.at_bound[i]) return "at its bound";
    return s->report.id.unidentified[i] ? "not identified" : "";
}

Status figure_profile(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "profile.csv", "parameter,kind,x,y,limit,lo,hi,label,text", &c));
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) {
        Profile p;
        profile(&s->refit, i, &p);
        if (p.n == 0) continue;
        for (int k = 0; k < p.n; k++) profile_row(s, &c, i, "curve", p.x[k], p.rise[k], p.limit, NULL, "");
        const double ends[2] = {p.ci95.lo, p.ci95.hi}; // open where the rise does not reach the limit
        double printed[LAW_MAX_PARAMETERS];
        law_to_printed(s->fit.law, s->fit.parameters, printed);
        profile_row(s, &c, i, "interval", printed[i], p.limit, p.limit, ends, "");
        if (*coefficient_warning(s, i))
            profile_row(s, &c, i, "note", NAN, NAN, p.limit, NULL, coefficient_warning(s, i));
    }
    return csv_close(&c);
}

static void starts_row(Csv *c, const char *kind, const char *name, double count, double value, double excess,
                       const char *text) {
    csv_text(c, kind);
    csv_text(c, name);
    csv_number(c, count);
    csv_number(c, value);
    csv_number(c, excess);
    csv_text(c, text);
    csv_end(c);
}

// How each search ended (every one once), and the distinct optima they found.
Status figure_starts(const Scene *s) {
    const Starts *starts = &s->report.starts;
    static const char *const status[] = {"converged", "at_bound", "stalled"};
    const int counts[] = {starts->converged, starts->at_bound, starts->stalled};
    char text[96], name[24];
    Csv c;
    TRY(csv_open(s, "starts.csv", "kind,name,count,value,excess_pct,text", &c));
    for (int i = 0; i < 3; i++) starts_row(&c, "status", status[i], counts[i], NAN, NAN, "");
    double best = starts->optima[0].value;
    for (int k = 0; k < starts->n_optima; k++) {
        double value = starts->optima[k].value;
        snprintf(name, sizeof name, "%d", k + 1);
        starts_row(&c, "optimum", name, starts->optima[k].starts, value, 100 * (value - best) / best, "");
    }
    snprintf(text, sizeof text, "%d of %d agree on the best", starts->agree, starts->total);
    starts_row(&c, "note", "", NAN, NAN, NAN, text);
    return csv_close(&c);
}
