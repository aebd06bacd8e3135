// fit_file.c - see fit_file.h. One walk over the keys both writes and reads, so that the two cannot differ.
// Coefficients and draws in the file are the printed ones; in memory they are internal.
#include "fit_file.h"

#include "ground/json.h"
#include "ground/number.h"
#include "ground/output.h"
#include "laws/law_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIT_BYTES = 256 << 20, MAX_DRAWS = 1000000 };

// ---- one value, either way -----------------------------------------------------------------------------------------

// The object that the walk is in. Reading, `at` may be NULL: everything then stays as it is.
typedef struct {
    json_t *at;
    bool reading;
    const char *path;
} Walk;

static void number(const Walk *w, const char *key, double *x) {
    const json_t *value = json_object_get(w->at, key);
    if (!w->reading)
        json_object_set_new(w->at, key, json_number(*x));
    else if (value)
        *x = json_is_number(value) ? json_number_value(value) : NAN;
}

static void whole(const Walk *w, const char *key, long *x) {
    const json_t *value = json_object_get(w->at, key);
    if (!w->reading)
        json_object_set_new(w->at, key, json_integer(*x));
    else if (json_is_integer(value))
        *x = (long)json_integer_value(value);
}

static void count(const Walk *w, const char *key, int *x) {
    long wide = *x;
    whole(w, key, &wide);
    if (wide >= 0 && wide <= INT32_MAX) *x = (int)wide;
}

static void flag(const Walk *w, const char *key, bool *x) {
    const json_t *value = json_object_get(w->at, key);
    if (!w->reading)
        json_object_set_new(w->at, key, json_boolean(*x));
    else if (json_is_boolean(value))
        *x = json_is_true(value);
}

static void text(const Walk *w, const char *key, const char **x) {
    const json_t *value = json_object_get(w->at, key);
    if (!w->reading)
        json_object_set_new(w->at, key, *x ? json_string(*x) : json_null());
    else if (json_is_string(value))
        *x = json_string_value(value);
}

static json_t *pair_of(const double x[2]) {
    json_t *list = json_array();
    for (int i = 0; i < 2; i++) json_array_append_new(list, json_number(x[i]));
    return list;
}

static void pair(const Walk *w, const char *key, double x[2]) {
    const json_t *list = json_object_get(w->at, key);
    if (!w->reading) json_object_set_new(w->at, key, pair_of(x));
    for (size_t i = 0; i < 2 && w->reading; i++) {
        const json_t *value = json_array_get(list, i);
        if (json_is_number(value)) x[i] = json_number_value(value);
    }
}

// "ci95": [lo, hi], "ci95_is": "at most".
static void interval(const Walk *w, const char *key, Interval *x) {
    char is[48];
    double ends[2] = {w->reading ? NAN : x->lo, w->reading ? NAN : x->hi};
    const char *word = interval_word(x);
    snprintf(is, sizeof is, "%s_is", key);
    pair(w, key, ends);
    text(w, is, &word);
    if (!w->reading) return;
    IntervalKind kind = interval_kind_of(word);
    *x = (Interval){kind == AT_MOST || kind == UNDETERMINED ? -INFINITY : ends[0],
                    kind == AT_LEAST || kind == UNDETERMINED ? INFINITY : ends[1]};
}

static void texts(const Walk *w, const char *key, TextList *list) {
    json_t *array = w->reading ? json_object_get(w->at, key) : json_array();
    for (int i = 0; i < list->n && !w->reading; i++) json_array_append_new(array, json_string(list->text[i]));
    if (!w->reading) json_object_set_new(w->at, key, array);
    const size_t room = sizeof list->text / sizeof *list->text;
    for (size_t i = 0; w->reading && i < json_array_size(array) && i < room; i++)
        if (json_is_string(json_array_get(array, i)))
            list->text[list->n++] = json_string_value(json_array_get(array, i));
}

// The object under a key; made when writing.
static Walk into(const Walk *w, const char *key) {
    if (!w->reading) json_object_set_new(w->at, key, json_object());
    return (Walk){json_object_get(w->at, key), w->reading, w->path};
}

