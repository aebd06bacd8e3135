// headlines_isoflop.c - arXiv 2603.22339.
#include "headlines.h"
#include "decide/isoflop.h"

#include <math.h>

void headlines_isoflop(Headlines *h) {
    static const struct {
        const char *name;
        Surface s;
        double exponent, ratio[4];
    } rows[] = {
        {"symmetric", {1.69, 400, 400, .31, .31}, .5, {1, 1, 1, 1}},
        {"hoffmann2022 printed", {1.69, 406.4, 410.7, .34, .28}, .45161, {1.0033, 1.0131, 1.0368, 1.0846}},
        {"besiroglu2024", {1.8172, 482.01, 2085.43, .3478, .3658}, .51261, {.9990, .9961, .9892, .9759}},
        {"alpha = 3 beta", {1.69, 400, 400, .465, .155}, .25, {1.0169, 1.0690, 1.2008, 1.4939}},
    };
    static const double widths[] = {.3, .6, 1, 1.5};
    double exponent;
    h->paper = "czech2026";
    h->provenance = PRINTED;
    for (int i = 0; i < 4; i++)
        for (int w = 0; w < 4; w++) {
            IsoflopGrid grid = {widths[w], 0, 5, 15};
            double ratio = isoflop_ratio(&rows[i].s, &grid, 3.8e25, &exponent);
            h->provenance = i == 0 ? PRINTED : ARITHMETIC; // symmetric surfaces come back exactly
            must_be(h, rows[i].ratio[w], ratio, 5.1e-5, "parabola N / true N, %s, half-width %g", rows[i].name,
                    widths[w]);
            h->provenance = ARITHMETIC;
            if (w == 3) must_be(h, rows[i].exponent, exponent, 5.1e-6, "exponent on centred grids, %s", rows[i].name);
        }
    IsoflopGrid drifting = {.6, .1, 5, 15};
    isoflop_ratio(&rows[3].s, &drifting, 3.8e25, &exponent);
    must_be(h, .25115, exponent, 5.1e-6, "exponent on a drifting grid, alpha = 3 beta");
    static const char *const data = "the published Llama 3 points are not here";
    h->provenance = PRINTED;
    cannot_be(h, ".5368", NAN, data, "exponent of D on Llama 3 data");
    cannot_be(h, "6.5 %, $1.4M", NAN, data, "compute lost by the allocation error at 3.8e25");
    cannot_be(h, ".2/8.0/10.1 %", NAN, "exponents of the stand-in surfaces are not printed in full",
              "simulated losses of three model families");
}
