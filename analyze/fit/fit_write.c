// fit_write.c - see fit_write.h. Nothing here depends on time, threads or the machine: the same fit is the same file.
#include "fit_write.h"

#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int index;
} Which;

static double printed_value(const Law *law, const double *parameters, void *context) {
    double printed[LAW_MAX_PARAMETERS];
    law_to_printed(law, parameters, printed);
    return printed[((const Which *)context)->index];
}

void fit_report(const Fitted *f, const Runs *runs, const FitOptions *options, const RunChoice *choice, FitReport *r) {
    *r = (FitReport){.fitted = f, .runs = runs, .options = options, .choice = choice};
    identify(f, &r->id);
    Fit view = fitted_view(f, runs);
    for (int i = 0; i < law_n_parameters(f->law); i++) {
        Which which = {i};
        fit_interval(&view, printed_value, &which, r->ci95[i]);
        r->profile95[i][0] = r->profile95[i][1] = NAN;
    }
    r->n_derived = derive(&view, NAN, NAN, r->derived);
}

static void pair(FILE *f, const char *name, const double x[2]) {
    fprintf(f, "\"%s\": [", name);
    write_json_number(f, x[0]);
    fprintf(f, ", ");
    write_json_number(f, x[1]);
    fprintf(f, "]");
}

static void field(FILE *f, const char *name, double x, const char *after) {
    fprintf(f, "\"%s\": ", name);
    write_json_number(f, x);
    fprintf(f, "%s", after);
}

static void text_field(FILE *f, const char *name, const char *text, const char *after) {
    fprintf(f, "\"%s\": ", name);
    write_json_string(f, text);
    fprintf(f, "%s", after);
}

static void text_list(FILE *f, const char *name, const TextList *list) {
    fprintf(f, "\"%s\": [", name);
    for (int i = 0; i < list->n; i++) {
        fprintf(f, "%s", i ? ", " : "");
        write_json_string(f, list->text[i]);
    }
    fprintf(f, "]");
}

static void write_data(FILE *f, const FitReport *r) {
    const Runs *runs = r->runs;
    fprintf(f, "  \"data\": {");
    text_field(f, "file", runs->table->path, ", ");
    text_field(f, "sha256", runs->sha256, ", ");
    fprintf(f, "\"rows_read\": %d, \"rows_used\": %d, \"configurations\": %d, ", runs->rows_read, r->fitted->problem.n,
            runs->n_clusters);
    text_list(f, "where", &r->choice->where);
    fprintf(f, ", ");
    text_list(f, "column", &r->choice->columns);
    fprintf(f, ", ");
    text_field(f, "loss", r->choice->loss ? r->choice->loss : "loss", "},\n");
}

static void write_parameters(FILE *f, const FitReport *r) {
    const Law *law = r->fitted->law;
    double printed[LAW_MAX_PARAMETERS];
    law_to_printed(law, r->fitted->parameters, printed);
    fprintf(f, "  \"parameters\": [\n");
    for (int i = 0; i < law_n_parameters(law); i++) {
        fprintf(f, "    {");
        text_field(f, "name", law_parameter_name(law, i), ", ");
        field(f, "value", printed[i], ", ");
        pair(f, "ci95", r->ci95[i]);
        if (r->has_profile) {
            fprintf(f, ", ");
            pair(f, "profile95", r->profile95[i]);
        }
        fprintf(f, ", \"at_bound\": %s, \"fixed\": %s, \"identified\": %s, ", r->fitted->at_bound[i] ? "true" : "false",
                r->fitted->held[i] ? "true" : "false", r->id.unidentified[i] ? "false" : "true");
        field(f, "relative_error", r->id.relative_error[i], "}");
        fprintf(f, "%s\n", i + 1 < law_n_parameters(law) ? "," : "");
    }
    fprintf(f, "  ],\n");
}

static void write_starts(FILE *f, const FitReport *r) {
    const Starts *s = &r->fitted->starts;
    const Law *law = r->fitted->law;
    fprintf(f,
            "  \"starts\": {\"total\": %d, \"converged\": %d, \"at_bound\": %d, \"stalled\": %d, \"agree\": %d, "
            "\"evaluations\": %ld, \"seed\": %ld, \"optima\": [",
            s->total, s->converged, s->at_bound, s->stalled, s->agree, s->evaluations, r->options->seed);
    for (int k = 0; k < s->n_optima; k++) {
        double printed[LAW_MAX_PARAMETERS];
        law_to_printed(law, s->optima[k].parameters, printed);
        fprintf(f, "%s\n    {", k ? "," : "");
        field(f, "value", s->optima[k].value, ", ");
        fprintf(f, "\"starts\": %d, \"parameters\": {", s->optima[k].starts);
        for (int i = 0; i < law_n_parameters(law); i++) {
            fprintf(f, "%s", i ? ", " : "");
            field(f, law_parameter_name(law, i), printed[i], "");
        }
        fprintf(f, "}}");
    }
    fprintf(f, "]},\n");
}