// Object i of the list under a key; the list has `n` objects when writing.
static Walk item(const Walk *w, const char *key, int i) {
    if (!w->reading && !json_object_get(w->at, key)) json_object_set_new(w->at, key, json_array());
    json_t *list = json_object_get(w->at, key);
    if (!w->reading) json_array_append_new(list, json_object());
    return (Walk){json_array_get(list, (size_t)i), w->reading, w->path};
}

static int items(const Walk *w, const char *key, int n, int room) {
    if (!w->reading) {
        if (n == 0) json_object_set_new(w->at, key, json_array());
        return n;
    }
    size_t there = json_array_size(json_object_get(w->at, key));
    return there < (size_t)room ? (int)there : room;
}

// A number for each coefficient, by name; zeros are left out when writing.
static void by_coefficient(const Walk *w, const char *key, const Law *law, double *x, bool zeros) {
    Walk in = into(w, key);
    for (int i = 0; i < law_n_parameters(law); i++)
        if (w->reading || zeros || x[i] != 0) number(&in, law_parameter_name(law, i), &x[i]);
}

// ---- the parts of the file -----------------------------------------------------------------------------------------

static void data_part(const Walk *w, FitReport *r) {
    Walk in = into(w, "data");
    const char *loss = r->choice.loss ? r->choice.loss : "loss";
    text(&in, "file", &r->file);
    text(&in, "sha256", &r->sha256);
    count(&in, "rows_read", &r->rows_read);
    count(&in, "rows_used", &r->rows_used);
    count(&in, "configurations", &r->configurations);
    texts(&in, "where", &r->choice.where);
    texts(&in, "column", &r->choice.columns);
    text(&in, "loss", &loss);
    flag(&in, "held_out", &r->choice.held_out);
    text(&in, "weight", &r->choice.weight);
    text(&in, "cluster", &r->choice.cluster);
    text(&in, "best_per", &r->choice.best_per);
    if (w->reading) r->choice.loss = loss;
}

static void objective_part(const Walk *w, FitReport *r) {
    Walk in = into(w, "objective");
    text(&in, "kind", &r->options.objective);
    text(&in, "residual", &r->options.residual);
    number(&in, "delta", &r->options.delta);
    texts(&in, "bound", &r->options.bound);
    number(&in, "value", &r->value);
}

static Status refuse(const Walk *w, const char *what, const char *expected) {
    return fail(BAD_INPUT, "%s: %s: expected %s", w->path, what, expected);
}

// Name and value of a coefficient must be there and right.
static Status coefficient_value(const Walk *in, const Law *law, int i, double *x) {
    const char *expected = law_parameter_name(law, i), *name = expected;
    if (in->reading) name = json_string_value(json_object_get(in->at, "name"));
    if (!name || strcmp(name, expected) != 0)
        return fail(BAD_INPUT, "%s: parameters[%d]: is '%s', expected '%s'", in->path, i, name ? name : "(no name)",
                    expected);
    if (!in->reading) text(in, "name", &name);
    number(in, "value", x);
    if (isfinite(*x) && (!in->reading || json_object_get(in->at, "value"))) return OK;
    return fail(BAD_INPUT, "%s: %s is not a finite number", in->path, name);
}

static Status check_internal(const Walk *w, const Law *law, const double *internal) {
    for (int i = 0; i < law_n_parameters(law); i++)
        if (!isfinite(internal[i]))
            return fail(BAD_INPUT, "%s: %s has a value that the law cannot take", w->path, law_parameter_name(law, i));
    return OK;
}

