// fit.c - see fit.h. Parameters and draws in the file are the printed ones; in memory they are internal.
#include "fit.h"

#include "ground/output.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIT_BYTES = 256 << 20, MAX_DRAWS = 1000000 };

static void ranges_unknown(Fit *fit) {
    for (int v = 0; v < N_VARIABLES; v++) fit->range[v][0] = fit->range[v][1] = NAN;
}

static Status load_published(const char *spec, const char *name, Fit *fit) {
    fit->law = law_published(name, fit->parameters, NULL);
    for (int v = 0; fit->law && v < N_VARIABLES; v++) law_range(fit->law, (Variable)v, fit->range[v]);
    if (fit->law) return OK;
    const Law *law = law_find(name);
    if (law) return fail(BAD_INPUT, "%s: the coefficients of %s are not published; fit it to runs first", spec, name);
    return fail(BAD_INPUT, "%s: there is no published set '%s'; `moelaw laws NAME` shows those of a law", spec, name);
}

static Status number_of(const char *path, const char *what, const json_t *value, double *x) {
    if (!json_is_number(value)) return fail(BAD_INPUT, "%s: %s is not a number", path, what);
    *x = json_number_value(value);
    if (!isfinite(*x)) return fail(BAD_INPUT, "%s: %s is not finite", path, what);
    return OK;
}

static Status check_internal(const char *path, const Law *law, const double *internal) {
    for (int i = 0; i < law_n_parameters(law); i++)
        if (!isfinite(internal[i]))
            return fail(BAD_INPUT, "%s: %s has a value that the law cannot take", path, law_parameter_name(law, i));
    return OK;
}

static Status read_parameters(const char *path, const json_t *list, Fit *fit) {
    const Law *law = fit->law;
    double printed[LAW_MAX_PARAMETERS];
    if (!json_is_array(list) || json_array_size(list) != (size_t)law_n_parameters(law))
        return fail(BAD_INPUT, "%s: parameters: expected a list of the %d coefficients of %s", path,
                    law_n_parameters(law), law->name);
    for (int i = 0; i < law_n_parameters(law); i++) {
        const json_t *item = json_array_get(list, (size_t)i);
        const char *name = json_string_value(json_object_get(item, "name"));
        if (!name || strcmp(name, law_parameter_name(law, i)))
            return fail(BAD_INPUT, "%s: parameters[%d]: is '%s', expected '%s'", path, i, name ? name : "(no name)",
                        law_parameter_name(law, i));
        TRY(number_of(path, name, json_object_get(item, "value"), &printed[i]));
    }
    law_from_printed(law, printed, fit->parameters);
    return check_internal(path, law, fit->parameters);
}

static Status read_draws(const char *path, const json_t *list, Fit *fit) {
    if (!list || json_is_null(list)) return OK;
    size_t n = json_array_size(list), p = (size_t)law_n_parameters(fit->law);
    if (!json_is_array(list) || n > MAX_DRAWS)
        return fail(BAD_INPUT, "%s: bootstrap.draws: expected a list of at most %d draws", path, MAX_DRAWS);
    fit->draws = allocate(n * p, sizeof *fit->draws);
    for (size_t b = 0; b < n; b++) {
        const json_t *row = json_array_get(list, b);
        double printed[LAW_MAX_PARAMETERS];
        if (!json_is_array(row) || json_array_size(row) != p)
            return fail(BAD_INPUT, "%s: bootstrap.draws[%zu]: expected %zu numbers", path, b, p);
        for (size_t i = 0; i < p; i++)
            TRY(number_of(path, "a number in bootstrap.draws", json_array_get(row, i), &printed[i]));
        law_from_printed(fit->law, printed, fit->draws + b * p);
        TRY(check_internal(path, fit->law, fit->draws + b * p));
    }
    fit->n_draws = (int)n;
    return OK;
}

static void read_ranges(const json_t *ranges, Fit *fit) {
    for (int v = 0; v < N_VARIABLES; v++) {
        const json_t *pair = json_object_get(ranges, variable_name((Variable)v));
        for (size_t i = 0; i < 2; i++) {
            const json_t *x = json_array_get(pair, i);
            if (json_is_number(x)) fit->range[v][i] = json_number_value(x);
        }
    }
}

static Status read_fit(const char *path, const json_t *root, Fit *fit) {
    if (json_integer_value(json_object_get(root, "schema")) != 1)
        return fail(BAD_INPUT, "%s: is not a fit (expected \"schema\": 1, as `moelaw fit -o` writes)", path);
    const char *name = json_string_value(json_object_get(root, "law"));
    if (!name) return fail(BAD_INPUT, "%s: has no \"law\": is it a fit?", path);
    fit->law = law_find(name);
    if (!fit->law) return fail(BAD_INPUT, "%s: there is no law '%s'; `moelaw laws` lists them", path, name);
    TRY(read_parameters(path, json_object_get(root, "parameters"), fit));
    TRY(read_draws(path, json_object_get(json_object_get(root, "bootstrap"), "draws"), fit));
    const json_t *sigma = json_object_get(root, "sigma");
    if (json_is_number(sigma) && json_number_value(sigma) >= 0) fit->sigma = json_number_value(sigma);
    read_ranges(json_object_get(root, "range"), fit);
    return OK;
}

Status fit_parse(const char *path, const char *text, size_t length, Fit *fit) {
    *fit = (Fit){.origin = copy_text(path), .sigma = NAN};
    ranges_unknown(fit);
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    Status s = root ? read_fit(path, root, fit)
                    : fail(BAD_INPUT, "%s:%d: column %d: is not JSON: %s", path, error.line, error.column, error.text);
    json_decref(root);
    if (s != OK) fit_free(fit);
    return s;
}

Status fit_load(const char *spec, Fit *fit) {
    static const char prefix[] = "published:";
    if (!strncmp(spec, prefix, sizeof prefix - 1)) {
        *fit = (Fit){.origin = copy_text(spec), .sigma = NAN};
        ranges_unknown(fit);
        Status s = load_published(spec, spec + sizeof prefix - 1, fit);
        if (s != OK) fit_free(fit);
        return s;
    }
    *fit = (Fit){0};
    char *text;
    size_t length;
    TRY(read_file(spec, MAX_FIT_BYTES, &text, &length));
    Status s = fit_parse(spec, text, length, fit);
    free(text);
    return s;
}

void fit_free(Fit *fit) {
    free(fit->origin);
    free(fit->draws);
    *fit = (Fit){0};
}

void interval95(double *values, int n, double ci95[2]) {
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(values[i])) values[kept++] = values[i];
    ci95[0] = ci95[1] = NAN;
    // Two draws make no interval; a function that most draws cannot answer has none either.
    if (kept < 20 || 2 * kept < n) return;
    gsl_sort(values, 1, (size_t)kept);
    ci95[0] = gsl_stats_quantile_from_sorted_data(values, 1, (size_t)kept, 0.025);
    ci95[1] = gsl_stats_quantile_from_sorted_data(values, 1, (size_t)kept, 0.975);
}

void fit_interval(const Fit *fit, FitFunction f, void *context, double ci95[2]) {
    ci95[0] = ci95[1] = NAN;
    if (!fit->n_draws) return;
    double *values = allocate((unsigned long)fit->n_draws, sizeof *values);
    int p = law_n_parameters(fit->law);
    for (int b = 0; b < fit->n_draws; b++) values[b] = f(fit->law, fit->draws + (long)b * p, context);
    interval95(values, fit->n_draws, ci95);
    free(values);
}
