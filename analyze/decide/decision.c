// decision.c - see decision.h.
#include "decision.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void decision_intervals(const Fit *fit, Answer f, void *context, int n, double ci95[][2]) {
    int used = fit->n_draws < MOST_DRAWS ? fit->n_draws : MOST_DRAWS, p = law_n_parameters(fit->law);
    for (int i = 0; i < n; i++) ci95[i][0] = ci95[i][1] = NAN;
    if (!used) return;
    double *values = allocate(n * used, sizeof *values), answers[ANSWERS];
    for (int b = 0; b < used; b++) {
        f(fit->law, fit->draws + (long)b * fit->n_draws / used * p, context, answers);
        for (int i = 0; i < n; i++) values[i * used + b] = answers[i];
    }
    for (int i = 0; i < n; i++) interval95(values + i * used, used, ci95[i]);
    free(values);
}

void range_or(const Fit *fit, Variable v, double lo, double hi, double range[2]) {
    range[0] = isfinite(fit->range[v][0]) ? fit->range[v][0] : lo;
    range[1] = isfinite(fit->range[v][1]) ? fit->range[v][1] : hi;
}

void warning_add(Warnings *w, const char *format, ...) {
    if (w->n == WARNINGS) return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->text[w->n++], WARNING, format, args);
    va_end(args);
}

// How far x is outside the range: a distance for shares, a logarithm for the others; 0 inside or where unknown.
static double beyond(Variable v, double x, const double range[2]) {
    bool share = v == VAR_S || v == VAR_SPARSITY;
    if (x > range[1] + 1e-9 * fabs(range[1])) return share ? x - range[1] : log(x / range[1]);
    if (x < range[0] - 1e-9 * fabs(range[0])) return share ? range[0] - x : log(range[0] / x);
    return 0;
}

void warn_outside(Warnings *w, const Fit *fit, const Point *points, int n) {
    for (int i = 0; i < fit->law->n_variables; i++) {
        Variable v = fit->law->variables[i].variable;
        const double *range = fit->range[v];
        const char *name = variable_name(v);
        char at[NUMBER_TEXT], edge[NUMBER_TEXT], factor[NUMBER_TEXT];
        double most = 0, x = NAN;
        for (int k = 0; k < n; k++)
            if (beyond(v, points[k].x[v], range) > most) most = beyond(v, x = points[k].x[v], range);
        if (most == 0) continue;
        const char *side = x > range[1] ? "above the largest" : "below the smallest";
        people(x, at);
        people(x > range[1] ? range[1] : range[0], edge);
        if (v == VAR_S || v == VAR_SPARSITY)
            warning_add(w, "%s = %s lies %.3g %s in the fitted runs (%s): extrapolated", name, at, most, side, edge);
        else
            warning_add(w, "%s = %s is a factor %s %s in the fitted runs (%s): extrapolated", name, at,
                        people(exp(most), factor), side, edge);
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

void json_answer(json_t *root, const Warnings *w) {
    json_object_set_new(root, "warnings", warnings_json(w));
    json_print(root);
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
