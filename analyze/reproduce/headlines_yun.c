// headlines_yun.c - arXiv 2404.02852, which prints no coefficients: its statements are asked of another law (by default
// ludziejewski2025, top-1, experts in every layer) with our roofline on its hardware, so that none can be held to.
#include "headlines.h"
#include "decide/offers.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    Market market;
    Hardware hardware;
    Offer few[CHOICES], dense[CHOICES]; // loss-optimal for the budget
    int n;
} Stage;

static int with_experts(const Offer *list, int n, double E) {
    for (int i = 0; i < n; i++)
        if (list[i].model.setting.E == E) return i;
    return -1;
}

static bool stage(const Headlines *h, double C, Stage *s) {
    if (!h->serving_law || hardware_read("a100-40", &s->hardware) != OK) return false;
    s->market = (Market){.hardware = &s->hardware, .workload = workload_default, .bytes = 2};
    if (allocation_open(&s->market.problem, h->serving_law, h->serving_parameters) != OK) return false;
    s->market.problem.limits.flops = C;
    s->n = offers_optimal(&s->market, s->few);
    return with_experts(s->few, s->n, 4) >= 0 && with_experts(s->few, s->n, 16) >= 0;
}

static const char *verdict(bool holds) {
    return holds ? "holds with another law and our roofline" : "does not hold with another law and our roofline";
}

// Few experts are the cheapest to serve at equal loss, and dear to train.
static void equal_loss(Headlines *h, const Stage *s) {
    Offer list[CHOICES];
    int sixteen = with_experts(s->few, s->n, 16);
    offers_equal_loss(&s->market, s->few[sixteen].model.loss, list);
    int best = offers_cheapest(list, s->n), four = with_experts(list, s->n, 4), eight = with_experts(list, s->n, 8);
    double E = best >= 0 ? list[best].model.setting.E : NAN;
    cannot_be(h, "4 or 8", E, verdict(E == 4 || E == 8), "experts cheapest to serve at equal loss");
    double dear = list[four].model.flops_train / list[sixteen].model.flops_train;
    cannot_be(h, "2.4-4.3", dear, verdict(dear > 1),
              "training of 4 experts over 16 at equal loss (direction: above 1)");
    cannot_be(h, "23.7-42.8 %", 100 / dear, verdict(dear > 1),
              "training of 16 experts, %% of 4 at equal loss (below 100)");
    double cost = list[eight].serving.cost / list[sixteen].serving.cost;
    cannot_be(h, "below 1", cost, verdict(cost < 1),
              "serving cost of 8 experts over 16 at equal loss, both loss-optimal");
}

// Many experts, smaller and trained longer, when training is the budget.
static void over_trained(Headlines *h, const Stage *s) {
    Offer list[CHOICES];
    int four = with_experts(s->few, s->n, 4), eight = with_experts(s->few, s->n, 8),
        sixteen = with_experts(s->few, s->n, 16), most = with_experts(s->few, s->n, 32),
        one = with_experts(s->few, s->n, 1);
    offers_at_loss(&s->market, s->few[four].model.loss, list);
    double share = 100 * list[sixteen].serving.cost / s->few[four].serving.cost;
    cannot_be(h, "47.0-52.0 %", share, verdict(share < 100),
              "serving of over-trained 16 experts, %% of loss-optimal 4 (below 100)");
    cannot_be(h, "about 16 %", 100 * list[sixteen].of_optimal, verdict(list[sixteen].of_optimal < .5),
              "size of 16 experts, %% of its loss-optimal one (well below 100)");
    if (most >= 0)
        cannot_be(h, "about 30 %", 100 * list[most].of_optimal, verdict(list[most].of_optimal < .5),
                  "size of 32 experts, %% of its loss-optimal one (well below 100)");
    cannot_be(h, "21.0-25.1 %", 100 * list[eight].model.setting.Na / s->few[four].model.setting.Na,
              verdict(list[eight].model.setting.Na < s->few[four].model.setting.Na),
              "active size of over-trained 8 experts, %% of optimal 4");
    if (one >= 0) {
        offers_at_loss(&s->market, s->few[one].model.loss, list);
        share = 100 * list[eight].serving.cost / s->few[one].serving.cost;
        cannot_be(h, "31.6-38.1 %", share, verdict(share < 100),
                  "serving of over-trained 8 experts, %% of dense (below 100)");
        cannot_be(h, "23.3-28.2 %", 100 * list[eight].model.setting.Na / s->few[one].model.setting.Na,
                  verdict(list[eight].model.setting.Na < s->few[one].model.setting.Na),
                  "active size of over-trained 8 experts, %% of dense");
    }
}

// Compute that 16 experts need for the loss of 4 at no more than their serving cost.
static void saved_at_equal_cost(Headlines *h, const Stage *s) {
    Market m = s->market;
    Offer list[CHOICES];
    int four = with_experts(s->few, s->n, 4), sixteen = with_experts(s->few, s->n, 16);
    m.problem = allocation_only(&m.problem, &s->few[sixteen].model.setting);
    double lo = log(m.problem.limits.flops) - 4, hi = log(m.problem.limits.flops);
    for (int i = 0; i < 30; i++) {
        m.problem.limits.flops = exp((lo + hi) / 2);
        offers_at_cost(&m, s->few[four].serving.cost, list);
        bool enough = list[0].possible && list[0].model.loss <= s->few[four].model.loss;
        *(enough ? &hi : &lo) = (lo + hi) / 2;
    }
    double saved = 100 * (1 - exp(hi) / s->market.problem.limits.flops);
    cannot_be(h, "up to 68.4 %", saved, verdict(saved > 0),
              "training saved by 16 experts at the serving cost of 4, %%");
}

void headlines_yun(Headlines *h) {
    static const char *const none = "no coefficients are published",
                             *const tables = "its latency tables, mu, p, n, C0 are not published";
    Stage s;
    h->paper = "yun2024";
    h->provenance = PRINTED;
    if (stage(h, 5.96e21, &s)) {
        equal_loss(h, &s);
        over_trained(h, &s);
        saved_at_equal_cost(h, &s);
    } else
        cannot_be(h, "9 ratios", NAN, "needs a law with experts and analyze/hardware/a100-40.yaml",
                  "the serving statements");
    h->provenance = ARITHMETIC;
    must_be(h, .583, log(6.14 / 3.36) / log(5.96 / 2.12), 5.1e-4, "exponent that the two printed dense optima imply");
    must_be(h, 105, 2.12e21 / 6 / 3.36e9 / 1e9, .5, "tokens that the first one implies, 1e9");
    must_be(h, 162, 5.96e21 / 6 / 6.14e9 / 1e9, .5, "tokens that the second one implies, 1e9");
    h->provenance = PRINTED;
    cannot_be(h, "3.36B, 6.14B", NAN, none, "dense loss-optimal N at 2.12e21 and 5.96e21");
    cannot_be(h, "3.908e-3", NAN, "losses of the runs are not public", "RMSLE of the fit");
    cannot_be(h, "dollars", NAN, tables, "absolute serving costs");
}
