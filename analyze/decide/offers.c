// offers.c - see offers.h.
#include "offers.h"

#include "fit/minimum.h"

#include <math.h>
#include <string.h>

void offers_structures(Market *m) {
    AllocationTask *t = &m->problem;
    if (t->law->kind >= KIND_FREE && !t->ratio.n) t->ratio = (Choice){6, {1, 0.5, 0.25, 0.125, 0.0625, 0.03125}};
}

static Offer offer(const Market *m, const Allocation *a, double optimal_Na) {
    Offer o = {.model = *a, .of_optimal = a->setting.Na / optimal_Na};
    Served served = served_setting(m->problem.law->kind, &m->problem.accounting, &a->setting, m->bytes);
    o.possible =
        isfinite(a->loss) && serving_measured(&served, m->hardware, &m->workload, m->latencies, &o.serving) == OK;
    o.training_dollars = training_dollars(m->hardware, a->flops_train);
    return o;
}

int offers_optimal(const Market *m, Offer *list) {
    Allocation each[CHOICES];
    int n = allocation_each(&m->problem, each);
    for (int i = 0; i < n; i++) list[i] = offer(m, &each[i], each[i].setting.Na);
    return n;
}

typedef struct {
    const Market *m;
    Setting structure;
    double limit;
} Bound;

static double loss_above(double log_Na, void *context) {
    const Bound *b = context;
    double loss = allocation_at(&b->m->problem, &b->structure, exp(log_Na)).loss;
    return (isfinite(loss) ? loss : UNDEFINED) - b->limit;
}

int offers_at_loss(const Market *m, double loss, Offer *list) {
    Allocation each[CHOICES];
    int n = allocation_each(&m->problem, each);
    for (int i = 0; i < n; i++) {
        Bound b = {m, each[i].setting, loss};
        double optimal = each[i].setting.Na, log_Na;
        // The optimum itself may be the goal: rounding must not lose it.
        bool reached = each[i].loss <= loss * (1 + 1e-12);
        if (reached && root(loss_above, &b, log(optimal) - 12, log(optimal), &log_Na))
            each[i] = allocation_at(&m->problem, &b.structure, exp(log_Na));
        list[i] = offer(m, &each[i], optimal);
        list[i].possible = list[i].possible && reached;
    }
    return n;
}

static double cost_above(double log_Na, void *context) {
    const Bound *b = context;
    Allocation a = allocation_at(&b->m->problem, &b->structure, exp(log_Na));
    Offer o = offer(b->m, &a, 1);
    return o.possible ? log(o.serving.cost / b->limit) : 100;
}

int offers_at_cost(const Market *m, double cost, Offer *list) {
    Allocation each[CHOICES];
    int n = allocation_each(&m->problem, each);
    for (int i = 0; i < n; i++) {
        Bound b = {m, each[i].setting, cost};
        double optimal = each[i].setting.Na, log_Na = log(optimal);
        bool dear = cost_above(log_Na, &b) > 1e-9, reached = true;
        if (dear) reached = root(cost_above, &b, log(optimal) - 12, log(optimal), &log_Na);
        if (dear && reached) each[i] = allocation_at(&m->problem, &b.structure, exp(log_Na));
        list[i] = offer(m, &each[i], optimal);
        list[i].possible = list[i].possible && reached;
    }
    return n;
}

int offers_equal_loss(const Market *m, double loss, Offer *list) {
    Allocation each[CHOICES];
    int n = allocation_each(&m->problem, each);
    for (int i = 0; i < n; i++) {
        AllocationTask p = allocation_only(&m->problem, &each[i].setting);
        Allocation a;
        bool reached = allocation_for_loss(&p, loss, &a) == OK;
        list[i] = offer(m, reached ? &a : &each[i], reached ? a.setting.Na : each[i].setting.Na);
        list[i].possible = list[i].possible && reached;
    }
    return n;
}

int offers_cheapest(const Offer *list, int n) {
    int best = -1;
    for (int i = 0; i < n; i++)
        if (list[i].possible && (best < 0 || list[i].serving.cost < list[best].serving.cost)) best = i;
    return best;
}

