// offers.c - see offers.h.
#include "offers.h"

#include "fit/minimum.h"

#include <math.h>

Served served_setting(LawKind kind, const Accounting *a, const Setting *s, double bytes) {
    Served m = served_standard(s->N, s->Na, bytes);
    m.d_model = s->d_model;
    m.n_layers = s->n_layers;
    m.cache_width = 2 * s->d_model;
    if (m.routed == 0) return m;
    double block = s->n_layers * s->d_model * s->d_model, active = 2.0 / 3 * s->Na;
    if (kind == KIND_EXPERTS) active = 9 * block;
    if (kind == KIND_DENSE_SIZE)
        active = a->top_k * a->expert_share / (a->top_k * a->expert_share + 1 - a->expert_share) * s->Na;
    m.routed = s->N - s->Na + active;
    m.active_part = active / m.routed;
    return m;
}

static Offer offer(const Market *m, const Allocation *a, double optimal_Na) {
    Offer o = {.model = *a, .of_optimal = a->setting.Na / optimal_Na};
    Served served = served_setting(m->problem.kind, &m->problem.accounting, &a->setting, m->bytes);
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
        Budget p = m->problem;
        Allocation a;
        p.experts = (Choice){1, {each[i].setting.E}};
        p.granularity = (Choice){1, {each[i].setting.granularity}};
        p.sparsity = (Choice){1, {each[i].setting.sparsity}};
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