static Status parameters_part(const Walk *w, FitReport *r) {
    const Law *law = r->fit.law;
    int n = law_n_parameters(law);
    if (w->reading && (!json_is_array(json_object_get(w->at, "parameters")) ||
                       json_array_size(json_object_get(w->at, "parameters")) != (size_t)n))
        return fail(BAD_INPUT, "%s: parameters: expected a list of the %d coefficients of %s", w->path, n, law->name);
    for (int i = 0; i < n; i++) {
        Walk in = item(w, "parameters", i);
        bool identified = !r->id.unidentified[i];
        TRY(coefficient_value(&in, law, i, &r->printed[i]));
        interval(&in, "ci95", &r->ci95[i]);
        if (w->reading) r->has_profile = r->has_profile || json_object_get(in.at, "profile95");
        if (r->has_profile) interval(&in, "profile95", &r->profile95[i]);
        flag(&in, "at_bound", &r->at_bound[i]);
        flag(&in, "fixed", &r->held[i]);
        flag(&in, "identified", &identified);
        number(&in, "relative_error", &r->id.relative_error[i]);
        number(&in, "draws_at_bound", &r->draws_at_bound[i]);
        r->id.unidentified[i] = !identified;
    }
    if (!w->reading) return OK;
    law_from_printed(law, r->printed, r->fit.parameters);
    return check_internal(w, law, r->fit.parameters);
}

static void starts_part(const Walk *w, FitReport *r) {
    Starts *s = &r->starts;
    Walk in = into(w, "starts");
    count(&in, "total", &s->total);
    count(&in, "converged", &s->converged);
    count(&in, "at_bound", &s->at_bound);
    count(&in, "stalled", &s->stalled);
    count(&in, "agree", &s->agree);
    count(&in, "seeks", &s->seeks);
    count(&in, "seeks_agree", &s->seeks_agree);
    whole(&in, "evaluations", &s->evaluations);
    whole(&in, "seed", &r->options.seed);
    s->n_optima = items(&in, "optima", s->n_optima, MAX_OPTIMA);
    for (int k = 0; k < s->n_optima; k++) {
        Walk one = item(&in, "optima", k);
        number(&one, "value", &s->optima[k].value);
        count(&one, "starts", &s->optima[k].starts);
        by_coefficient(&one, "parameters", r->fit.law, s->optima[k].parameters, true);
    }
}

static void noise_part(const Walk *w, Noise *noise) {
    Walk in = into(w, "noise");
    const char *by = noise_word(noise->kind);
    text(&in, "by", &by);
    for (int k = NOISE_CONSTANT; k <= NOISE_BY_LOSS; k++)
        if (!strcmp(by, noise_word((NoiseKind)k))) noise->kind = (NoiseKind)k;
    number(&in, "slope", &noise->slope);
    number(&in, "centre", &noise->centre);
    count(&in, "dof", &noise->dof);
    count(&in, "tail", &noise->tail);
}

static void metrics_part(const Walk *w, FitReport *r) {
    Metrics *m = &r->metrics;
    Walk in = into(w, "metrics");
    const char *likelihood = !strcmp(r->options.objective, "l2") ? "normal" : "laplace";
    number(&in, "rmse", &m->rmse);
    number(&in, "mape", &m->mape);
    number(&in, "bias", &m->bias);
    number(&in, "max_abs", &m->max_abs);
    text(&in, "worst", &r->worst);
    number(&in, "r2", &m->r2);
    number(&in, "aicc", &m->aicc);
    number(&in, "bic", &m->bic);
    text(&in, "likelihood", &likelihood);
    count(&in, "free_parameters", &m->free_parameters);
    number(w, "sigma", &m->noise.sigma);
    noise_part(w, &m->noise);
    if (!w->reading) return;
    if (!(m->noise.sigma >= 0)) m->noise = noise_unknown;
    r->fit.noise = m->noise;
}

static void identifiability_part(const Walk *w, FitReport *r) {
    const Law *law = r->fit.law;
    Walk in = into(w, "identifiability");
    TextList names = {0};
    number(&in, "condition", &r->id.condition);
    for (int i = 0; i < law_n_parameters(law); i++)
        if (r->id.unidentified[i]) names.text[names.n++] = law_parameter_name(law, i);
    if (!w->reading) texts(&in, "not_identified", &names);
    r->id.n_weak = items(&in, "weak_directions", r->id.n_weak, MAX_WEAK);
    for (int k = 0; k < r->id.n_weak; k++) {
        Walk one = item(&in, "weak_directions", k);
        number(&one, "relative_error", &r->id.weak[k].error);
        by_coefficient(&one, "direction", law, r->id.weak[k].share, false);
    }
}

