// tables.c - see tables.h.
#include "table_parts.h"

#include "fit/derived.h"
#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digits_of(double x, double uncertainty) {
    if (!isfinite(uncertainty) || uncertainty <= 0) return 4;
    int digits = (int)floor(log10(fabs(x))) - (int)floor(log10(uncertainty)) + 2;
    return digits < 1 ? 1 : digits > 9 ? 9 : digits;
}

const char *shown(double x, double uncertainty, char text[SHOWN]) {
    if (!isfinite(x)) return strcpy(text, "");
    if (x == 0) return strcpy(text, "0");
    int digits = digits_of(x, uncertainty);
    double unit = pow(10, floor(log10(fabs(x))) - digits + 1);
    if (unit >= 1) x = round(x / unit) * unit; // 24258 known to 7000 is 24000
    int exponent = (int)floor(log10(fabs(x)));
    if (exponent >= -4 && exponent < 6)
        snprintf(text, SHOWN, "%.*f", digits - 1 - exponent > 0 ? digits - 1 - exponent : 0, x);
    else
        snprintf(text, SHOWN, "%.*e", digits - 1, x);
    return text;
}

const char *shown_tex(double x, double uncertainty, char text[SHOWN]) {
    char plain[SHOWN];
    shown(x, uncertainty, plain);
    if (!*plain) return strcpy(text, "--");
    const char *e = strchr(plain, 'e');
    if (e)
        snprintf(text, SHOWN, "$%.*s\\times10^{%d}$", (int)(e - plain), plain, (int)strtol(e + 1, NULL, 10));
    else
        snprintf(text, SHOWN, "$%.60s$", plain);
    return text;
}

Status tex_open(const Scene *s, const char *name, Output *out) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    TRY(output_open(out, path));
    fprintf(out->file, "%% written by moelaw tables; do not edit\n");
    return OK;
}

void tex_text(FILE *f, const char *text) {
    for (; *text; text++) {
        if (strchr("_%&#$", *text)) fputc('\\', f);
        if (*text == '>' || *text == '<')
            fprintf(f, "$%c$", *text);
        else if (*text == '^')
            fprintf(f, "\\textasciicircum{}");
        else if (*text == '-' && text[1] == '-') // an option, not a dash
            fprintf(f, "-{}");
        else
            fputc(*text, f);
    }
}

Coefficient coefficient(const Scene *s, int i) {
    const FitReport *r = &s->report;
    return (Coefficient){
        r->printed[i], {r->ci95[i].lo, r->ci95[i].hi}, r->at_bound[i], r->held[i], r->id.unidentified[i]};
}

static const char *remark(const Coefficient *c) {
    return c->fixed ? "held" : c->at_bound ? "at bound" : c->unidentified ? "not identified" : "";
}

static void tex_interval(FILE *f, const double ci[2]) {
    char lo[SHOWN], hi[SHOWN];
    double width = (ci[1] - ci[0]) / 4;
    if (!isfinite(ci[0]) || !isfinite(ci[1]))
        fprintf(f, "--");
    else
        fprintf(f, "[%s, %s]", shown_tex(ci[0], width, lo), shown_tex(ci[1], width, hi));
}

Status table_coefficients(const Scene *s) {
    Csv c;
    Output out;
    TRY(csv_open(s, "coefficients.csv", "coefficient,value,lo,hi,remark", &c));
    Status status = tex_open(s, "coefficients.tex", &out);
    if (status != OK) return output_discard(&c.out), status;
    fprintf(out.file, "\\begin{tabular}{lllll}\n\\toprule\n& value & 95\\,\\%% interval & & meaning \\\\\n\\midrule\n");
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) {
        const Law *law = s->fit.law;
        Coefficient k = coefficient(s, i);
        char name[SHOWN], value[SHOWN];
        csv_text(&c, law_parameter_name(law, i));
        csv_number(&c, k.value);
        csv_number(&c, k.ci95[0]);
        csv_number(&c, k.ci95[1]);
        csv_text(&c, remark(&k));
        csv_end(&c);
        fprintf(out.file, "$%s$ & %s & ", symbol_tex(law_parameter_name(law, i), name),
                shown_tex(k.value, (k.ci95[1] - k.ci95[0]) / 4, value));
        tex_interval(out.file, k.ci95);
        fprintf(out.file, " & %s & ", remark(&k));
        tex_text(out.file, i < law->n_theta ? law->theta[i].meaning : law->coef[i - law->n_theta].meaning);
        fprintf(out.file, " \\\\\n");
    }
    fprintf(out.file, "\\bottomrule\n\\end{tabular}\n");
    TRY(csv_close(&c));
    return output_commit_if_changed(&out);
}