int offers_best(const Offer *list, int n) {
    int best = -1;
    for (int i = 0; i < n; i++)
        if (list[i].possible && (best < 0 || list[i].model.loss < list[best].model.loss)) best = i;
    return best;
}

// ---- the answer ----------------------------------------------------------------------------------------------------

enum {
    STRUCTURE,
    VALUE,
    N,
    NA,
    D,
    LOSS,
    OVER_OPTIMAL,
    FLOPS,
    TRAINING,
    GPUS,
    CONCURRENCY,
    PREFILL,
    DECODE,
    THROUGHPUT,
    COST,
    WAITS,
    POSSIBLE,
    IS_BEST,
    N_COLUMNS
};

static const Column columns[N_COLUMNS] = {
    [STRUCTURE] = {"structure", "structure", NULL, AS_WORD},
    [VALUE] = {"value", "", NULL, AS_PEOPLE},
    [N] = {"N", "N", NULL, AS_PEOPLE},
    [NA] = {"Na", "Na", NULL, AS_PEOPLE},
    [D] = {"D", "D", NULL, AS_PEOPLE},
    [LOSS] = {"loss", "loss", NULL, AS_LOSS},
    [OVER_OPTIMAL] = {"Na_over_optimal", "Na/opt", NULL, AS_SHORT},
    [FLOPS] = {"flops_train", "C, FLOPs", NULL, AS_FLOPS},
    [TRAINING] = {"training_dollars", "train $", NULL, AS_PEOPLE},
    [GPUS] = {"gpus", "GPUs", NULL, AS_SHORT},
    [CONCURRENCY] = {"concurrency", NULL, NULL, AS_SHORT},
    [PREFILL] = {"prefill_seconds", NULL, NULL, AS_SHORT},
    [DECODE] = {"decode_seconds", NULL, NULL, AS_SHORT},
    [THROUGHPUT] = {"tokens_per_second", "tokens/s", NULL, AS_PEOPLE},
    [COST] = {"dollars_per_million_tokens", "$ per 1M tokens", NULL, AS_LOSS},
    [WAITS] = {"decode_waits_for_memory", NULL, NULL, AS_FLAG},
    [POSSIBLE] = {"possible", "possible", NULL, AS_FLAG},
    [IS_BEST] = {"best", "best", NULL, AS_FLAG},
};

static void put_serving(const Sheet *s, int row, const Serving *v) {
    const double x[] = {v->gpus, v->concurrency, v->prefill, v->decode, v->throughput, v->cost, v->memory_bound};
    for (int i = GPUS; i <= WAITS; i++) sheet_put(s, row, i, x[i - GPUS]);
}

Sheet serving_sheet(const Served *m, const Serving *r) {
    static const int hidden[] = {STRUCTURE, VALUE, D, LOSS, OVER_OPTIMAL, FLOPS, TRAINING, POSSIBLE, IS_BEST};
    static const char *const heads[] = {[GPUS] = "GPUs",
                                        [CONCURRENCY] = "requests at once",
                                        [PREFILL] = "prefill, s an iteration",
                                        [DECODE] = "decode, s an iteration",
                                        [WAITS] = "decode waits for memory"};
    Sheet s = sheet_open(columns, N_COLUMNS, 1);
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) sheet_hide(&s, hidden[i]);
    for (int i = GPUS; i <= WAITS; i++)
        if (heads[i]) s.columns[i].head = heads[i];
    sheet_put(&s, 0, N, m->N);
    sheet_put(&s, 0, NA, m->Na);
    put_serving(&s, 0, r);
    return s;
}

static double structure_value(const Setting *s, const char **name) {
    if (!isnan(s->E)) return *name = "experts", s->E;
    if (!isnan(s->granularity)) return *name = "granularity", s->granularity;
    if (!isnan(s->sparsity)) return *name = "sparsity", s->sparsity;
    return *name = "Na/N", s->Na / s->N;
}