static void write_metrics(FILE *f, const FitReport *r) {
    const Metrics *m = &r->fitted->metrics;
    char room[32];
    fprintf(f, "  \"metrics\": {");
    field(f, "rmse", m->rmse, ", ");
    field(f, "mape", m->mape, ", ");
    field(f, "bias", m->bias, ", ");
    field(f, "max_abs", m->max_abs, ", ");
    text_field(f, "worst", runs_name(r->runs, m->worst, room), ", ");
    field(f, "r2", m->r2, ", ");
    field(f, "aicc", m->aicc, ", ");
    field(f, "bic", m->bic, ", ");
    text_field(f, "likelihood", r->fitted->problem.objective.kind == L2 ? "normal" : "laplace", ", ");
    fprintf(f, "\"free_parameters\": %d},\n", m->free_parameters);
    fprintf(f, "  ");
    field(f, "sigma", m->sigma, ",\n");
}

static void write_identifiability(FILE *f, const FitReport *r) {
    const Law *law = r->fitted->law;
    fprintf(f, "  \"identifiability\": {");
    field(f, "condition", r->id.condition, ", ");
    fprintf(f, "\"not_identified\": [");
    for (int i = 0, n = 0; i < law_n_parameters(law); i++)
        if (r->id.unidentified[i]) {
            fprintf(f, "%s", n++ ? ", " : "");
            write_json_string(f, law_parameter_name(law, i));
        }
    fprintf(f, "], \"weak_directions\": [");
    for (int k = 0; k < r->id.n_weak; k++) {
        fprintf(f, "%s{", k ? ", " : "");
        field(f, "relative_error", r->id.weak[k].error, ", \"direction\": {");
        for (int i = 0, n = 0; i < law_n_parameters(law); i++)
            if (r->id.weak[k].share[i] != 0) {
                fprintf(f, "%s", n++ ? ", " : "");
                field(f, law_parameter_name(law, i), r->id.weak[k].share[i], "");
            }
        fprintf(f, "}}");
    }
    fprintf(f, "]},\n");
}

static void write_optimum(FILE *f, const FitReport *r) {
    fprintf(f, "  \"optimum\": {");
    for (int i = 0; i < r->n_derived; i++) {
        const Derived *d = &r->derived[i];
        char name[40];
        fprintf(f, "%s", i ? ", " : "");
        field(f, d->name, d->value, ", ");
        snprintf(name, sizeof name, "%s_ci95", d->name);
        pair(f, name, d->ci95);
        snprintf(name, sizeof name, "%s_at_%s", d->name, d->name[1] == 'a' ? "N" : "C");
        if (!isnan(d->at)) {
            fprintf(f, ", ");
            field(f, name, d->at, "");
        }
        if (d->at_edge) fprintf(f, ", \"%s_at_edge\": true", d->name);
    }
    fprintf(f, "},\n");
}

static void write_range(FILE *f, const FitReport *r) {
    Fit view = fitted_view(r->fitted, r->runs);
    fprintf(f, "  \"range\": {");
    for (int v = 0, n = 0; v < N_VARIABLES; v++) {
        if (isnan(view.range[v][0])) continue;
        fprintf(f, "%s", n++ ? ", " : "");
        pair(f, variable_name((Variable)v), view.range[v]);
    }
    fprintf(f, "},\n");
}

// Draws are printed with nine digits: far below their own spread.
static void write_draws(FILE *f, const FitReport *r) {
    const Fitted *fit = r->fitted;
    int p = law_n_parameters(fit->law);
    fprintf(f, "  \"bootstrap\": {\"n\": %d, \"by\": ", fit->n_draws);
    write_json_string(f, r->runs->clustered_by_row ? "row" : r->choice->cluster ? r->choice->cluster : "configuration");
    fprintf(f, ", \"draws\": [");
    for (int b = 0; b < fit->n_draws; b++) {
        double printed[LAW_MAX_PARAMETERS];
        law_to_printed(fit->law, fit->draws + (long)b * p, printed);
        fprintf(f, "%s\n    [", b ? "," : "");
        for (int i = 0; i < p; i++) fprintf(f, "%s%.9g", i ? "," : "", printed[i]);
        fprintf(f, "]");
    }
    fprintf(f, "]}\n");
}

void fit_write_json(FILE *f, const FitReport *r) {
    const Fitted *fit = r->fitted;
    fprintf(f, "{\n  \"schema\": 1,\n  \"program\": \"moelaw %s\",\n  ", MOELAW_VERSION);
    text_field(f, "law", fit->law->name, ",\n  ");
    text_field(f, "formula", fit->law->formula, ",\n  ");
    text_field(f, "citation", fit->law->citation, ",\n");
    write_data(f, r);
    fprintf(f, "  \"objective\": {");
    text_field(f, "kind", r->options->objective, ", ");
    text_field(f, "residual", r->options->residual, ", ");
    field(f, "delta", r->options->delta, ", ");
    field(f, "value", fit->value, "},\n");
    write_parameters(f, r);
    write_starts(f, r);
    write_metrics(f, r);
    write_identifiability(f, r);
    write_optimum(f, r);
    write_range(f, r);
    fprintf(f, "  \"warnings\": [");
    for (int i = 0; i < r->id.n_warnings; i++) {
        fprintf(f, "%s", i ? ", " : "");
        write_json_string(f, r->id.warnings[i]);
    }
    fprintf(f, "],\n");
    write_draws(f, r);
    fprintf(f, "}\n");
}