double number_of(const json_t *object, const char *key) {
    const json_t *x = json_object_get(object, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

const json_t *split_named(const json_t *law, const char *name, bool prefix) {
    size_t i;
    json_t *split;
    json_array_foreach(json_object_get(law, "splits"), i, split) {
        const char *text = json_string_value(json_object_get(split, "split"));
        if (text && (prefix ? !strncmp(text, name, strlen(name)) : !strcmp(text, name))) return split;
    }
    return NULL;
}

const json_t *shown_holdout(const json_t *law) {
    const json_t *by_compute = split_named(law, "largest:C", false);
    if (by_compute) return by_compute;
    size_t i;
    json_t *split;
    json_array_foreach(json_object_get(law, "splits"), i, split) {
        const char *text = json_string_value(json_object_get(split, "split"));
        if (text && strcmp(text, "folds") != 0) return split;
    }
    return NULL;
}

Status table_laws(const Scene *s) {
    Csv c;
    Output out;
    TRY(csv_open(s, "laws.csv", "law,k,n,rmse,aicc,delta_aicc,weight,cv_rmse,heldout_rmse,heldout_bias_pct", &c));
    Status status = tex_open(s, "laws.tex", &out);
    if (status != OK) return output_discard(&c.out), status;
    fprintf(out.file,
            "\\begin{tabular}{lrrrrrrr}\n\\toprule\n& & & in-sample & & \\multicolumn{3}{c}{held out} "
            "\\\\\n\\cmidrule(lr){6-8}\n"
            "law & $k$ & $n$ & RMSE & $\\Delta$AICc & CV RMSE & largest, RMSE & bias (\\%%) \\\\\n\\midrule\n");
    double n = number_of(json_object_get(s->crossval, "data"), "rows_used");
    size_t i;
    json_t *law;
    json_array_foreach(json_object_get(s->crossval, "laws"), i, law) {
        if (json_object_get(law, "failed")) continue;
        const json_t *held = shown_holdout(law);
        const double cells[] = {number_of(law, "k"),
                                n,
                                number_of(law, "rmse"),
                                number_of(law, "aicc"),
                                number_of(law, "delta_aicc"),
                                number_of(law, "weight"),
                                number_of(split_named(law, "folds", false), "rmse"),
                                number_of(held, "rmse"),
                                number_of(held, "bias")};
        const char *name = json_string_value(json_object_get(law, "variant"));
        csv_text(&c, name ? name : "");
        for (int k = 0; k < 9; k++) csv_number(&c, cells[k]);
        csv_end(&c);
        tex_text(out.file, name ? name : "");
        fprintf(out.file, " & %.0f & %.0f & %.4f & %.1f & ", cells[0], cells[1], cells[2], cells[4]);
        fprintf(out.file, isnan(cells[6]) ? "-- & " : "%.4f & ", cells[6]);
        fprintf(out.file, isnan(cells[7]) ? "-- & -- \\\\\n" : "%.4f & $%+.2f$ \\\\\n", cells[7], cells[8]);
    }
    fprintf(out.file, "\\bottomrule\n\\end{tabular}\n");
    TRY(csv_close(&c));
    return output_commit_if_changed(&out);
}

// Distinct values of a variable (within 1 %) over the runs.
static int levels(const Scene *s, Variable v) {
    double seen[512];
    int n = 0;
    for (int i = 0; i < s->runs.n; i++) {
        double x = s->points[i].x[v];
        int k = 0;
        while (k < n && fabs(x - seen[k]) > 0.01 * fabs(seen[k])) k++;
        if (k == n && n < 512) seen[n++] = x;
    }
    return n;
}

Status table_grid(const Scene *s) {
    Csv c;
    Output out;
    TRY(csv_open(s, "grid.csv", "factor,levels,lo,median,hi", &c));
    Status status = tex_open(s, "grid.tex", &out);
    if (status != OK) return output_discard(&c.out), status;
    fprintf(out.file, "\\begin{tabular}{lrlll}\n\\toprule\nfactor & levels & least & median & most \\\\\n\\midrule\n");
    for (int v = 0; v < N_VARIABLES; v++) {
        if (!scene_has(s, (Variable)v)) continue;
        csv_text(&c, variable_name((Variable)v));
        csv_number(&c, levels(s, (Variable)v));
        fprintf(out.file, "$%s$ & %d", variable_tex((Variable)v), levels(s, (Variable)v));
        for (int k = 0; k < 3; k++) {
            char text[SHOWN];
            double x = scene_quantile(s, (Variable)v, 0.5 * k);
            csv_number(&c, x);
            fprintf(out.file, " & %s", x >= 1e4 ? short_count(x, text) : number_text(round(x * 1e3) / 1e3, text));
        }
        csv_end(&c);
        fprintf(out.file, " \\\\\n");
    }
    fprintf(out.file, "\\bottomrule\n\\end{tabular}\n");
    TRY(csv_close(&c));
    return output_commit_if_changed(&out);
}

// Decades of compute around the runs, up to a hundred times the largest.
Status table_optimum(const Scene *s) {
    Csv c;
    Output out;
    TRY(csv_open(s, "optimum.csv", "C,size,N_opt,N_lo,N_hi,D_opt,loss,inside", &c));
    Status status = tex_open(s, "optimum.tex", &out);
    if (status != OK) return output_discard(&c.out), status;
    bool sized = (scene_has(s, VAR_N) || scene_has(s, VAR_NA)) && scene_has(s, VAR_D), active = scene_has(s, VAR_NA);
    double most = 0;
    for (int i = 0; i < s->runs.n && sized; i++) most = fmax(most, scene_flops(s, &s->points[i]));
    fprintf(
        out.file,
        "\\begin{tabular}{lllll}\n\\toprule\n$C$ (FLOPs) & $%s$ & 95\\,\\%% interval & $D$ & loss \\\\\n\\midrule\n",
        active ? "N_a" : "N");
    for (int k = -2; k <= 2 && sized; k++) {
        Budget b = {s->base, pow(10, floor(log10(most)) + k)};
        double flops = b.flops, best = best_size(s->fit.law, s->fit.parameters, &b), ci[2];
        fit_interval(&s->fit, best_size, &b, ci);
        Point p = on_budget(s->fit.law, &s->base, best, flops);
        double loss = law_loss(s->fit.law, s->fit.parameters, &p);
        if (!isfinite(best)) continue; // the loss falls to an end: nothing is best
        char text[3][SHOWN];
        csv_number(&c, flops);
        csv_text(&c, active ? "Na" : "N");
        const double cells[] = {best, ci[0], ci[1], p.x[VAR_D], loss, flops <= most};
        for (int i = 0; i < 6; i++) csv_number(&c, cells[i]);
        csv_end(&c);
        fprintf(out.file, "$10^{%.0f}$%s & %s & ", log10(flops), flops > most ? "$^{*}$" : "",
                shown_tex(best, (ci[1] - ci[0]) / 4, text[0]));
        tex_interval(out.file, ci);
        fprintf(out.file, " & %s & %.4f \\\\\n",
                shown_tex(p.x[VAR_D], (ci[1] - ci[0]) / 4 / best * p.x[VAR_D], text[1]), loss);
    }
    fprintf(out.file,
            "\\bottomrule\n\\multicolumn{5}{l}{\\footnotesize $^{*}$ beyond the largest run}\\\\\n\\end{tabular}\n");
    TRY(csv_close(&c));
    return output_commit_if_changed(&out);
}
