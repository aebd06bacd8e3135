// headlines_wan.c - arXiv 2603.21862.
#include "decide/architecture.h"
#include "headlines.h"

#include <math.h>

static Shape shape_of(const WanScale *s, const int listed[4]) {
    return (Shape){.vocab = 152064,
                   .d_model = listed[0],
                   .n_layers = listed[1] + listed[2],
                   .n_heads = s->n_heads,
                   .n_kv_heads = s->n_kv_heads,
                   .d_head = s->d_head,
                   .n_dense_layers = listed[1],
                   .d_ff_dense = 3 * listed[0],
                   .n_experts = 288,
                   .top_k = 8,
                   .d_ff_expert = listed[3],
                   .n_shared = 1,
                   .d_ff_shared = listed[3],
                   .seq_len = 8192};
}

// Budget C as the search sees it, bands costed by the five-factor law.
static Goal goal_at(double C, const double *parameters, const Law *law, const Rules *rules) {
    Goal g = {.C = C,
              .law = law,
              .parameters = parameters,
              .kind = law->kind,
              .accounting = accounting_default,
              .y = NAN,
              .M = power_at(wan_M, C),
              .structure = {.G = 9, .S = 1.0 / 9}};
    Ratios r = ratios_published();
    goal_ratios(&g, &r, rules);
    return g;
}

static void listed_shapes(Headlines *h, const Law *law, const double *parameters) {
    double worst = 0, least = 1e9, most = 0;
    int found = 0;
    for (int i = 0; i < WAN_SCALES; i++)
        for (int k = 0; k < 2; k++) {
            const WanScale *s = &wan_scales[i];
            Rules rules = rules_default;
            rules.n_experts = 288;
            rules.top_k = 8;
            rules.n_shared = 1;
            rules.d_multiple = rules.ff_multiple = 8;
            rules.d_head = s->d_head;
            rules.n_heads = s->n_heads;
            rules.n_kv_heads = s->n_kv_heads;
            Goal g = goal_at(s->C, parameters, law, &rules);
            Shape shape = shape_of(s, k ? s->narrowest : s->widest);
            Holistic c = holistic_count(&shape);
            worst = fmax(worst, fabs(c.M / s->M - 1));
            least = fmin(least, c.y);
            most = fmax(most, c.y);
            found += architecture_visits(&g, &rules, &shape);
        }
    must_be(h, 12, found, 0, "widest and narrowest d of each scale among the shapes searched");
    h->provenance = ARITHMETIC;
    must_hold(h, "<= 0.084", worst, worst <= .0845, "largest deviation of M from M_opt among these");
    must_lie(h, 20.35, 23.15, least, "smallest N/Na among these (listed: 20.4-23.1)");
    must_lie(h, 20.35, 23.15, most, "largest N/Na among these");
}

static void bands(Headlines *h, const Law *law, const double *parameters) {
    Rules rules = rules_default;
    rules.n_experts = 288;
    rules.top_k = 8;
    rules.n_shared = 1;
    double M[2], x[2], y[2], width[2];
    for (int i = 0; i < 2; i++) {
        Goal g = goal_at(i ? 3e20 : 1e18, parameters, law, &rules);
        goal_band(&g, .1, M, x, y);
        width[i] = x[1] / x[0];
    }
    h->provenance = PRINTED;
    must_hold(h, "widens with C", width[1] / width[0], width[1] > width[0], "0.1 %% band of M/Na, 3e20 against 1e18");
    double worst = 0;
    for (int i = 0; i < WAN_SCALES; i++) {
        Goal g = goal_at(wan_scales[i].C, parameters, law, &rules);
        double best = goal_loss(&g, g.M, g.x, g.y);
        worst = fmax(worst, fmax(goal_loss(&g, g.M, g.x, 18), goal_loss(&g, g.M, g.x, 25)) / best - 1);
    }
    must_hold(h, "< 1 %", worst, worst < .01, "loss added by N/Na = 18 or 25 (our slopes)");
}

// The table is printed with four decimals, and the coefficients with four digits.
static double four_digits(double printed) {
    return fmax(5.1e-5, 5e-5 * printed);
}

void headlines_wan(Headlines *h) {
    static const char *const raw = "raw losses are not public", *const figure = "printed in a figure only";
    double p[LAW_MAX_PARAMETERS];
    const Law *law = law_published("zhao2025", p, 0);
    h->paper = "wan2026";
    h->provenance = PRINTED;
    for (int i = 0; i < WAN_SCALES; i++) {
        const WanScale *s = &wan_scales[i];
        must_be(h, s->M / 1e9, power_at(wan_M, s->C) / 1e9, four_digits(s->M / 1e9),
                "M_opt at C = %.3g, GFLOP per token", s->C);
        must_be(h, s->D / 1e9, power_at(wan_D, s->C) / 1e9, four_digits(s->D / 1e9), "D_opt at C = %.3g, 1e9 tokens",
                s->C);
    }
    h->provenance = ARITHMETIC;
    must_be(h, .99996, power_at(wan_M, 1e20) * power_at(wan_D, 1e20) / 1e20, 1.5e-5, "M_opt D_opt / C");
    Shape row = shape_of(&wan_scales[5], wan_scales[5].widest);
    Holistic c = holistic_count(&row);
    must_be(h, 730276800, c.Na, 0, "Na of the d = 2200 architecture");
    must_be(h, 15366436800, c.N, 0, "N of the d = 2200 architecture");
    must_be(h, .48533, c.r_a, 5.1e-6, "its share of attention in M");
    must_be(h, .47105, c.r_m, 5.1e-6, "its share of experts in M");
    must_be(h, .04362, c.r_d, 5.1e-6, "its share of dense FFN in M");
    must_be_near(h, 5.992e9, c.M, 1e-4, "its M");
    must_be(h, 8.205, c.x, 5.1e-4, "its M/Na");
    must_be(h, 21.04, c.y, 5.1e-3, "its N/Na");
    h->provenance = PRINTED;
    must_be(h, 32.1, holistic_most_y(288, 8, 1), .05, "largest N/Na there can be");
    listed_shapes(h, law, p);
    bands(h, law, p);
    for (int i = 0; i < WAN_SCALES; i++) {
        const WanScale *s = &wan_scales[i];
        h->provenance = ARITHMETIC;
        must_be_near(h, s->x, wan_x(s->C), .05, "median M/Na of the shapes at C = %.3g, our power law", s->C);
    }
    for (int i = 0; i < WAN_SCALES; i++) {
        const WanScale *s = &wan_scales[i];
        h->provenance = PRINTED;
        must_be_near(h, s->y, power_at(wan_y(), s->C), .05, "best N/Na at C = %.3g, our power law", s->C);
    }
    cannot_be(h, figure, NAN, "no coefficients printed; ours go through the listed shapes",
              "power law of the best M/Na");
    cannot_be(h, figure, NAN, "no coefficients printed; ours go through the listed widths",
              "power law of the best d and its band");
    cannot_be(h, ".9793/.9758/.9111", NAN, raw, "rank correlation over d: Pearson, Spearman, Kendall");
    cannot_be(h, "< 0.5 %", NAN, raw, "loss over (K+1) d_m/d from 3 to 5");
}
