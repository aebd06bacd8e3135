// table_numbers.c - numbers.tex: one LaTeX macro for each number or verdict that a text may quote.
#include "table_parts.h"

#include "fit/derived.h"
#include "ground/number.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

// Macro names are letters only: "E_start" of zhao2025 after "zhao" is \zhaoEstart.
static void macro_name(FILE *f, const char *text, bool capital) {
    for (; *text; text++) {
        if (!isalpha((unsigned char)*text)) continue;
        fputc(capital ? toupper((unsigned char)*text) : *text, f);
        capital = false;
    }
}

static void macro(FILE *f, const char *law, const char *name, const char *value) {
    fprintf(f, "\\newcommand{\\");
    macro_name(f, law, false);
    macro_name(f, name, true);
    fprintf(f, "}{%s}\n", value);
}

// Text from outside as a value.
static void macro_text(FILE *f, const char *law, const char *name, const char *value) {
    fprintf(f, "\\newcommand{\\");
    macro_name(f, law, false);
    macro_name(f, name, true);
    fputs("}{", f);
    tex_text(f, value);
    fputs("}\n", f);
}

static void macro_number(FILE *f, const char *law, const char *name, double x, double uncertainty) {
    char text[SHOWN], ensured[SHOWN + 16];
    shown_tex(x, uncertainty, text);
    // Usable in text and in mathematics alike.
    if (text[0] == '$')
        snprintf(ensured, sizeof ensured, "\\ensuremath{%.*s}", (int)strlen(text) - 2, text + 1);
    else
        snprintf(ensured, sizeof ensured, "%s", text);
    macro(f, law, name, ensured);
}

// Sentences as the programs wrote them, a full stop after each.
static void macro_sentences(FILE *f, const char *law, const char *name, const json_t *list, const char *none) {
    size_t i;
    json_t *item;
    fprintf(f, "\\newcommand{\\");
    macro_name(f, law, false);
    macro_name(f, name, true);
    fprintf(f, "}{");
    json_array_foreach(list, i, item) {
        const char *text = json_string_value(item);
        if (!text || !*text) continue;
        // "alpha and k are ..." starts with a name, which keeps its letter.
        char first[2] = {isalpha((unsigned char)text[1]) ? (char)toupper((unsigned char)*text) : *text, '\0'};
        if (i) fputc(' ', f);
        tex_text(f, first);
        tex_text(f, text + 1);
        fputc('.', f);
    }
    fprintf(f, "%s}\n", json_array_size(list) ? "" : none);
}

static void macro_count(FILE *f, const char *name, const char *suffix, double x) {
    char full[48], text[NUMBER_TEXT];
    snprintf(full, sizeof full, "%s%s", name, suffix);
    macro(f, "runs", full, x >= 1e4 ? short_count(x, text) : number_text(x, text));
}

// The range of every factor and of the loss, and the largest standard error that the table records.
static void runs_numbers(FILE *f, const Scene *s) {
    for (int v = 0; v < N_VARIABLES; v++) {
        if (!scene_has(s, (Variable)v)) continue;
        macro_count(f, variable_name((Variable)v), "Least", scene_quantile(s, (Variable)v, 0));
        macro_count(f, variable_name((Variable)v), "Most", scene_quantile(s, (Variable)v, 1));
    }
    double least = INFINITY, most = 0, error = 0, x;
    int column = table_column(s->runs.table, "loss_se");
    for (int i = 0; i < s->runs.n; i++) {
        least = fmin(least, s->runs.loss[i]);
        most = fmax(most, s->runs.loss[i]);
        if (column >= 0 && table_number(s->runs.table, s->runs.row[i], column, &x) == OK) error = fmax(error, x);
    }
    macro_number(f, "runs", "LossLeast", least, NAN);
    macro_number(f, "runs", "LossMost", most, NAN);
    if (error > 0) macro_number(f, "runs", "LossErrorMost", error, error / 3);
}

// A number, or what to say where there is none: a word, never nothing, in text and in mathematics.
static void macro_or(FILE *f, const char *law, const char *name, double x, double width, const char *otherwise) {
    char word[64];
    snprintf(word, sizeof word, "\\mbox{%s}", otherwise);
    if (isfinite(x))
        macro_number(f, law, name, x, width);
    else
        macro(f, law, name, word);
}