static void interval_text(const double x[2], char *text, int size) {
    // A profile may stay low up to the bound on one side.
    if (isnan(x[0]) && isnan(x[1]))
        text[0] = '\0';
    else if (isnan(x[0]))
        snprintf(text, (size_t)size, "[.., %.5g]", x[1]);
    else if (isnan(x[1]))
        snprintf(text, (size_t)size, "[%.5g, ..]", x[0]);
    else
        snprintf(text, (size_t)size, "[%.5g, %.5g]", x[0], x[1]);
}

static void text_parameters(FILE *f, const FitReport *r) {
    const Law *law = r->fitted->law;
    double printed[LAW_MAX_PARAMETERS];
    law_to_printed(law, r->fitted->parameters, printed);
    fprintf(f, "%-12s %12s  %-26s%s\n", "coefficient", "value", "95 % interval", r->has_profile ? "  by profile" : "");
    for (int i = 0; i < law_n_parameters(law); i++) {
        char ci[64], profile[64];
        interval_text(r->ci95[i], ci, sizeof ci);
        interval_text(r->profile95[i], profile, sizeof profile);
        const char *remark = r->fitted->held[i]       ? "held"
                             : r->fitted->at_bound[i] ? "at its bound"
                             : r->id.unidentified[i]  ? "not identified"
                                                      : "";
        fprintf(f, "%-12s %12.6g  %-26s  %s%s%s\n", law_parameter_name(law, i), printed[i], ci, profile,
                *profile ? "  " : "", remark);
    }
}

static void text_derived(FILE *f, const FitReport *r) {
    for (int i = 0; i < r->n_derived; i++) {
        const Derived *d = &r->derived[i];
        char ci[64], at[48] = "", number[NUMBER_TEXT];
        interval_text(d->ci95, ci, sizeof ci);
        if (!isnan(d->at))
            snprintf(at, sizeof at, " at %s = %s", d->name[1] == 'a' ? "N" : "C", number_text(d->at, number));
        fprintf(f, "best %s%s: %.5g %s%s\n", d->name, at, d->value, ci,
                d->at_edge   ? " (at the edge of what is possible)"
                : d->outside ? " (outside the fitted range)"
                             : "");
    }
}

void fit_write_text(FILE *f, const FitReport *r) {
    const Fitted *fit = r->fitted;
    const Starts *s = &fit->starts;
    const Metrics *m = &fit->metrics;
    char room[32];
    fprintf(f, "%s (%s)\n%s\n\n", fit->law->name, fit->law->citation, fit->law->formula);
    fprintf(f, "%d of %d rows, %d configurations\n", fit->problem.n, r->runs->rows_read, r->runs->n_clusters);
    fprintf(f, "objective %s of %s residuals: %.10g\n", r->options->objective, r->options->residual, fit->value);
    if (fit->law->log_target && fit->problem.objective.log_residual && fit->problem.objective.kind == L2)
        fprintf(f, "mean squared error: %.6g (natural logs), %.6g (log10)\n", fit->value / fit->problem.n,
                fit->value / fit->problem.n / (M_LN10 * M_LN10));
    fprintf(f,
            "%d starts: %d converged, %d at a bound, %d stalled; %d agree on the best; %d distinct optima; %ld "
            "evaluations\n\n",
            s->total, s->converged, s->at_bound, s->stalled, s->agree, s->n_optima, s->evaluations);
    text_parameters(f, r);
    fprintf(f, "\nRMSE %.5g nats, MAPE %.3g %%, bias %+.3g %%, worst %.4g (%s)", m->rmse, m->mape, m->bias, m->max_abs,
            runs_name(r->runs, m->worst, room));
    // What this table cannot give (no degree of freedom left, constant losses) is left out.
    if (isfinite(m->sigma)) fprintf(f, ", noise %.3g %%", 100 * m->sigma);
    if (isfinite(m->r2)) fprintf(f, ", R2 %.6f", m->r2);
    if (isfinite(m->aicc)) fprintf(f, ", AICc %.2f", m->aicc);
    fprintf(f, ", BIC %.2f\n", m->bic);
    fprintf(f, "condition number %.3g\n", r->id.condition);
    for (int k = 0; k < r->id.n_weak; k++) {
        char text[256];
        weak_text(fit->law, &r->id, k, text, sizeof text);
        fprintf(f, "weak direction (logs of coefficients, standard error %.2g): %s\n", r->id.weak[k].error, text);
    }
    text_derived(f, r);
}
