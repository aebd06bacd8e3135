// relations.c - see relations.h.
#include "relations.h"

#include <gsl/gsl_fit.h>
#include <math.h>
#include <string.h>

double power_at(Power p, double C) {
    return p.factor * pow(C, p.exponent);
}

const Power wan_M = {0.04368, 0.5437}, wan_D = {22.8929, 0.4563};

const WanScale wan_scales[WAN_SCALES] = {
    {1e18, 0.2672e9, 3.7420e9, 10.99, 19.23, 19, 64, 4, 2, {648, 1, 9, 104}, {528, 2, 8, 144}},
    {3e18, 0.4856e9, 6.1775e9, 9.91, 19.33, 20, 64, 8, 4, {792, 1, 6, 240}, {528, 4, 4, 624}},
    {1e19, 0.9345e9, 10.7004e9, 9.19, 20.69, 21, 64, 8, 4, {1272, 1, 12, 160}, {1032, 1, 12, 208}},
    {3e19, 1.6983e9, 17.6649e9, 8.78, 20.78, 21, 128, 8, 4, {1592, 1, 10, 296}, {1088, 3, 8, 544}},
    {1e20, 3.2681e9, 30.5985e9, 8.36, 21.29, 22, 128, 8, 4, {1736, 1, 17, 328}, {1344, 3, 15, 480}},
    {3e20, 5.9390e9, 50.5138e9, 8.22, 22.07, 22, 128, 16, 8, {2200, 1, 15, 528}, {1880, 2, 14, 672}},
};

Power power_fit(const double *x, const double *y, int n) {
    double log_x[64], log_y[64], c0, c1, c00, c01, c11, sum;
    for (int i = 0; i < n; i++) {
        log_x[i] = log(x[i]);
        log_y[i] = log(y[i]);
    }
    gsl_fit_linear(log_x, 1, log_y, 1, (size_t)n, &c0, &c1, &c00, &c01, &c11, &sum);
    return (Power){exp(c0), c1};
}

// Through the scales' N/Na, or what their M/Na has above 6.
static Power through_scales(bool above) {
    double C[WAN_SCALES], ratio[WAN_SCALES];
    for (int i = 0; i < WAN_SCALES; i++) {
        C[i] = wan_scales[i].C;
        ratio[i] = above ? wan_scales[i].x - 6 : wan_scales[i].y;
    }
    return power_fit(C, ratio, WAN_SCALES);
}

Power wan_y(void) {
    return through_scales(false);
}

double wan_x(double C) {
    return 6 + power_at(through_scales(true), C);
}

static const struct {
    double a, d, gamma, beta, A_start, A_max;
} tian = {1.23, -7.61e-2, 1.67e-2, -1.17e-1, 1.63e-2, 5.28e16};

const Power tian_moe_M = {0.1915, 0.5095}, tian_moe_D = {5.2232, 0.4905};
const Power tian_dense_M = {0.0655, 0.5422}, tian_dense_D = {15.2582, 0.4578};
const Power tian_lr = {1.1576, -0.1529}, tian_batch = {0.0694, 0.3644};

double tian_leverage(double A, double granularity, double C) {
    double saturated = 1 / (1 / (A + 1 / (1 / tian.A_start - 1 / tian.A_max)) + 1 / tian.A_max);
    double g = log2(granularity), alpha = tian.a + tian.d * log10(C);
    return pow(saturated, alpha + tian.gamma * g * g + tian.beta * g);
}

double tian_best_granularity(void) {
    return exp2(-tian.beta / (2 * tian.gamma));
}

bool published_split(const char *spec, Power *M, Power *D) {
    const struct {
        const char *spec;
        Power M, D;
    } splits[] = {{"published:wan2026", wan_M, wan_D},
                  {"published:tian2025", tian_moe_M, tian_moe_D},
                  {"published:tian2025-dense", tian_dense_M, tian_dense_D}};
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        if (strcmp(spec, splits[i].spec)) continue;
        *M = splits[i].M;
        *D = splits[i].D;
        return true;
    }
    return false;
}

static Sheet one_row(const Column *columns, const double *x, int n, const char *name) {
    Sheet s = sheet_open(columns, n, 1);
    for (int i = 0; i < n; i++) sheet_put(&s, 0, i, x[i]);
    sheet_cell(&s, 0, 0)->word = name;
    return s;
}

Sheet tian_answer(double C, double activation) {
    static const Column columns[] = {
        {"law", "compute of a dense model over the MoE's (2507.17702)", NULL, AS_WORD},
        {"C", "training FLOPs", NULL, AS_FLOPS},
        {"activation", "share of experts active", NULL, AS_SHORT},
        {"granularity", "best granularity (the same at every A and C)", NULL, AS_SHORT},
        {"leverage", "leverage there", NULL, AS_SHORT},
        {"leverage_at_12", "leverage at granularity 12", NULL, AS_SHORT},
        {"M", "FLOPs per token", NULL, AS_PEOPLE},
        {"D", "tokens", NULL, AS_PEOPLE},
        {"lr", "learning rate (fitted on 3e17..3e20)", NULL, AS_SHORT},
        {"batch_tokens", "batch, tokens", NULL, AS_PEOPLE},
    };
    double G = tian_best_granularity();
    const double x[] = {NAN,
                        C,
                        activation,
                        G,
                        tian_leverage(activation, G, C),
                        tian_leverage(activation, 12, C),
                        power_at(tian_moe_M, C),
                        power_at(tian_moe_D, C),
                        power_at(tian_lr, C),
                        power_at(tian_batch, C)};
    return one_row(columns, x, 10, "tian2025");
}

Sheet wan_answer(double C, Warnings *w) {
    static const Column columns[] = {
        {"law", "holistic architecture (2603.21862)", NULL, AS_WORD},
        {"C", "training FLOPs", NULL, AS_FLOPS},
        {"M", "M, FLOPs per token", NULL, AS_PEOPLE},
        {"D", "D, tokens", NULL, AS_PEOPLE},
        {"M_over_Na", "M/Na (through the published architectures)", NULL, AS_SHORT},
        {"N_over_Na", "N/Na (through the published optima)", NULL, AS_SHORT},
        {"Na_over_N", NULL, NULL, AS_SHORT},
        {"Na", "Na", NULL, AS_PEOPLE},
        {"N", "N", NULL, AS_PEOPLE},
    };
    double M = power_at(wan_M, C), D = power_at(wan_D, C), x = wan_x(C), y = power_at(wan_y(), C);
    warn_outside_wan(w, C);
    const double values[] = {NAN, C, M, D, x, y, 1 / y, M / x, y * M / x};
    return one_row(columns, values, 9, "wan2026");
}

void warn_outside_wan(Warnings *w, double C) {
    if (C < 0.99e18 || C > 3.01e20)
        warning_add(w, "C = %.3g lies a factor %.3g outside the budgets of wan2026 (1e18..3e20): extrapolated", C,
                    C > 3e20 ? C / 3e20 : 1e18 / C);
}
