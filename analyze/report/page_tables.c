// page_tables.c - tables of the report page: best factors, laws, coefficients, runs.
#include "page.h"

#include "decide/decision.h"
#include "fit/predict.h"
#include "ground/number.h"
#include "ground/output.h"
#include "latex.h"

#include <math.h>
#include <string.h>

void table_begin(FILE *f, const char *caption, const char *headings) {
    fprintf(f, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
    write_markup(f, caption);
    fprintf(f, "\">\n<table><caption>");
    write_markup(f, caption);
    fprintf(f, "</caption><thead><tr>");
    for (const char *at = headings; *at; at += strcspn(at, "|"), at += *at == '|') {
        size_t n = strcspn(at, "|");
        bool number = n && at[n - 1] == '>';
        char text[80];
        snprintf(text, sizeof text, "%.*s", (int)(n - number), at);
        fprintf(f, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
        write_markup(f, text);
        fprintf(f, "</th>");
    }
    fprintf(f, "</tr></thead><tbody>\n");
}

void table_end(FILE *f) {
    fprintf(f, "</tbody></table></div>\n");
}

void row_begin(FILE *f) {
    fprintf(f, "<tr>");
}

void row_end(FILE *f) {
    fprintf(f, "</tr>\n");
}

void cell_words(FILE *f, const char *text) {
    fprintf(f, "<td>");
    write_markup(f, text);
    fprintf(f, "</td>");
}

void cell_value(FILE *f, double x, const char *text) {
    char number[NUMBER_TEXT];
    fprintf(f, "<td class=\"n\" data-x=\"%s\">", number_text(x, number));
    write_markup(f, text);
    fprintf(f, "</td>");
}

static void cell_printed(FILE *f, const char *format, double x) {
    char text[64] = "";
    if (isfinite(x)) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, format, x);
#pragma GCC diagnostic pop
    }
    cell_value(f, x, text);
}

void page_optimum(FILE *f, const FitReport *r) {
    char text[NUMBER_TEXT], interval[INTERVAL_TEXT_ROOM], at[64];
    if (!r->n_derived) return;
    table_begin(f, "What follows from the law where its loss is least", "quantity|at|value>|95 % interval|remark");
    for (int i = 0; i < r->n_derived; i++) {
        const Derived *d = &r->derived[i];
        snprintf(at, sizeof at, "%s%s",
                 isnan(d->at)        ? ""
                 : d->name[1] == 'a' ? "N = "
                                     : "C = ",
                 isnan(d->at) ? "" : people(d->at, text));
        row_begin(f);
        cell_words(f, d->name);
        cell_words(f, at);
        cell_value(f, d->end == INSIDE ? d->value : NAN, d->end == INSIDE ? people(d->value, text) : "none");
        cell_words(f, interval_text(&d->ci95, interval));
        cell_words(f, d->end != INSIDE ? derived_end_text(d) : d->outside ? "outside the fitted range" : "");
        row_end(f);
    }
    table_end(f);
}