// Where a derived quantity has its least loss, in the words of the file.
static const char *const end_words[] = {
    [INSIDE] = "inside", [AT_LOW_END] = "at the low end", [AT_HIGH_END] = "at the high end", [NOWHERE] = "nowhere"};

static void one_derived(const Walk *in, Derived *d) {
    char key[48];
    const char *end = end_words[d->end];
    number(in, d->name, &d->value);
    snprintf(key, sizeof key, "%s_is", d->name);
    text(in, key, &end);
    for (int e = INSIDE; e <= NOWHERE; e++)
        if (!strcmp(end, end_words[e])) d->end = (MinimumEnd)e;
    snprintf(key, sizeof key, "%s_ci95", d->name);
    interval(in, key, &d->ci95);
    snprintf(key, sizeof key, "%s_at_%s", d->name, d->name[1] == 'a' ? "N" : "C");
    if (in->reading || !isnan(d->at)) number(in, key, &d->at);
}

static void optimum_part(const Walk *w, FitReport *r) {
    Walk in = into(w, "optimum");
    for (int i = 0; i < r->n_derived && !w->reading; i++) one_derived(&in, &r->derived[i]);
    for (int i = 0; derived_names[i] && w->reading; i++) {
        if (!json_object_get(in.at, derived_names[i])) continue;
        Derived *d = &r->derived[r->n_derived++];
        *d = (Derived){.name = derived_names[i], .at = NAN};
        one_derived(&in, d);
    }
}

static void range_part(const Walk *w, FitReport *r) {
    Walk in = into(w, "range");
    for (int v = 0; v < N_VARIABLES; v++)
        if (w->reading || !isnan(r->fit.range[v][0])) pair(&in, variable_name((Variable)v), r->fit.range[v]);
}

static void warnings_part(const Walk *w, FitReport *r) {
    TextList list = {0};
    for (int i = 0; i < r->id.n_warnings && !w->reading; i++) list.text[list.n++] = r->id.warnings[i];
    texts(w, "warnings", &list);
    for (int i = 0; w->reading && i < list.n && i < MAX_WARNINGS; i++)
        snprintf(r->id.warnings[r->id.n_warnings++], WARNING_TEXT, "%s", list.text[i]);
}

// Draws are printed with nine digits: far below their own spread.
static double nine_digits(double x) {
    char room[NUMBER_TEXT];
    snprintf(room, sizeof room, "%.9g", x);
    return strtod(room, NULL);
}

static void write_draws(const Walk *in, const FitReport *r) {
    const Fit *fit = &r->fit;
    int p = law_n_parameters(fit->law);
    json_t *list = json_array();
    for (int b = 0; b < fit->n_draws; b++) {
        double printed[LAW_MAX_PARAMETERS];
        json_t *row = json_array();
        law_to_printed(fit->law, fit->draws + (long)b * p, printed);
        for (int i = 0; i < p; i++) json_array_append_new(row, json_number(nine_digits(printed[i])));
        json_array_append_new(list, row);
    }
    json_object_set_new(in->at, "draws", list);
}

