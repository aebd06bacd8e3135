// allocated.c - see allocated.h.
#include "allocated.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAW,
    FIT,
    C,
    N,
    NA,
    D,
    EXPERTS,
    GRANULARITY,
    SPARSITY,
    BEST_G,
    BEST_S,
    RATIO,
    LOSS,
    D_OVER_N,
    NA_BAND,
    D_BAND,
    TRAIN,
    SERVE,
    EXACT,
    MEMORY,
    BOUND,
    PERCENT,
    N_COLUMNS
};

static const Column columns[N_COLUMNS] = {
    [LAW] = {"law", NULL, NULL, AS_WORD},
    [FIT] = {"fit", NULL, NULL, AS_WORD},
    [C] = {"C", "C, FLOPs", "$C$ (FLOPs)", AS_FLOPS},
    [N] = {"N", "N", "$N$", AS_PEOPLE | WITH_INTERVAL},
    [NA] = {"Na", "Na", "$N_a$", AS_PEOPLE | WITH_INTERVAL},
    [D] = {"D", "D", "$D$", AS_PEOPLE | WITH_INTERVAL},
    [EXPERTS] = {"num_experts", "experts", "$E$", AS_PEOPLE | WITH_INTERVAL},
    [GRANULARITY] = {"granularity", "granular.", "granularity", AS_PEOPLE | WITH_INTERVAL},
    [SPARSITY] = {"sparsity", "sparsity", "sparsity", AS_SHORT | WITH_INTERVAL},
    [BEST_G] = {"G", "G", "$G$", AS_SHORT | WITH_INTERVAL},
    [BEST_S] = {"S", "S", "$S$", AS_SHORT | WITH_INTERVAL},
    [RATIO] = {"Na_over_N", NULL, NULL, AS_SHORT | WITH_INTERVAL},
    [LOSS] = {"loss", "loss", "loss", AS_LOSS | WITH_INTERVAL},
    [D_OVER_N] = {"D_over_N", "D/N", NULL, AS_SHORT},
    [NA_BAND] = {"Na_band", "Na near-optimal", NULL, AS_RANGE},
    [D_BAND] = {"D_band", NULL, NULL, AS_RANGE},
    [TRAIN] = {"flops_train", NULL, NULL, AS_FLOPS},
    [SERVE] = {"flops_serve", NULL, NULL, AS_FLOPS},
    [EXACT] = {"flops_exact", "exact C", NULL, AS_FLOPS},
    [MEMORY] = {"memory", NULL, NULL, AS_PEOPLE},
    [BOUND] = {"bound_by", "bound by", NULL, AS_WORD},
    [PERCENT] = {"band_percent", NULL, NULL, AS_SHORT},
};

static const struct {
    int column;
    Variable variable;
} of_law[] = {
    {EXPERTS, VAR_E}, {GRANULARITY, VAR_GRANULARITY}, {SPARSITY, VAR_SPARSITY}, {BEST_G, VAR_G}, {BEST_S, VAR_S}};

static Sheet open(const Law *law, int rows) {
    Sheet s = sheet_open(columns, N_COLUMNS, rows);
    for (size_t i = 0; i < sizeof of_law / sizeof *of_law; i++)
        if (!law_uses(law, of_law[i].variable)) sheet_hide(&s, of_law[i].column);
    return s;
}

// What has an interval.
enum { ANSWERED = 10 };
static const int answered[ANSWERED] = {N, NA, D, EXPERTS, GRANULARITY, SPARSITY, BEST_G, BEST_S, RATIO, LOSS};

static void values_of(const Allocation *a, double value[ANSWERED]) {
    const Setting *s = &a->setting;
    const double values[ANSWERED] = {s->N,        s->Na, s->D, s->E,         s->granularity,
                                     s->sparsity, s->G,  s->S, s->Na / s->N, a->loss};
    memcpy(value, values, sizeof values);
}

typedef struct {
    const AllocationTask *t;
    double max_loss;
} Solve;

static Status solve(const AllocationTask *t, double max_loss, Allocation *best) {
    return isnan(max_loss) ? allocation_best(t, best) : allocation_for_loss(t, max_loss, best);
}

static void answers(const Law *law, const double *parameters, void *context, double *value) {
    const Solve *s = context;
    AllocationTask t = *s->t;
    Allocation best;
    t.parameters = parameters;
    for (int i = 0; i < ANSWERED; i++) value[i] = NAN;
    if (law == t.law && solve(&t, s->max_loss, &best) == OK) values_of(&best, value);
}