static Sheet offers_sheet(const Offer *list, int n, int best) {
    Sheet sheet = sheet_open(columns, N_COLUMNS, n);
    for (int row = 0; row < n; row++) {
        const Offer *o = &list[row];
        const Setting *s = &o->model.setting;
        sheet_put(&sheet, row, VALUE, structure_value(s, &sheet_cell(&sheet, row, STRUCTURE)->word));
        sheet_put(&sheet, row, POSSIBLE, o->possible);
        sheet_put(&sheet, row, IS_BEST, row == best);
        if (!o->possible) continue;
        const double x[] = {s->N, s->Na, s->D, o->model.loss, o->of_optimal, o->model.flops_train, o->training_dollars};
        for (int i = N; i < GPUS; i++) sheet_put(&sheet, row, i, x[i - N]);
        put_serving(&sheet, row, &o->serving);
    }
    return sheet;
}

static int reference_of(double wanted, const Offer *list, int n) {
    int first = -1;
    for (int i = 0; i < n; i++) {
        const char *name;
        if (!list[i].possible) continue;
        if (first < 0) first = i;
        if (structure_value(&list[i].model.setting, &name) == wanted) return i;
    }
    return first;
}

// Says which limit it is that lets nothing be served, from the best model there is.
static Status nothing_served(const Market *m) {
    Allocation best;
    Serving r;
    TRY(allocation_best(&m->problem, &best));
    Served s = served_setting(m->problem.law->kind, &m->problem.accounting, &best.setting, m->bytes);
    return serving_measured(&s, m->hardware, &m->workload, m->latencies, &r);
}

Status offers_answer(const Market *m, const Fit *fit, const ServeQuestion *q, Offers *o, Warnings *w) {
    Offer list[SERVE_PROBLEMS][CHOICES];
    int n = offers_optimal(m, list[LOSS_OPTIMAL]), best[SERVE_PROBLEMS];
    int at = reference_of(q->reference, list[LOSS_OPTIMAL], n);
    if (at < 0) return nothing_served(m);
    const Offer *reference = &list[LOSS_OPTIMAL][at];
    const char *name;
    double value = structure_value(&reference->model.setting, &name);
    *o = (Offers){.loss = isnan(q->loss) ? reference->model.loss : q->loss,
                  .cost = isnan(q->cost) ? reference->serving.cost : q->cost};
    offers_at_loss(m, o->loss, list[BOUNDED_LOSS]);
    offers_equal_loss(m, o->loss, list[EQUAL_LOSS]);
    offers_at_cost(m, o->cost, list[BOUNDED_COST]);
    for (int i = 0; i < SERVE_PROBLEMS; i++)
        best[i] = (i == LOSS_OPTIMAL || i == BOUNDED_COST ? offers_best : offers_cheapest)(list[i], n);
    if (!isnan(q->loss) && best[BOUNDED_LOSS] < 0)
        return fail(BAD_INPUT, "--max-loss %g: no structure reaches it with %.3g FLOPs (best %.4f): --flops binds",
                    o->loss, m->problem.limits.flops, list[LOSS_OPTIMAL][best[LOSS_OPTIMAL]].model.loss);
    if (!isnan(q->cost) && best[BOUNDED_COST] < 0)
        return fail(BAD_INPUT, "--max-cost %g: no model is that cheap to serve on %s: --max-cost binds", o->cost,
                    m->hardware->name);
    for (int i = 0; i < SERVE_PROBLEMS; i++) o->sheet[i] = offers_sheet(list[i], n, best[i]);
    snprintf(o->title[LOSS_OPTIMAL], sizeof *o->title, "loss-optimal for the budget");
    snprintf(o->title[BOUNDED_LOSS], sizeof *o->title,
             "bounded loss: smallest model with loss <= %.4f (reference: %s = %g), all budget spent", o->loss, name,
             value);
    snprintf(o->title[EQUAL_LOSS], sizeof *o->title, "equal loss: each trained with just the compute that reaches %.4f",
             o->loss);
    snprintf(o->title[BOUNDED_COST], sizeof *o->title, "bounded cost: least loss at <= $%.4f per million tokens",
             o->cost);
    allocation_warnings(&m->problem, fit, &reference->model, w);
    return OK;
}

void offers_free(Offers *o) {
    for (int i = 0; i < SERVE_PROBLEMS; i++) sheet_free(&o->sheet[i]);
}