// \NAME, \NAMELow and \NAMEHigh, and \NAMEInterval, which says in words what an end that is open means.
static void macro_interval(FILE *f, const char *law, const char *name, double x, const Interval *ci) {
    char low[64], high[64];
    const double ends[2] = {ci->lo, ci->hi}, width = digits_from(ends);
    snprintf(low, sizeof low, "%sLow", name);
    snprintf(high, sizeof high, "%sHigh", name);
    macro_or(f, law, name, x, width, "none");
    macro_or(f, law, low, ci->lo, width, isinf(ci->lo) ? "no limit" : "unknown");
    macro_or(f, law, high, ci->hi, width, isinf(ci->hi) ? "no limit" : "unknown");
    fprintf(f, "\\newcommand{\\");
    macro_name(f, law, false);
    macro_name(f, name, true);
    fputs("Interval}{", f);
    if (interval_kind(ci) == UNKNOWN)
        fputs("no interval", f);
    else
        tex_interval(f, ends);
    fputs("}\n", f);
}

// How the intervals were made, as a sentence.
static void intervals_words(FILE *f, const Scene *s) {
    const FitReport *r = &s->report;
    char text[256];
    if (r->resampling == PAIRS)
        snprintf(text, sizeof text,
                 "Intervals are 95%% quantiles of %d bootstrap replicates that draw %d clusters of "
                 "runs with replacement, each fitted afresh.",
                 s->fit.n_draws, r->clusters);
    else if (r->resampling == JACKKNIFE)
        snprintf(text, sizeof text,
                 "Intervals are of Student's t with the jackknife's covariance: the law was fitted "
                 "without each of %d clusters of runs in turn.",
                 r->clusters);
    else if (r->resampling == WITHHELD)
        snprintf(text, sizeof text,
                 "No intervals are given: %d configurations are too few to tell how far off %d "
                 "coefficients are.",
                 r->clusters, r->metrics.free_parameters);
    else
        snprintf(text, sizeof text, "Intervals were not asked for.");
    macro_text(f, s->fit.law->name, "Intervals", text);
}

static void fit_numbers(FILE *f, const Scene *s) {

    const char *law = s->fit.law->name;
    const Metrics *m = &s->refit.metrics;
    const Starts *starts = &s->report.starts;
    const Identifiability *id = &s->report.id;
    char text[64];
    macro(f, law, "Law", law);
    if (s->fit.law->tex) macro(f, law, "Formula", s->fit.law->tex);
    snprintf(text, sizeof text, "%d", s->runs.n);
    macro(f, law, "Rows", text);
    snprintf(text, sizeof text, "%d", s->runs.n_clusters);
    macro(f, law, "Configurations", text);
    snprintf(text, sizeof text, "%d", s->fit.n_draws);
    macro(f, law, "Draws", text);
    intervals_words(f, s);
    macro_number(f, law, "Objective", s->refit.value, s->refit.value * 1e-5);
    macro_number(f, law, "Rmse", m->rmse, NAN);
    macro_number(f, law, "Mape", m->mape, m->mape / 30);
    macro_number(f, law, "Bias", m->bias, fabs(m->bias) / 5);
    macro_number(f, law, "Worst", m->max_abs, NAN);
    macro_number(f, law, "Rsquared", m->r2, 1e-4);
    macro_number(f, law, "Noise", 100 * s->fit.noise.sigma, s->fit.noise.sigma * 3);
    macro_number(f, law, "Condition", id->condition, id->condition / 10);
    const int counts[] = {starts->total, starts->converged, starts->agree};
    static const char *const names[] = {"Starts", "StartsConverged", "StartsAgree"};
    for (int i = 0; i < 3 && starts->total; i++) {
        snprintf(text, sizeof text, "%d", counts[i]);
        macro(f, law, names[i], text);
    }
    int unidentified = 0;
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) unidentified += id->unidentified[i];
    snprintf(text, sizeof text, "%d", unidentified);
    macro(f, law, "NotIdentified", text);
    json_t *warnings = json_array();
    for (int i = 0; i < id->n_warnings; i++) json_array_append_new(warnings, json_string(id->warnings[i]));
    macro_sentences(f, law, "Warnings", warnings, "Every coefficient is identified.");
    json_decref(warnings);
}

