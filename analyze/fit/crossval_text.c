// crossval_text.c - see crossval_text.h.
#include "crossval_text.h"

#include <math.h>
#include <string.h>

static void print_ranking(FILE *f, const CrossVal *cv) {
    fprintf(f, "%-6s %-7s %-30s %3s %10s %10s %10s %8s\n", "rank", "range", "law", "k", "score", "in-sample", "AICc",
            "weight");
    for (int k = 0; k < cv->n_contenders; k++) {
        const Contender *c = &cv->contenders[cv->order[k]];
        if (c->failed[0]) {
            fprintf(f, "%-6s %-7s %-30s could not be fitted\n", "-", "", c->name);
            note("%s", c->failed);
            continue;
        }
        const Metrics *m = &c->full.metrics;
        char range[16], aicc[32] = "-", score[32] = "-"; // undefined where nearly every run is a coefficient
        snprintf(range, sizeof range, "%d-%d", c->rank_range[0], c->rank_range[1]);
        if (isfinite(m->aicc)) snprintf(aicc, sizeof aicc, "%.2f", m->aicc);
        if (isfinite(c->score)) snprintf(score, sizeof score, "%.3f", c->score);
        fprintf(f, "%-6d %-7s %-30s %3d %10s %10.5f %10s %8.4f\n", c->rank, range, c->name, m->free_parameters, score,
                m->rmse, aicc, c->weight);
    }
    fprintf(f, "ranked by the " CROSSVAL_RANKED_BY ";\nrange: the places when any one split is left out\n");
}

// How a law fares on a split against the one that ranks first.
static void print_against(FILE *f, const CrossVal *cv, int split, int law) {
    const Contender *c = &cv->contenders[law], *first = &cv->contenders[cv->order[0]];
    fprintf(f, "  %-30s", c->name);
    if (isnan(c->total[split].rmse)) { // too few runs are left for this law
        fprintf(f, " %10s\n", "not fitted");
        return;
    }
    fprintf(f, " %10.5f %+9.3f", c->total[split].rmse, c->total[split].bias);
    if (c != first && !isnan(first->total[split].rmse)) {
        Difference d = crossval_difference(cv, split, law, cv->order[0]);
        char interval[48];
        snprintf(interval, sizeof interval, "[%.5f, %.5f]", d.ci95[0], d.ci95[1]);
        fprintf(f, " %+10.5f %-20s %s", d.difference, interval,
                !d.told_apart      ? "cannot tell"
                : d.difference < 0 ? "better"
                                   : "worse");
    }
    fprintf(f, "\n");
}

static void print_splits(FILE *f, const CrossVal *cv) {
    for (int s = 0; s < cv->n_splits; s++) {
        int rows, configurations;
        split_size(cv->runs, &cv->splits[s], &rows, &configurations);
        fprintf(f, "\n%s: %d runs of %d configurations%s\n", cv->splits[s].name, rows, configurations,
                configurations < FEWEST_TO_TELL ? ", too few to tell laws apart" : "");
        fprintf(f, "  %-30s %10s %9s %10s %s\n", "law", "RMSE", "bias %", "difference", "to the first in rank");
        for (int k = 0; k < cv->n_contenders; k++)
            if (!cv->contenders[cv->order[k]].failed[0]) print_against(f, cv, s, cv->order[k]);
    }
}

static double mean_rmse(const CrossVal *cv, const Contender *c) {
    double sum = 0;
    for (int s = 0; s < cv->n_splits; s++) sum += c->total[s].rmse / cv->n_splits;
    return sum;
}

static void print_asymptotes(FILE *f, const CrossVal *cv) {
    for (int i = 0; i < cv->n_contenders; i++)
        for (int j = 0; j < cv->n_contenders; j++) {
            const Contender *free_one = &cv->contenders[i], *fixed = &cv->contenders[j];
            if (free_one->law != fixed->law || i == j || strchr(free_one->name, '[') || free_one->failed[0] ||
                fixed->failed[0])
                continue;
            int a = law_asymptote(free_one->law);
            fprintf(f, "\n%s: asymptote %s free %.5f, held %.5f; held-out RMSE changes by %+.5f when held\n",
                    free_one->law->name, free_one->law->asymptote, free_one->full.parameters[a],
                    fixed->full.parameters[a], mean_rmse(cv, fixed) - mean_rmse(cv, free_one));
        }
}

void crossval_print(FILE *f, const CrossVal *cv) {
    print_ranking(f, cv);
    print_splits(f, cv);
    print_asymptotes(f, cv);
}
