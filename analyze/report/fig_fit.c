// fig_fit.c - figures of the fit itself: folds, draws, profiles, ends of the starts.
#include "figures.h"
#include "fit/profile.h"

#include <math.h>
#include <string.h>

static double number(const json_t *object, const char *key) {
    const json_t *x = json_object_get(object, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static const char *text(const json_t *object, const char *key) {
    const char *x = json_string_value(json_object_get(object, key));
    return x ? x : "";
}

static void fold_row(Csv *c, const char *law, const char *split, const char *fold, const json_t *errors) {
    csv_text(c, law);
    csv_text(c, split);
    csv_text(c, fold);
    csv_number(c, number(errors, "n"));
    csv_number(c, number(errors, "rmse"));
    csv_number(c, number(errors, "mape"));
    csv_number(c, number(errors, "bias"));
    csv_end(c);
}

Status figure_crossval(const Scene *s) {
    Csv c;
    size_t i, j, k;
    json_t *law, *split, *fold;
    TRY(csv_open(s, "crossval.csv", "law,split,fold,n,rmse,mape,bias", &c));
    json_array_foreach(json_object_get(s->crossval, "laws"), i, law)
        json_array_foreach(json_object_get(law, "splits"), j, split) {
        json_array_foreach(json_object_get(split, "folds"), k, fold)
            fold_row(&c, text(law, "variant"), text(split, "split"), text(fold, "fold"), fold);
        fold_row(&c, text(law, "variant"), text(split, "split"), "all", split);
    }
    return csv_close(&c);
}

Status figure_draws(const Scene *s) {
    const Law *law = s->fit.law;
    char header[512] = "draw";
    for (int i = 0; i < law_n_parameters(law); i++) {
        size_t used = strlen(header);
        snprintf(header + used, sizeof header - used, ",%s", law_parameter_name(law, i));
    }
    Csv c;
    TRY(csv_open(s, "draws.csv", header, &c));
    // Draw 0 is the fit itself.
    for (int b = 0; b <= s->fit.n_draws; b++) {
        double printed[LAW_MAX_PARAMETERS];
        law_to_printed(law, b ? s->fit.draws + (long)(b - 1) * law_n_parameters(law) : s->fit.parameters, printed);
        csv_number(&c, b);
        for (int i = 0; i < law_n_parameters(law); i++) csv_number(&c, printed[i]);
        csv_end(&c);
    }
    return csv_close(&c);
}

Status figure_profile(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "profile.csv", "parameter,kind,x,y,limit,label", &c));
    for (int i = 0; i < law_n_parameters(s->fit.law) && s->report.file; i++) {
        Profile p;
        char label[SYMBOL];
        profile(&s->refit, i, &p);
        for (int k = 0; k < p.n + 2; k++) {
            bool end = k >= p.n;
            double x = !end ? p.x[k] : k == p.n ? p.ci95.lo : p.ci95.hi;
            if (p.n == 0 || !isfinite(x)) continue;
            csv_text(&c, law_parameter_name(s->fit.law, i));
            csv_text(&c, end ? "interval" : "curve");
            csv_number(&c, x);
            csv_number(&c, end ? PROFILE_LIMIT : p.rise[k]);
            csv_number(&c, PROFILE_LIMIT);
            csv_text(&c, symbol_markup(law_parameter_name(s->fit.law, i), label));
            csv_end(&c);
        }
    }
    return csv_close(&c);
}

Status figure_starts(const Scene *s) {
    const Starts *starts = &s->report.starts;
    static const char *const status[] = {"converged", "at_bound", "stalled", "agree"};
    const int counts[] = {starts->converged, starts->at_bound, starts->stalled, starts->agree};
    Csv c;
    TRY(csv_open(s, "starts.csv", "kind,name,count,value,excess_pct", &c));
    for (int i = 0; i < 4 && starts->total; i++) {
        csv_text(&c, "status");
        csv_text(&c, status[i]);
        csv_number(&c, counts[i]);
        csv_number(&c, NAN);
        csv_number(&c, NAN);
        csv_end(&c);
    }
    double best = starts->optima[0].value;
    for (int k = 0; k < starts->n_optima; k++) {
        char name[24];
        snprintf(name, sizeof name, "%d", k + 1);
        csv_text(&c, "optimum");
        csv_text(&c, name);
        csv_number(&c, starts->optima[k].starts);
        csv_number(&c, starts->optima[k].value);
        csv_number(&c, 100 * (starts->optima[k].value - best) / best);
        csv_end(&c);
    }
    return csv_close(&c);
}
