// next.c - see next.h.
#include "next.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER, D_MODEL, LAYERS, EXPERTS, TOP_K, SHARED, D_FF, FLOPS, TOTAL, AFTER, N_OTHERS };

static const Column others[N_OTHERS] = {
    [NUMBER] = {"next", "next", NULL, AS_WHOLE},       [D_MODEL] = {"d_model", "d_model", NULL, AS_WHOLE},
    [LAYERS] = {"n_layers", "layers", NULL, AS_WHOLE}, [EXPERTS] = {"n_experts", "experts", NULL, AS_WHOLE},
    [TOP_K] = {"top_k", "top_k", NULL, AS_WHOLE},      [SHARED] = {"n_shared", "shared", NULL, AS_WHOLE},
    [D_FF] = {"d_ff_expert", "width", NULL, AS_WHOLE}, [FLOPS] = {"C", "C, FLOPs", NULL, AS_FLOPS},
    [TOTAL] = {"C_total", "total C", NULL, AS_FLOPS},  [AFTER] = {"half_width_after", "then +-", NULL, AS_SHORT},
};

// The law's variables come after the number.
static Sheet runs_sheet(const Law *law, const Candidates *c, const RunPlan *plan, double half_width) {
    Column columns[N_OTHERS + N_VARIABLES];
    int at[N_OTHERS], n = 0;
    for (int i = 0; i < N_OTHERS; i++) {
        at[i] = n;
        columns[n++] = others[i];
        for (int v = 0; i == NUMBER && v < law->n_variables; v++) {
            const char *name = variable_name(law->variables[v].variable);
            columns[n++] = (Column){name, name, NULL, AS_PEOPLE};
        }
    }
    Sheet sheet = sheet_open(columns, n, plan->n);
    double total = 0;
    for (int row = 0; row < plan->n; row++) {
        int k = plan->run[row];
        total += c->cost[k];
        for (int v = 0; v < law->n_variables; v++)
            sheet_put(&sheet, row, at[NUMBER] + 1 + v, c->points[k].x[law->variables[v].variable]);
        sheet_put(&sheet, row, at[NUMBER], row + 1);
        sheet_put(&sheet, row, at[FLOPS], c->cost[k]);
        sheet_put(&sheet, row, at[TOTAL], total);
        sheet_put(&sheet, row, at[AFTER], half_width * plan->after[row] / plan->before);
        if (!c->shapes) continue;
        const Shape *s = &c->shapes[k];
        const int whole[] = {s->d_model, s->n_layers, s->n_experts, s->top_k, s->n_shared, s->d_ff_expert};
        for (int i = 0; i < 6; i++) sheet_put(&sheet, row, at[D_MODEL + i], whole[i]);
    }
    for (int i = D_MODEL; i <= D_FF && !c->shapes; i++) sheet_hide(&sheet, at[i]);
    return sheet;
}

static void value_answer(const Law *law, const double *parameters, void *context, double *x) {
    (void)law;
    *x = sought_value(context, parameters);
}

static Status answer(const Fit *fit, const Runs *runs, const Sought *s, const NextQuestion *q, const Candidates *c,
                     const Point *points, NextAnswer *a) {
    double gradient[LAW_MAX_PARAMETERS], ci[1][2], least = INFINITY;
    TRY(sought_gradient(s, fit, gradient));
    double fitted = isfinite(fit->noise.sigma) && fit->noise.sigma > 0 ? fit->noise.sigma : 0.003;
    *a = (NextAnswer){
        .value = sought_value(s, fit->parameters), .noise = q->noise > 0 ? q->noise : fitted, .n_runs = runs->n};
    Experiment e = {fit->law, fit->parameters, points,  runs->n, a->noise, c->points, c->cost,
                    c->n,     q->flops,        q->most, gradient};
    RunPlan plan = experiment_plan(&e);
    for (int k = 0; k < c->n; k++) least = fmin(least, c->cost[k]);
    if (!plan.n && least <= q->flops)
        return fail(BAD_INPUT,
                    "--quantity %s: no run in this range tells anything of it; give others with --candidates", s->name);
    if (!plan.n)
        return fail(BAD_INPUT, "--flops %.3g: the cheapest candidate costs %.3g FLOPs: the budget binds", q->flops,
                    least);
    Sought asked = *s;
    decision_intervals(fit, value_answer, &asked, 1, ci);
    a->from_draws = isfinite(ci[0][0]) && isfinite(ci[0][1]);
    a->factor = plan.before / plan.after[plan.n - 1];
    a->spent = plan.cost;
    for (int i = 0; i < 2; i++) {
        double away = a->from_draws ? ci[0][i] - a->value : (i ? 1.96 : -1.96) * plan.before;
        a->before95[i] = a->value + away;
        a->after95[i] = a->value + away / a->factor;
    }
    a->runs = runs_sheet(fit->law, c, &plan, (a->before95[1] - a->before95[0]) / 2);
    return OK;
}

Status next_runs(const Fit *fit, const Runs *runs, const Sought *s, const NextQuestion *q, NextAnswer *a) {
    Candidates c = {0};
    Point *points = runs_points(runs, fit->law, true);
    Status status = q->candidates ? candidates_read(fit->law, q->candidates, &c)
                                  : candidates_built(fit->law, runs, points, q->extend, &c);
    if (status == OK) status = answer(fit, runs, s, q, &c, points, a);
    free(points);
    candidates_free(&c);
    return status;
}