static Status read_draws(const Walk *in, FitReport *r) {
    const json_t *list = json_object_get(in->at, "draws");
    Fit *fit = &r->fit;
    size_t n = json_array_size(list), p = (size_t)law_n_parameters(fit->law);
    if (!list || json_is_null(list)) return OK;
    if (!json_is_array(list) || n > MAX_DRAWS) return refuse(in, "bootstrap.draws", "a list of at most 1000000 draws");
    fit->draws = allocate(n * p, sizeof *fit->draws);
    for (size_t b = 0; b < n; b++) {
        const json_t *row = json_array_get(list, b);
        double printed[LAW_MAX_PARAMETERS];
        if (!json_is_array(row) || json_array_size(row) != p)
            return fail(BAD_INPUT, "%s: bootstrap.draws[%zu]: expected %zu numbers", in->path, b, p);
        for (size_t i = 0; i < p; i++) {
            const json_t *x = json_array_get(row, i);
            if (!json_is_number(x)) return refuse(in, "a number in bootstrap.draws", "a number");
            printed[i] = json_number_value(x);
        }
        law_from_printed(fit->law, printed, fit->draws + b * p);
        TRY(check_internal(in, fit->law, fit->draws + b * p));
    }
    fit->n_draws = (int)n;
    return OK;
}

static const char *const method_words[] = {
    [NO_DRAWS] = "none", [PAIRS] = "pairs", [JACKKNIFE] = "jackknife", [WITHHELD] = "withheld"};

static Status bootstrap_part(const Walk *w, FitReport *r) {
    Walk in = into(w, "bootstrap");
    int n = r->fit.n_draws;
    const char *method = method_words[r->resampling];
    count(&in, "n", &n);
    text(&in, "by", &r->drawn_by);
    text(&in, "method", &method);
    for (int k = NO_DRAWS; k <= WITHHELD; k++)
        if (!strcmp(method, method_words[k])) r->resampling = (Resampling)k;
    count(&in, "clusters", &r->clusters);
    count(&in, "unmoved", &r->unmoved);
    r->fit.withheld = r->resampling == WITHHELD;
    if (w->reading) return read_draws(&in, r);
    write_draws(&in, r);
    return OK;
}

static Status head_part(const Walk *w, FitReport *r) {
    long schema = w->reading ? 0 : 1;
    whole(w, "schema", &schema);
    if (schema != 1)
        return fail(BAD_INPUT, "%s: is not a fit (expected \"schema\": 1, as `moelaw fit -o` writes)", w->path);
    const char *program = "moelaw " MOELAW_VERSION, *name = NULL, *source = NULL;
    if (w->reading) {
        text(w, "law", &name);
        if (!name) return fail(BAD_INPUT, "%s: has no \"law\": is it a fit?", w->path);
        text(w, "law_text", &source);
        if (source) return law_read(w->path, source, strlen(source), &r->fit.law);
        r->fit.law = law_find(name);
        if (!r->fit.law) return fail(BAD_INPUT, "%s: there is no law '%s'; `moelaw laws` lists them", w->path, name);
        return OK;
    }
    const char *formula = r->fit.law->formula, *citation = r->fit.law->citation;
    name = r->fit.law->name;
    text(w, "program", &program);
    source = r->fit.law->text;
    text(w, "law", &name);
    if (source) text(w, "law_text", &source); // a law of a file is no other program's
    text(w, "formula", &formula);
    text(w, "citation", &citation);
    return OK;
}

static Status whole_file(const Walk *w, FitReport *r) {
    TRY(head_part(w, r));
    data_part(w, r);
    objective_part(w, r);
    TRY(parameters_part(w, r));
    starts_part(w, r);
    metrics_part(w, r);
    identifiability_part(w, r);
    optimum_part(w, r);
    range_part(w, r);
    warnings_part(w, r);
    return bootstrap_part(w, r);
}

// ---- text ----------------------------------------------------------------------------------------------------------

