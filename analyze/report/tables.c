// tables.c - see tables.h.
#include "table_parts.h"

#include "decide/allocation.h"
#include "fit/derived.h"
#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status tex_open(const Scene *s, const char *name, Output *out) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.tex", s->folder, name);
    TRY(output_open(out, path));
    fprintf(out->file, "%% written by moelaw tables; do not edit\n");
    return OK;
}

Status pair_open(const Scene *s, const char *name, const char *header, Pair *p) {
    char file[64];
    snprintf(file, sizeof file, "%s.csv", name);
    TRY(csv_open(s, file, header, &p->csv));
    Status status = tex_open(s, name, &p->tex);
    if (status != OK) output_discard(&p->csv.out);
    return status;
}

Status pair_close(Pair *p) {
    Status status = csv_close(&p->csv);
    if (status != OK) return output_discard(&p->tex), status;
    return output_commit_if_changed(&p->tex);
}

Coefficient coefficient(const Scene *s, int i) {
    const FitReport *r = &s->report;
    return (Coefficient){
        r->printed[i], {r->ci95[i].lo, r->ci95[i].hi}, r->at_bound[i], r->held[i], r->id.unidentified[i]};
}

static const char *remark(const Coefficient *c) {
    return c->fixed ? "held" : c->at_bound ? "at bound" : c->unidentified ? "not identified" : "";
}

Status table_coefficients(const Scene *s) {
    Pair p;
    TRY(pair_open(s, "coefficients", "coefficient,value,lo,hi,remark", &p));
    Csv *c = &p.csv;
    FILE *tex = p.tex.file;
    fprintf(tex, "\\begin{tabular}{llllp{0.34\\linewidth}}\n\\toprule\n& value & 95\\,\\%% interval & & meaning "
                 "\\\\\n\\midrule\n");
    for (int i = 0; i < law_n_parameters(s->fit.law); i++) {
        const Law *law = s->fit.law;
        Coefficient k = coefficient(s, i);
        char name[SHOWN], value[SHOWN];
        csv_text(c, law_parameter_name(law, i));
        csv_number(c, k.value);
        csv_number(c, k.ci95[0]);
        csv_number(c, k.ci95[1]);
        csv_text(c, remark(&k));
        csv_end(c);
        fprintf(tex, "$%s$ & %s & ", symbol_tex(law_parameter_name(law, i), name),
                shown_tex(k.value, digits_from(k.ci95), value));
        tex_interval(tex, k.ci95);
        fprintf(tex, " & %s & ", remark(&k));
        tex_text(tex, i < law->n_theta ? law->theta[i].meaning : law->coef[i - law->n_theta].meaning);
        fprintf(tex, " \\\\\n");
    }
    fprintf(tex, "\\bottomrule\n\\end{tabular}\n");
    return pair_close(&p);
}

