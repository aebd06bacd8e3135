// headlines_krajewski.c - arXiv 2402.07871.
#include "decide/allocation.h"
#include "headlines.h"

#include <math.h>

static const struct {
    double Na, D, G, F, L;
} table[] = {
    {100e6, 4.37e9, 8, 2.95e18, 3.133},  {1e9, 28.94e9, 16, 1.93e20, 2.491},   {3e9, 72.90e9, 16, 1.41e21, 2.245},
    {7e9, 137.60e9, 32, 6.46e21, 2.076}, {70e9, 941.07e9, 32, 4.16e23, 1.694}, {300e9, 2.96e12, 64, 5.69e24, 1.503},
    {1e12, 7.94e12, 64, 4.97e25, 1.367},
};

// Compute at which dense models reach what experts reach with C, over C.
static double over_dense(double C) {
    double moe[LAW_MAX_PARAMETERS], dense[LAW_MAX_PARAMETERS];
    AllocationTask p = published_task("krajewski2024", moe), q = published_task("krajewski2024-dense", dense);
    Allocation best, same;
    p.limits.flops = C;
    if (allocation_best(&p, &best) != OK || allocation_for_loss(&q, best.loss, &same) != OK) return NAN;
    return same.flops_train / C;
}

// Compute at which granularity 1 reaches what the best granularity reaches with C, over C.
static double over_coarse(double C) {
    double moe[LAW_MAX_PARAMETERS];
    AllocationTask p = published_task("krajewski2024", moe);
    Allocation best, same;
    p.limits.flops = C;
    if (allocation_best(&p, &best) != OK) return NAN;
    p.granularity = (Choice){1, {1}};
    return allocation_for_loss(&p, best.loss, &same) == OK ? same.flops_train / C : NAN;
}

void headlines_krajewski(Headlines *h) {
    double parameters[LAW_MAX_PARAMETERS];
    AllocationTask p = published_task("krajewski2024", parameters);
    Allocation a;
    h->paper = "krajewski2024";
    h->provenance = PRINTED;
    for (int i = 0; i < 7; i++) {
        p.limits.flops = table[i].F;
        if (allocation_best(&p, &a) != OK) a = (Allocation){.loss = NAN};
        must_be(h, table[i].G, a.setting.granularity, 0, "best granularity for %.3g FLOPs", table[i].F);
        must_be_near(h, table[i].Na, a.setting.Na, .03, "best Na there");
        must_be_near(h, table[i].D, a.setting.D, .025, "best D there");
        must_be(h, table[i].L, a.loss, .025, "loss there (rounded coefficients: 0.011-0.023 low)");
    }
    must_be(h, 20, over_dense(1e20), 2, "dense compute over MoE compute at 1e20, equal loss");
    h->provenance = ARITHMETIC;
    must_be(h, 21.3, over_dense(1e20), .05, "the same from the printed coefficients");
    must_lie(h, 1.65, 2.35, over_coarse(1e19), "granularity 1 over the best, 1e19 FLOPs (1.7-2.3)");
    must_lie(h, 1.65, 2.35, over_coarse(1e24), "granularity 1 over the best, 1e24 FLOPs");
    h->provenance = PRINTED;
    cannot_be(h, "> 40", over_dense(1e25), "printed coefficients are rounded", "dense over MoE compute beyond 1e25");
    cannot_be(h, ".015, .019", NAN, "losses of the runs are not public", "RMSE of the fit and of the held-out runs");
    cannot_be(h, "in an appendix", 14, "not seen; inverting the table gives 13.2-14.3", "routing cost c_r");
}
