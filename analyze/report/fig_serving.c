// fig_serving.c - what it costs to serve a loss, by structure, all models trained on one budget (arXiv 2404.02852): the
// cost against the loss as a model is made smaller and trained longer, and both budget problems. By the offers of
// `moelaw serve`, on an H100 unless the hardware is named.
#include "figures.h"
#include "structure.h"

#include "decide/offers.h"

#include <math.h>
#include <stdio.h>

enum { FRONTIER_POINTS = 25 };

static void offer_row(const Scene *s, Csv *c, const char *kind, const Offer *o) {
    if (!o->possible) return;
    csv_row(c, "tnnnnntt", kind, structure_value(s->fit.law, &o->model.setting), o->model.loss, o->serving.cost,
            o->model.setting.Na, o->of_optimal, structure_name(s->fit.law), "");
}

// From each structure's own optimum to a loss that is a twentieth further from it than the best one's.
static void frontier(const Scene *s, Csv *c, const Market *m, double least, double most) {
    Offer list[CHOICES];
    for (int k = 0; k < FRONTIER_POINTS; k++) {
        int n = offers_at_loss(m, least + (most - least) * k / (FRONTIER_POINTS - 1), list);
        for (int i = 0; i < n; i++) offer_row(s, c, "frontier", &list[i]);
    }
}

static void problem(const Scene *s, Csv *c, const char *kind, const Offer *list, int n, int best, const Offer *from) {
    for (int i = 0; i < n; i++) {
        if (!list[i].possible) continue;
        const Offer *o = &list[i];
        csv_row(c, "tnnnnntt", kind, structure_value(s->fit.law, &o->model.setting), o->model.loss - from->model.loss,
                o->serving.cost / from->serving.cost, o->model.setting.Na, o->of_optimal, structure_name(s->fit.law),
                i == best ? "best" : "");
    }
}

Status figure_serving(const Scene *s) {
    Csv c;
    Hardware h;
    double range[2];
    char text[256], budget[64];
    Market m = {.hardware = &h, .workload = workload_default, .bytes = 2};
    compute_range(s, range);
    TRY(hardware_read("h100", &h));
    TRY(structures_open(s, &m.problem));
    m.problem.limits.flops = pow(10, ceil(log10(range[1])));
    Offer optimal[CHOICES], bounded[CHOICES];
    int n = offers_optimal(&m, optimal), from = 0, best = offers_best(optimal, n);
    while (from < n && !optimal[from].possible) from++;
    if (best < 0) return warn("no serving.csv: no structure can be served"), OK;
    TRY(csv_open(s, "serving.csv", "kind,series,loss,cost,Na,of_optimal,name,text", &c));
    frontier(s, &c, &m, optimal[best].model.loss, 1.05 * optimal[from].model.loss);
    for (int i = 0; i < n; i++) offer_row(s, &c, "optimal", &optimal[i]);
    n = offers_at_loss(&m, optimal[from].model.loss, bounded);
    problem(s, &c, "bounded loss", bounded, n, offers_cheapest(bounded, n), &optimal[from]);
    n = offers_at_cost(&m, optimal[from].serving.cost, bounded);
    problem(s, &c, "bounded cost", bounded, n, offers_best(bounded, n), &optimal[from]);
    snprintf(budget, sizeof budget, "10^{%.0f} FLOPs", log10(m.problem.limits.flops));
    snprintf(text, sizeof text, "by %s; all trained with %s, served on %s", structure_name(s->fit.law), budget, h.name);
    csv_row(&c, "tnnnnntt", "held", NAN, NAN, NAN, NAN, NAN, structure_name(s->fit.law), text);
    return csv_close(&c);
}