Status table_laws(const Scene *s) {
    Pair p;
    TRY(pair_open(s, "laws",
                  "law,k,n,rmse,aicc,delta_aicc,weight,cv_rmse,heldout_rmse,heldout_bias_pct,score,rank,rank_least,"
                  "rank_most",
                  &p));
    FILE *tex = p.tex.file;
    fprintf(tex, "\\begin{tabular}{lrrrrrrrr}\n\\toprule\n& & & in-sample & & \\multicolumn{4}{c}{held out} "
                 "\\\\\n\\cmidrule(lr){6-9}\n"
                 "law & $k$ & $n$ & RMSE & $\\Delta$AICc & score & places & CV RMSE & bias (\\%%) \\\\\n\\midrule\n");
    double n = number_of(json_object_get(s->crossval, "data"), "rows_used");
    size_t i;
    json_t *law;
    json_array_foreach(json_object_get(s->crossval, "laws"), i, law) {
        if (json_object_get(law, "failed")) continue;
        const json_t *held = shown_holdout(law), *places = json_object_get(law, "rank_range");
        enum { K, N_RUNS, RMSE, AICC, DELTA, WEIGHT, CV, HELD, BIAS, SCORE, RANK, LEAST, MOST, N_CELLS };
        const double cells[N_CELLS] = {[K] = number_of(law, "k"),
                                       [N_RUNS] = n,
                                       [RMSE] = number_of(law, "rmse"),
                                       [AICC] = number_of(law, "aicc"),
                                       [DELTA] = number_of(law, "delta_aicc"),
                                       [WEIGHT] = number_of(law, "weight"),
                                       [CV] = number_of(split_named(law, "folds"), "rmse"),
                                       [HELD] = number_of(held, "rmse"),
                                       [BIAS] = number_of(held, "bias"),
                                       [SCORE] = number_of(law, "score"),
                                       [RANK] = number_of(law, "rank"),
                                       [LEAST] = places ? json_number_value(json_array_get(places, 0)) : NAN,
                                       [MOST] = places ? json_number_value(json_array_get(places, 1)) : NAN};
        csv_text(&p.csv, text_of(law, "variant"));
        for (int k = 0; k < N_CELLS; k++) csv_number(&p.csv, cells[k]);
        csv_end(&p.csv);
        tex_text(tex, text_of(law, "variant"));
        fprintf(tex, " & %.0f & %.0f & %.4f & ", cells[K], cells[N_RUNS], cells[RMSE]);
        fprintf(tex, isnan(cells[DELTA]) ? "-- & " : "%.1f & ", cells[DELTA]);
        fprintf(tex, isnan(cells[SCORE]) ? "-- & " : "%.2f & ", cells[SCORE]);
        fprintf(tex, isnan(cells[LEAST]) ? "-- & " : "%.0f--%.0f & ", cells[LEAST], cells[MOST]);
        fprintf(tex, isnan(cells[CV]) ? "-- & " : "%.4f & ", cells[CV]);
        fprintf(tex, isnan(cells[BIAS]) ? "-- \\\\\n" : "$%+.2f$ \\\\\n", cells[BIAS]);
    }
    fprintf(tex, "\\bottomrule\n\\end{tabular}\n");
    return pair_close(&p);
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
    Pair p;
    TRY(pair_open(s, "grid", "factor,levels,lo,median,hi", &p));
    Csv *c = &p.csv;
    FILE *tex = p.tex.file;
    fprintf(tex, "\\begin{tabular}{lrlll}\n\\toprule\nfactor & levels & least & median & most \\\\\n\\midrule\n");
    for (int v = 0; v < N_VARIABLES; v++) {
        if (!scene_has(s, (Variable)v)) continue;
        csv_text(c, variable_name((Variable)v));
        csv_number(c, levels(s, (Variable)v));
        fprintf(tex, "$%s$ & %d", variable_tex((Variable)v), levels(s, (Variable)v));
        for (int k = 0; k < 3; k++) {
            char text[SHOWN];
            double x = scene_quantile(s, (Variable)v, 0.5 * k);
            csv_number(c, x);
            fprintf(tex, " & %s", x >= 1e4 ? short_count(x, text) : number_text(round(x * 1e3) / 1e3, text));
        }
        csv_end(c);
        fprintf(tex, " \\\\\n");
    }
    fprintf(tex, "\\bottomrule\n\\end{tabular}\n");
    return pair_close(&p);
}

// Decades of compute around the runs, up to a hundred times the largest.
Status table_optimum(const Scene *s) {
    Pair p;
    TRY(pair_open(s, "optimum", "C,size,N_opt,N_lo,N_hi,D_opt,loss,inside", &p));
    Csv *c = &p.csv;
    FILE *tex = p.tex.file;
    bool sized = (scene_has(s, VAR_N) || scene_has(s, VAR_NA)) && scene_has(s, VAR_D), active = scene_has(s, VAR_NA);
    double most = 0;
    for (int i = 0; i < s->runs.n && sized; i++) most = fmax(most, scene_flops(s, &s->points[i]));
    fprintf(
        tex,
        "\\begin{tabular}{lllll}\n\\toprule\n$C$ (FLOPs) & $%s$ & 95\\,\\%% interval & $D$ & loss \\\\\n\\midrule\n",
        active ? "N_a" : "N");
    for (int k = -2; k <= 2 && sized; k++) {
        Budget b = {s->base, pow(10, floor(log10(most)) + k)};
        double flops = b.flops, best = allocated_size(s->fit.law, s->fit.parameters, &b), ci[2];
        fit_interval(&s->fit, allocated_size, &b, ci);
        if (!isfinite(best)) continue; // the loss falls to an end: nothing is best
        Point at = on_budget(s->fit.law, &s->base, best, flops);
        double loss = law_loss(s->fit.law, s->fit.parameters, &at);
        char text[3][SHOWN];
        csv_number(c, flops);
        csv_text(c, active ? "Na" : "N");
        const double cells[] = {best, ci[0], ci[1], at.x[VAR_D], loss, flops <= most};
        for (int i = 0; i < 6; i++) csv_number(c, cells[i]);
        csv_end(c);
        fprintf(tex, "$10^{%.0f}$%s & %s & ", log10(flops), flops > most ? "$^{*}$" : "",
                shown_tex(best, digits_from(ci), text[0]));
        tex_interval(tex, ci);
        fprintf(tex, " & %s & %.4f \\\\\n", shown_tex(at.x[VAR_D], digits_from(ci) / best * at.x[VAR_D], text[1]),
                loss);
    }
    fprintf(tex,
            "\\bottomrule\n\\multicolumn{5}{l}{\\footnotesize $^{*}$ beyond the largest run}\\\\\n\\end{tabular}\n");
    return pair_close(&p);
}
