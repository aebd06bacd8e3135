// fig_share.c - the best share of active parameters against size, by this fit and by the law's published coefficients;
// what it is where active parameters have a price (the efficiency-aware rule); and models that people know.
//
// The rule is inferred (arXiv 2509.23678 states ranges alone): least L + price Na/N, whose price of 0.39 gives the
// paper's 9 % at 30B and 5 % at 671B.
#include "figures.h"

#include "fit/derived.h"

#include <math.h>
#include <stdio.h>

enum { SHARE_POINTS = 49 };
static const double price = 0.39;

typedef struct {
    const char *name;
    double N, Na;
    const char *source; // arXiv id, whose counts these are
} Known;

static const Known known[] = {
    {"OLMoE", 6.9e9, 1.3e9, "2409.02060"},          {"Qwen3-30B", 30.5e9, 3.3e9, "2505.09388"},
    {"Mixtral 8x7B", 46.7e9, 12.9e9, "2401.04088"}, {"gpt-oss-120b", 116.8e9, 5.1e9, "2508.10925"},
    {"DeepSeek-V2", 236e9, 21e9, "2405.04434"},     {"Hunyuan-Large", 389e9, 52e9, "2411.02265"},
    {"DeepSeek-V3", 671e9, 37e9, "2412.19437"},     {"Kimi K2", 1.04e12, 32e9, "2507.20534"},
};

static void curves(const Fit *fit, Csv *c, const char *of, double from, double to) {
    static const char *const kinds[2] = {"best", "efficient"};
    for (int priced = 0; priced < 2; priced++)
        for (int k = 0; k < SHARE_POINTS; k++) {
            double n = from * pow(to / from, (double)k / (SHARE_POINTS - 1));
            BestAt at = best_at(fit, n);
            at.price = priced ? price : 0;
            double best = best_ratio(fit->law, fit->parameters, &at), interval[2] = {NAN, NAN};
            if (!isfinite(best)) continue; // a dense model is best, or nothing is
            fit_interval(fit, best_ratio, &at, interval);
            if (isinf(interval[0]) && isinf(interval[1])) interval[0] = interval[1] = NAN;
            csv_row(c, "ttnnbbn", of, kinds[priced], n, best, interval[0], interval[1],
                    (double)(n >= fit->range[VAR_N][0] && n <= fit->range[VAR_N][1]));
        }
}

const char *no_known_share(const Scene *s) {
    if (no_share(s)) return no_share(s);
    return s->fit.law->n_sets ? NULL : "the law has no published coefficients to compare with";
}

Status figure_share(const Scene *s) {
    Csv c;
    Fit published;
    char spec[80];
    snprintf(spec, sizeof spec, "published:%s", s->fit.law->name);
    TRY(fit_load(spec, &published));
    Status status = csv_open(s, "share.csv", "of,kind,N,share,lo,hi,inside", &c);
    if (status == OK) {
        double from = scene_quantile(s, VAR_N, 0), to = scene_quantile(s, VAR_N, 1);
        if (s->report.file) curves(&s->fit, &c, "fit", from, 100 * to);
        curves(&published, &c, "published", 1e8, 2e12);
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            csv_row(&c, "ttnnnnn", "model", known[k].name, known[k].N, known[k].Na / known[k].N, NAN, NAN, NAN);
        status = csv_close(&c);
    }
    fit_free(&published);
    return status;
}