// Like jansson's own writing, but numbers are the shortest that read back to the same bits, and only the outermost keys
// and lists of lists or objects begin lines.
static void write_value(FILE *f, const json_t *value, int depth) {
    size_t i;
    json_t *one;
    const char *key, *separator = "";
    if (json_is_object(value)) {
        fprintf(f, "{");
        json_object_foreach((json_t *)value, key, one) {
            fprintf(f, "%s%s", separator, depth ? *separator ? " " : "" : "\n  ");
            write_json_string(f, key);
            fprintf(f, ": ");
            write_value(f, one, depth + 1);
            separator = ",";
        }
        fprintf(f, depth ? "}" : "\n}\n");
    } else if (json_is_array(value)) {
        fprintf(f, "[");
        json_array_foreach(value, i, one) {
            bool line = json_is_object(one) || json_is_array(one);
            fprintf(f, "%s%s", separator, line ? "\n    " : *separator ? " " : "");
            write_value(f, one, depth + 1);
            separator = ",";
        }
        fprintf(f, "]");
    } else if (json_is_string(value))
        write_json_string(f, json_string_value(value));
    else if (json_is_number(value))
        write_json_number(f, json_number_value(value));
    else
        fprintf(f, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
}

void fit_file_write(FILE *file, const FitReport *r) {
    Walk w = {json_object(), false, r->fit.origin};
    // The walk writes into what it reads only when it reads.
    if (whole_file(&w, (FitReport *)r) == OK) write_value(file, w.at, 0);
    json_decref(w.at);
}

static FitReport nothing(const char *path) {
    FitReport r = {.fit = fit_empty(path), .options = FIT_OPTIONS_DEFAULT, .value = NAN};
    r.metrics = (Metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, noise_unknown, 0, -1};
    for (int i = 0; i < LAW_MAX_PARAMETERS; i++) {
        r.ci95[i] = r.profile95[i] = interval_unknown;
        r.printed[i] = r.id.relative_error[i] = NAN;
    }
    return r;
}

Status fit_file_parse(const char *path, const char *source, size_t length, FitReport *r) {
    *r = nothing(path);
    json_error_t error;
    r->texts = json_loadb(source, length, JSON_REJECT_DUPLICATES, &error);
    Walk w = {r->texts, true, path};
    Status s = r->texts
                   ? whole_file(&w, r)
                   : fail(BAD_INPUT, "%s:%d: column %d: is not JSON: %s", path, error.line, error.column, error.text);
    if (s != OK) fit_report_free(r);
    return s;
}

Status fit_file_read(const char *path, FitReport *r) {
    char *source;
    size_t length;
    *r = (FitReport){0};
    TRY(read_file(path, MAX_FIT_BYTES, &source, &length));
    Status s = fit_file_parse(path, source, length, r);
    free(source);
    return s;
}

void fit_report_free(FitReport *r) {
    fit_free(&r->fit);
    json_decref(r->texts);
    *r = (FitReport){0};
}

// ---- published coefficients, and the law alone ---------------------------------------------------------------------

static Status load_published(const char *spec, const char *name, Fit *fit) {
    const Law *read = NULL;
    if (law_is_file(name)) TRY(law_open(name, &read));
    if (read) name = read->name;
    fit->law = law_published(name, fit->parameters, NULL);
    for (int v = 0; fit->law && v < N_VARIABLES; v++) law_range(fit->law, (Variable)v, fit->range[v]);
    if (fit->law) return OK;
    const Law *law = law_find(name);
    if (law) return fail(BAD_INPUT, "%s: the coefficients of %s are not published; fit it to runs first", spec, name);
    return fail(BAD_INPUT, "%s: there is no published set '%s'; `moelaw laws NAME` shows those of a law", spec, name);
}

Status fit_report_load(const char *spec, FitReport *r) {
    static const char prefix[] = "published:";
    if (strncmp(spec, prefix, sizeof prefix - 1) != 0) return fit_file_read(spec, r);
    *r = nothing(spec);
    Status s = load_published(spec, spec + sizeof prefix - 1, &r->fit);
    if (s == OK) law_to_printed(r->fit.law, r->fit.parameters, r->printed);
    if (s != OK) fit_report_free(r);
    return s;
}

Status fit_load(const char *spec, Fit *fit) {
    *fit = (Fit){0};
    FitReport *r = allocate(1, sizeof *r);
    Status s = fit_report_load(spec, r);
    if (s == OK) {
        *fit = r->fit;
        r->fit = (Fit){0}; // what it owned is the caller's now
        fit_report_free(r);
    }
    free(r);
    return s;
}