static void derived_numbers(FILE *f, const Scene *s) {
    Derived derived[MAX_DERIVED];
    int n = derive(&s->fit, NAN, NAN, derived);
    for (int i = 0; i < n; i++) {
        char name[48];
        snprintf(name, sizeof name, "Best%s", derived[i].name);
        macro_interval(f, s->fit.law->name, name, derived[i].value, &derived[i].ci95);
        snprintf(name, sizeof name, "Best%sAt", derived[i].name);
        if (!isnan(derived[i].at)) macro_number(f, s->fit.law->name, name, derived[i].at, NAN);
    }
}

static void crossval_numbers(FILE *f, const Scene *s) {
    size_t i;
    json_t *law;
    const char *best = NULL;
    json_array_foreach(json_object_get(s->crossval, "laws"), i, law) {
        const char *name = text_of(law, "variant");
        if (json_object_get(law, "failed")) continue;
        if (!best) best = name;
        if (strchr(name, '[')) continue;
        const json_t *folds = split_named(law, "folds"), *held = shown_holdout(law),
                     *places = json_object_get(law, "rank_range");
        char text[64];
        snprintf(text, sizeof text, "%.0f", number_of(law, "rank"));
        macro(f, name, "CvRank", text);
        snprintf(text, sizeof text, "%.0f--%.0f", json_number_value(json_array_get(places, 0)),
                 json_number_value(json_array_get(places, 1)));
        macro(f, name, "CvPlaces", text);
        macro_number(f, name, "CvScore", number_of(law, "score"), 0.05);
        macro_number(f, name, "CvRmse", number_of(folds, "rmse"), NAN);
        macro_number(f, name, "CvMape", number_of(folds, "mape"), NAN);
        macro_number(f, name, "HeldRmse", number_of(held, "rmse"), NAN);
        macro_number(f, name, "HeldMape", number_of(held, "mape"), NAN);
        macro_number(f, name, "HeldBias", number_of(held, "bias"), NAN);
        macro_number(f, name, "DeltaAicc", number_of(law, "delta_aicc"), 0.5);
    }
    if (!s->crossval) return;
    char text[32];
    macro_text(f, "cv", "Best", best ? best : "none");
    snprintf(text, sizeof text, "%zu", json_array_size(json_object_get(s->crossval, "laws")));
    macro(f, "cv", "Laws", text);
    splits_words(f, s);
}

// The optima that the law's published coefficients give.
static Status published_numbers(FILE *f, const Scene *s) {
    char spec[80], name[64];
    Fit published;
    Derived derived[MAX_DERIVED];
    snprintf(spec, sizeof spec, "published:%s", s->fit.law->name);
    if (!s->fit.law->n_sets) return OK;
    TRY(fit_load(spec, &published));
    int n = derive(&published, NAN, NAN, derived);
    for (int i = 0; i < n; i++) {
        if (!isnan(derived[i].at)) continue; // of a size or a budget that is not ours
        snprintf(name, sizeof name, "PublishedBest%s", derived[i].name);
        macro_number(f, s->fit.law->name, name, derived[i].value, NAN);
    }
    fit_free(&published);
    return OK;
}

Status table_numbers(const Scene *s) {
    Output out;
    TRY(tex_open(s, "numbers", &out));
    runs_numbers(out.file, s);
    fit_numbers(out.file, s);
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) {
        Coefficient k = coefficient(s, i);
        char name[48];
        snprintf(name, sizeof name, "Coef%s", law_parameter_name(s->fit.law, i));
        macro_interval(out.file, s->fit.law->name, name, k.value, &s->report.ci95[i]);
    }
    derived_numbers(out.file, s);
    crossval_numbers(out.file, s);
    Status status = published_numbers(out.file, s);
    if (status != OK) return output_discard(&out), status;
    return output_commit_if_changed(&out);
}