static void fill(const Sheet *sheet, int row, const AllocationTask *t, const Fit *fit, const Allocation *a) {
    double value[ANSWERED];
    AllocationTask exact = *t;
    exact.accounting.exact = true;
    exact.accounting.plain = false;
    values_of(a, value);
    for (int i = 0; i < ANSWERED; i++) sheet_put(sheet, row, answered[i], value[i]);
    const struct {
        int column;
        double x;
    } others[] = {
        {C, t->limits.flops},
        {D_OVER_N, a->setting.D / a->setting.N},
        {TRAIN, a->flops_train},
        {SERVE, a->flops_serve},
        {EXACT, setting_flops(t->law->kind, &exact.accounting, &a->setting) * a->setting.D},
        {MEMORY, a->memory},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) sheet_put(sheet, row, others[i].column, others[i].x);
    sheet_cell(sheet, row, LAW)->word = t->law->name;
    sheet_cell(sheet, row, FIT)->word = fit->origin;
    sheet_cell(sheet, row, BOUND)->word = isfinite(a->loss) ? allocation_binding(a) : "no model within the limits";
}

static Status fill_row(const AllocationTask *at, const Fit *fit, double max_loss, double percent, const Sheet *sheet,
                       int row, Allocation *best) {
    AllocationTask t = *at;
    Solve s = {at, max_loss};
    double ci[ANSWERED][2], Na[2], tokens[2];
    TRY(solve(at, max_loss, best));
    if (!isnan(max_loss)) t.limits.flops = (best->flops_train + best->flops_serve) * (1 + 1e-12);
    fill(sheet, row, &t, fit, best);
    decision_intervals(fit, answers, &s, ANSWERED, ci);
    for (int i = 0; i < ANSWERED; i++) sheet_put_range(sheet, row, answered[i], ci[i]);
    allocation_band(&t, best, percent, Na, tokens);
    sheet_put_range(sheet, row, NA_BAND, Na);
    sheet_put_range(sheet, row, D_BAND, tokens);
    sheet_put(sheet, row, PERCENT, percent);
    return OK;
}

static Status enough_for(const AllocationTask *t, const BudgetQuestion *q) {
    Allocation least;
    TRY(allocation_for_loss(t, q->max_loss, &least));
    double needed = least.flops_train + least.flops_serve;
    if (needed <= q->flops[0]) return OK;
    return fail(BAD_INPUT, "--max-loss %g needs at least %.4g FLOPs under these limits: --flops %.4g binds",
                q->max_loss, needed, q->flops[0]);
}

Status allocated(const AllocationTask *task, const Fit *fit, const BudgetQuestion *q, Sheet *sheet, Warnings *w) {
    AllocationTask t = *task;
    Allocation best;
    int rows = q->n_flops ? q->n_flops : 1;
    if (q->n_flops && !isnan(q->max_loss)) TRY(enough_for(&t, q));
    *sheet = open(t.law, rows);
    for (int row = 0; row < rows; row++) {
        if (q->n_flops) t.limits.flops = q->flops[row];
        Status s = fill_row(&t, fit, q->n_flops ? NAN : q->max_loss, q->percent, sheet, row, &best);
        if (s != OK) {
            sheet_free(sheet);
            return s;
        }
    }
    allocation_warnings(&t, fit, &best, w);
    return OK;
}

Sheet allocated_each(const AllocationTask *task, const Sheet *last) {
    Allocation each[CHOICES];
    AllocationTask at = *task, *t = &at;
    t->limits.flops = sheet_cell(last, last->n_rows - 1, C)->x;
    int n = allocation_each(t, each);
    Sheet sheet = open(t->law, n);
    Fit nobody = {0};
    sheet_hide(&sheet, LAW);
    sheet_hide(&sheet, FIT);
    for (int i = NA_BAND; i < N_COLUMNS; i++)
        if (i != BOUND) sheet_hide(&sheet, i);
    for (int i = 0; i < N_COLUMNS; i++) sheet.columns[i].style &= ~WITH_INTERVAL;
    for (int row = 0; row < n; row++) {
        fill(&sheet, row, t, &nobody, &each[row]);
        static const int of_a_model[] = {N, NA, D, BEST_G, BEST_S, LOSS, D_OVER_N};
        for (size_t i = 0; i < sizeof of_a_model / sizeof *of_a_model && isnan(each[row].loss); i++)
            sheet_put(&sheet, row, of_a_model[i], NAN);
    }
    return sheet;
}

void allocation_warnings(const AllocationTask *t, const Fit *fit, const Allocation *a, Warnings *w) {
    Point point = setting_point(t->law->kind, &t->accounting, &a->setting);
    if (a->G_at_edge)
        warning_add(w, "the fit gives no best G; held at the better edge of its runs, %.3g", a->setting.G);
    if (a->S_at_edge)
        warning_add(w, "the fit gives no best S; held at the better edge of its runs, %.3g", a->setting.S);
    if (a->at_edge) warning_add(w, "the best structure is at the edge of those tried");
    warn_outside(w, fit, &point, 1);
}
