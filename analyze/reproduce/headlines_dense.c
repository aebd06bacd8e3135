// headlines_dense.c - hoffmann2022 (2203.15556), besiroglu2024 (2404.10102), kaplan2020 (2001.08361).
#include "decide/allocation.h"
#include "headlines.h"

#include <math.h>

static double loss_at(const char *set, double N, double D) {
    double p[LAW_MAX_PARAMETERS];
    const Law *law = law_published(set, p, 0);
    Point at = {.x = {[VAR_N] = N, [VAR_D] = D}};
    return law_loss(law, p, &at);
}

static Allocation best_at(const char *set, double C) {
    double p[LAW_MAX_PARAMETERS];
    AllocationTask t = published_task(set, p);
    Allocation a;
    t.limits.flops = C;
    return allocation_best(&t, &a) == OK ? a : (Allocation){.loss = NAN};
}

static double exponent(const char *set) {
    return log10(best_at(set, 1e21).setting.N / best_at(set, 1e20).setting.N);
}

static void optimum(Headlines *h, const char *set, double C, double N, double per_N, double loss) {
    Allocation a = best_at(set, C);
    must_be_near(h, N, a.setting.N, .005, "%s: best N at %.3g", set, C);
    must_be(h, per_N, a.setting.D / a.setting.N, .06, "%s: D/N there", set);
    must_be(h, loss, a.loss, 5.1e-5, "%s: loss there", set);
}

void headlines_dense(Headlines *h) {
    static const char *const data = "needs the digitised runs: moelaw fit chinchilla_epoch.csv --law hoffmann2022";
    h->paper = "hoffmann2022";
    h->provenance = PRINTED;
    must_be(h, .46, exponent("hoffmann2022"), .005, "exponent of the best N (approach 3)");
    h->provenance = ARITHMETIC;
    must_be(h, .4565, exponent("hoffmann2022"), 5.1e-5, "the same, unrounded coefficients");
    must_be(h, .452, exponent("hoffmann2022-printed"), 5.1e-4, "the same, printed coefficients");
    optimum(h, "hoffmann2022", 1e21, 2.21e9, 34.0, 2.2954);
    optimum(h, "hoffmann2022", 5.76e23, 4.03e10, 59.1, 1.9184);
    must_be(h, 1.9208, loss_at("hoffmann2022", 70e9, 1.4e12), 5.1e-5, "loss at 70e9 parameters, 1.4e12 tokens");
    must_be(h, 1.9366, loss_at("hoffmann2022-printed", 70e9, 1.4e12), 5.1e-5, "the same, printed coefficients");
    h->provenance = PRINTED;
    cannot_be(h, ".50/.50", NAN, "training curves are not public", "exponents of approach 1");
    cannot_be(h, ".49/.51", NAN, "IsoFLOP runs are not public", "exponents of approach 2");
    h->paper = "besiroglu2024";
    h->provenance = PRINTED;
    must_be(h, .5126, exponent("besiroglu2024"), 5.1e-5, "exponent of the best N");
    h->provenance = ARITHMETIC;
    optimum(h, "besiroglu2024", 1e21, 2.78e9, 21.6, 2.3055);
    optimum(h, "besiroglu2024", 5.76e23, 7.22e10, 18.4, 1.9744);
    must_be(h, 1.9739, loss_at("besiroglu2024", 70e9, 1.4e12), 5.1e-5, "loss at 70e9 parameters, 1.4e12 tokens");
    h->provenance = PRINTED;
    cannot_be(h, "1.0183e-3", NAN, data, "summed Huber loss on 240 points");
    cannot_be(h, "1.8172(.03)", NAN, data, "coefficients with standard errors");
    h->paper = "kaplan2020";
    h->provenance = PRINTED;
    h->provenance = ARITHMETIC;
    must_be(h, 2.3739, loss_at("kaplan2020", 1e9, 2e10), 5.1e-5, "loss at 1e9 parameters, 2e10 tokens");
    h->provenance = PRINTED;
    cannot_be(h, ".73/.27", NAN, "an empirical frontier, not a consequence of the joint form",
              "exponents of the best N and D");
}
