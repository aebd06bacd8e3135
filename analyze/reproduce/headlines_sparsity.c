// headlines_sparsity.c - tian2025 (2507.17702), clark2022 (2202.01169), abnar2025 (2501.12370), frantar2023
// (2309.08520), Step Law (2503.04715), expert-attention allocation (2603.10379).
#include "decide/allocation.h"
#include "headlines.h"
#include "decide/relations.h"

#include <math.h>

static void tian(Headlines *h) {
    h->paper = "tian2025";
    h->provenance = PRINTED;
    h->provenance = ARITHMETIC;
    must_be(h, 7.24, tian_leverage(.031, 12, 1e22), .005,
            "leverage at A = 3.1 %%, granularity 12, C = 1e22 (printed: > 7)");
    must_be(h, 6.98, tian_leverage(13.0 / 385, 12, 1e22), .005, "leverage at A = 13/385");
    must_be(h, .994, tian_leverage(1, 12, 1e22), 5e-3, "leverage of a dense model (about)");
    h->provenance = PRINTED;
    must_lie(h, 8, 12, tian_best_granularity(), "best granularity");
    h->provenance = ARITHMETIC;
    must_be(h, 11.3, tian_best_granularity(), .05, "the same from the printed coefficients");
    static const double more[][3] = {{.031, 1e18, 2.86}, {.031, 1e20, 4.55}, {.031, 3e20, 5.09}, {.031, 1e24, 11.53},
                                     {.078, 1e20, 3.23}, {.078, 1e22, 4.63}, {.008, 1e20, 6.34}, {.008, 1e22, 11.16}};
    for (int i = 0; i < 8; i++)
        must_be(h, more[i][2], tian_leverage(more[i][0], 12, more[i][1]), .0051, "leverage at A = %g, C = %g",
                more[i][0], more[i][1]);
    must_be(h, 1, power_at(tian_moe_M, 1e20) * power_at(tian_moe_D, 1e20) / 1e20, 1e-3,
            "M D / C of the MoE allocation");
    must_be(h, 1, power_at(tian_dense_M, 1e20) * power_at(tian_dense_D, 1e20) / 1e20, 1e-3,
            "M D / C of the dense allocation");
    h->provenance = PRINTED;
    cannot_be(h, "6.1B dense", .855e9 * tian_leverage(.034, 12, 6 * .855e9 * 1e12) / 1e9,
              "one pair of models; the leverage law gives this dense size at equal tokens, 1e9",
              "dense model that 17.5B with 0.855B active equals");
}

static double clark_loss(double N, double E) {
    double p[LAW_MAX_PARAMETERS];
    const Law *law = law_published("clark2022", p, 0);
    Point at = {.x = {[VAR_N] = N, [VAR_E] = E}};
    return law_loss(law, p, &at);
}

// The size of one expert that reaches the same loss.
static double clark_equivalent(double N, double E) {
    double loss = clark_loss(N, E), lo = log(N), hi = log(N) + 10;
    for (int i = 0; i < 100; i++) *(clark_loss(exp((lo + hi) / 2), 1) > loss ? &lo : &hi) = (lo + hi) / 2;
    return exp(lo);
}

static void clark(Headlines *h) {
    static const char *const rounded = "the printed c is rounded too hard";
    static const char *const data = "needs the released runs: moelaw fit deepmind_routing.csv --law clark2022";
    static const double rows[][3] = {
        {25e6, 1, 3.0643}, {25e6, 64, 2.6650}, {1.3e9, 1, 2.2374}, {1.3e9, 64, 2.0498}, {1.3e9, 512, 1.9823}};
    h->paper = "clark2022";
    h->provenance = PRINTED;
    h->provenance = ARITHMETIC;
    for (int i = 0; i < 5; i++)
        must_be(h, rows[i][2], clark_loss(rows[i][0], rows[i][1]), 5.1e-5,
                "S-BASE loss at N = %.3g, E = %g, printed coefficients", rows[i][0], rows[i][1]);
    must_be(h, 51.8, clark_equivalent(5e6, 128) / 1e6, .06,
            "effective size of 5e6 with 128 experts, printed coefficients, 1e6");
    h->provenance = PRINTED;
    cannot_be(h, "55M", clark_equivalent(5e6, 128) / 1e6, rounded, "the same as the paper has it, 1e6");
    cannot_be(h, "937B", pow(10, .108 / .009) / 1e9, rounded, "S-BASE N_cutoff, 1e9");
    cannot_be(h, "85B", pow(10, .126 / .012) / 1e9, rounded, "RL-R N_cutoff, 1e9");
    cannot_be(h, "83B", pow(10, .136 / .012) / 1e9, rounded, "HASH N_cutoff, 1e9");
    cannot_be(h, "1.0417e-5", NAN, data, "mean squared error of log10 L, S-BASE (and RL-R, HASH)");
}