// Held-out RMSE on the first split of a law of CV.json.
static double heldout_rmse(const json_t *law) {
    const json_t *x = json_object_get(json_array_get(json_object_get(law, "splits"), 0), "rmse");
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static double field(const json_t *object, const char *name) {
    const json_t *x = json_object_get(object, name);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static void laws_judged(FILE *f, const Page *p) {
    size_t i;
    json_t *law;
    char places[32];
    table_begin(f, "Laws by how well they predict runs they have not seen",
                "rank>|law|places if a split is left out|score>|held-out RMSE>|in-sample RMSE>|coefficients>|AICc>");
    json_array_foreach(json_object_get(p->crossval, "laws"), i, law) {
        const json_t *range = json_object_get(law, "rank_range");
        const char *name = json_string_value(json_object_get(law, "variant"));
        if (!name || !*name) name = json_string_value(json_object_get(law, "law"));
        snprintf(places, sizeof places, "%lld to %lld", json_integer_value(json_array_get(range, 0)),
                 json_integer_value(json_array_get(range, 1)));
        row_begin(f);
        cell_printed(f, "%.0f", field(law, "rank"));
        cell_words(f, name ? name : "");
        cell_words(f, places);
        cell_printed(f, "%.3f", field(law, "score"));
        cell_printed(f, "%.5f", heldout_rmse(law));
        cell_printed(f, "%.5f", field(law, "rmse"));
        cell_printed(f, "%.0f", field(law, "k"));
        cell_printed(f, "%.2f", field(law, "aicc"));
        row_end(f);
    }
    table_end(f);
}

static void laws_fitted(FILE *f, const Page *p) {
    table_begin(f, "Fits", "law|runs>|RMSE (nats)>|MAPE (%)>|bias (%)>|R2>|AICc>|coefficients at a bound>");
    for (int i = 0; i < p->n; i++) {
        const FitReport *r = &p->fits[i];
        int bounds = 0;
        for (int k = 0; k < law_n_parameters(r->fit.law); k++) bounds += r->at_bound[k];
        row_begin(f);
        cell_words(f, r->fit.law->name);
        cell_printed(f, "%.0f", r->rows_used);
        cell_printed(f, "%.5f", r->metrics.rmse);
        cell_printed(f, "%.3f", r->metrics.mape);
        cell_printed(f, "%+.3f", r->metrics.bias);
        cell_printed(f, "%.4f", r->metrics.r2);
        cell_printed(f, "%.2f", r->metrics.aicc);
        cell_printed(f, "%.0f", bounds);
        row_end(f);
    }
    table_end(f);
}

void page_laws(FILE *f, const Page *p) {
    laws_fitted(f, p);
    if (p->crossval) laws_judged(f, p);
}

void page_coefficients(FILE *f, const FitReport *r) {
    const Law *law = r->fit.law;
    char interval[INTERVAL_TEXT_ROOM], text[SHOWN], caption[120];
    snprintf(caption, sizeof caption, "Coefficients of %s", law->name);
    table_begin(f, caption, "coefficient|meaning|value>|95 % interval|remark");
    for (int i = 0; i < law_n_parameters(law); i++) {
        const Interval *ci = &r->ci95[i];
        row_begin(f);
        cell_words(f, law_parameter_name(law, i));
        cell_words(f, i < law->n_theta ? law->theta[i].meaning : law->coef[i - law->n_theta].meaning);
        cell_value(f, r->printed[i],
                   shown(r->printed[i], interval_kind(ci) == BOTH_ENDS ? (ci->hi - ci->lo) / 4 : NAN, text));
        cell_words(f, interval_text(ci, interval));
        cell_words(f, r->held[i]              ? "held"
                      : r->at_bound[i]        ? "at its bound"
                      : r->id.unidentified[i] ? "not identified by these runs"
                                              : "");
        row_end(f);
    }
    table_end(f);
}

void page_runs(FILE *f, const Page *p) {
    const Fit *fit = &page_main(p)->fit;
    const Law *law = fit->law;
    char headings[400] = "run", caption[120], room[32], text[NUMBER_TEXT];
    for (int v = 0; v < law->n_variables; v++) {
        size_t used = strlen(headings);
        snprintf(headings + used, sizeof headings - used, "|%s>", variable_name(law->variables[v].variable));
    }
    size_t used = strlen(headings);
    snprintf(headings + used, sizeof headings - used, "|loss>|%s>|error (%%)>", law->name);
    snprintf(caption, sizeof caption, "All %d runs, their loss and what %s says of it", p->runs->n, law->name);
    table_begin(f, caption, headings);
    for (int i = 0; i < p->runs->n; i++) {
        double loss = p->runs->loss[i], predicted = law_loss(law, fit->parameters, &p->points[i]);
        row_begin(f);
        cell_words(f, runs_name(p->runs, i, room));
        for (int v = 0; v < law->n_variables; v++) {
            double x = p->points[i].x[law->variables[v].variable];
            cell_value(f, x, people(x, text));
        }
        cell_printed(f, "%.4f", loss);
        cell_printed(f, "%.4f", predicted);
        cell_printed(f, "%+.2f", 100 * (predicted - loss) / loss);
        row_end(f);
    }
    table_end(f);
}
