// decision.c - see decision.h.
#include "decision.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Ranges of the published fits, as far as the papers state them (a short list of what each grid covered).
static const struct {
    const char *law;
    Variable variable;
    double lo, hi;
} published[] = {
    {"zhao2025", VAR_N, 133e6, 3.4e9},
    {"zhao2025", VAR_NA, 30e6, 2.2e9},
    {"zhao2025", VAR_D, 10e9, 50e9},
    {"zhao2025", VAR_G, 1, 20},
    {"zhao2025", VAR_S, 0, 0.7},
    {"krajewski2024", VAR_N, 129e6, 3.7e9},
    {"krajewski2024", VAR_D, 16e9, 130e9},
    {"krajewski2024", VAR_GRANULARITY, 1, 16},
    {"ludziejewski2025", VAR_NA, 79e6, 2.7e9},
    {"ludziejewski2025", VAR_D, 0.5e9, 80e9},
    {"ludziejewski2025", VAR_E, 1, 32},
    {"hoffmann2022", VAR_N, 57e6, 16e9},
    {"hoffmann2022", VAR_D, 0.25e9, 320e9},
    {"clark2022", VAR_N, 16.5e6, 1.31e9},
    {"clark2022", VAR_E, 1, 512},
    {"abnar2025", VAR_SPARSITY, 0, 0.98},
};

Status decision_load(const char *spec, Fit *fit) {
    TRY(fit_load(spec, fit));
    if (strncmp(spec, "published:", 10)) return OK;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (!strcmp(published[i].law, fit->law->name)) {
            fit->range[published[i].variable][0] = published[i].lo;
            fit->range[published[i].variable][1] = published[i].hi;
        }
    return OK;
}

void decision_intervals(const Fit *fit, Answer f, void *context, int n, double ci95[][2]) {
    int used = fit->n_draws < MOST_DRAWS ? fit->n_draws : MOST_DRAWS, p = law_n_parameters(fit->law);
    for (int i = 0; i < n; i++) ci95[i][0] = ci95[i][1] = NAN;
    if (!used) return;
    double *values = allocate((unsigned long)(n * used), sizeof *values), answers[ANSWERS];
    for (int b = 0; b < used; b++) {
        f(fit->law, fit->draws + (long)b * fit->n_draws / used * p, context, answers);
        for (int i = 0; i < n; i++) values[i * used + b] = answers[i];
    }
    for (int i = 0; i < n; i++) interval95(values + i * used, used, ci95[i]);
    free(values);
}

void warning_add(Warnings *w, const char *format, ...) {
    if (w->n == WARNINGS) return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->text[w->n++], WARNING, format, args);
    va_end(args);
}

void warn_outside(Warnings *w, const Fit *fit, const Point *p) {
    for (int i = 0; i < fit->law->n_variables; i++) {
        Variable v = fit->law->variables[i].variable;
        double x = p->x[v], lo = fit->range[v][0], hi = fit->range[v][1];
        const char *name = variable_name(v);
        char at[NUMBER_TEXT], edge[NUMBER_TEXT], factor[NUMBER_TEXT];
        bool above = x > hi * (1 + 1e-9), below = x < lo * (1 - 1e-9);
        if (!above && !below) continue;
        people(x, at);
        people(above ? hi : lo, edge);
        const char *side = above ? "above the largest" : "below the smallest";
        if (v == VAR_S || v == VAR_SPARSITY)
            warning_add(w, "%s = %s lies %.3g %s in the fitted runs (%s): extrapolated", name, at,
                        above ? x - hi : lo - x, side, edge);
        else
            warning_add(w, "%s = %s is a factor %s %s in the fitted runs (%s): extrapolated", name, at,
                        people(above ? x / hi : lo / x, factor), side, edge);
    }
}

void warnings_print(const Warnings *w) {
    for (int i = 0; i < w->n; i++) warn("%s", w->text[i]);
}

json_t *warnings_json(const Warnings *w) {
    json_t *list = json_array();
    for (int i = 0; i < w->n; i++) json_array_append_new(list, json_string(w->text[i]));
    return list;
}

json_t *json_number(double x) {
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *json_range(const double range[2]) {
    if (!isfinite(range[0]) || !isfinite(range[1])) return json_null();
    return json_pack("[f, f]", range[0], range[1]);
}

void json_print(json_t *object) {
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    printf("\n");
    json_decref(object);
}

const char *people(double x, char text[NUMBER_TEXT]) {
    double size = fabs(x);
    if (!isfinite(x)) return strcpy(text, "-");
    if (size >= 1e15)
        snprintf(text, NUMBER_TEXT, "%.3g", x);
    else if (size >= 999.5e9)
        snprintf(text, NUMBER_TEXT, "%.3gT", x / 1e12);
    else if (size >= 999.5e6)
        snprintf(text, NUMBER_TEXT, "%.3gB", x / 1e9);
    else if (size >= 999.5e3)
        snprintf(text, NUMBER_TEXT, "%.3gM", x / 1e6);
    else
        snprintf(text, NUMBER_TEXT, size >= 9999.5 ? "%.0f" : "%.4g", x);
    return text;
}

const char *people_range(const double range[2], char text[INTERVAL_TEXT]) {
    char lo[NUMBER_TEXT], hi[NUMBER_TEXT];
    text[0] = '\0';
    if (isfinite(range[0]) && isfinite(range[1]))
        snprintf(text, INTERVAL_TEXT, "[%s, %s]", people(range[0], lo), people(range[1], hi));
    return text;
}