static void abnar(Headlines *h) {
    static const double ladder[][3] = {{0, 2.5885, 6.46e8},  {.5, 2.5054, 1.07e9},  {.75, 2.4368, 1.82e9},
                                       {.9, 2.3638, 3.98e9}, {.95, 2.3191, 7.41e9}, {.98, 2.2708, 1.7e10}};
    double p[LAW_MAX_PARAMETERS];
    AllocationTask q = published_task("abnar2025", p);
    Allocation each[CHOICES];
    h->paper = "abnar2025";
    h->provenance = PRINTED;
    q.limits.flops = 1e20;
    allocation_each(&q, each);
    h->provenance = ARITHMETIC;
    for (int i = 0; i < 6; i++) {
        must_be(h, ladder[i][1], each[i].loss, 1e-3, "best loss at 1e20, sparsity %g", ladder[i][0]);
        must_be_near(h, ladder[i][2], each[i].setting.N, .02, "best N there");
    }
    h->provenance = PRINTED;
    must_hold(h, "N rises, Na falls", each[5].setting.N / each[0].setting.N,
              each[5].setting.N > each[0].setting.N && each[5].setting.Na < each[0].setting.Na,
              "from sparsity 0 to 0.98");
    cannot_be(h, ".00056, .0058", NAN, "losses of the runs are not public",
              "mean squared error of the fit and held out");
}

// How many times larger a dense model of the same loss is: see the head of 2309.08520, section on multipliers.
static double multiplier(const char *set, double S) {
    double p[LAW_MAX_PARAMETERS], dense;
    const Law *law = law_published(set, p, 0);
    Point at = {.x = {[VAR_N] = 1e8, [VAR_D] = 1e12, [VAR_SPARSITY] = S}};
    double loss = law_loss(law, p, &at), lo = log(1e8), hi = log(1e10);
    at.x[VAR_SPARSITY] = 0;
    for (int i = 0; i < 200; i++) {
        at.x[VAR_N] = dense = exp((lo + hi) / 2);
        *(law_loss(law, p, &at) > loss ? &lo : &hi) = (lo + hi) / 2;
    }
    return exp((lo + hi) / 2) / 1e8;
}

static void frantar(Headlines *h) {
    static const struct {
        const char *set;
        double S, published;
    } rows[] = {
        {"frantar2023-vit", .5, 1.596}, {"frantar2023-vit", .75, 2.172}, {"frantar2023-vit", .875, 2.633},
        {"frantar2023", .5, 1.587},     {"frantar2023", .75, 2.160},     {"frantar2023", .875, 2.635},
    };
    h->paper = "frantar2023";
    h->provenance = PRINTED;
    for (int i = 0; i < 6; i++) {
        h->provenance = i == 4 ? PRINTED : ARITHMETIC; // the paper has 2.16
        must_be(h, rows[i].published, multiplier(rows[i].set, rows[i].S), 5.1e-4, "size multiplier at sparsity %g (%s)",
                rows[i].S, i < 3 ? "ViT" : "T5");
    }
    h->provenance = ARITHMETIC;
    must_be(h, 3.47, multiplier("frantar2023-vit", 1 - 1e-12), .0051, "its limit (ViT)");
    must_be(h, 3.65, multiplier("frantar2023", 1 - 1e-12), .0051, "its limit (T5)");
}

static void others(Headlines *h) {
    h->paper = "li2025 (Step Law)";
    h->provenance = PRINTED;
    h->provenance = ARITHMETIC;
    must_be_near(h, 1.632e-3, 1.79 * pow(1e9, -.713) * pow(1e11, .307), 1e-3, "learning rate at N = 1e9, D = 1e11");
    must_be_near(h, 1.108e6, .58 * pow(1e11, .571), 1e-3, "batch in tokens there");
    h->paper = "li2026";
    h->provenance = PRINTED;
    double alpha = 6.7e-5 * pow(.1, -1.23), beta = .24 * pow(.1, .21);
    h->provenance = ARITHMETIC;
    must_be(h, .525, alpha * pow(1e18, beta), .0051, "expert over attention FLOPs, sparsity 0.9, C = 1e18");
    must_be(h, 1.04, alpha * pow(1e20, beta), .0051, "the same at 1e20");
    h->provenance = PRINTED;
    cannot_be(h, "a loss", NAN, "as printed it gives losses near 20; R and the sign of tau are unclear",
              "its loss law");
    h->paper = "liew2026";
    h->provenance = PRINTED;
    cannot_be(h, "a rule", NAN, "no fitted formula found", "larger N, lower sparsity, fewer experts");
}

void headlines_sparsity(Headlines *h) {
    tian(h);
    clark(h);
    abnar(h);
    frantar(h);
    others(h);
}
