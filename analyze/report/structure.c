// structure.c - see structure.h.
#include "figures.h"
#include "structure.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>

void compute_range(const Scene *s, double range[2]) {
    range[0] = INFINITY;
    range[1] = 0;
    for (int i = 0; i < s->runs.n; i++) {
        range[0] = fmin(range[0], scene_flops(s, &s->points[i]));
        range[1] = fmax(range[1], scene_flops(s, &s->points[i]));
    }
}

Status structures_open(const Scene *s, AllocationTask *t) {
    TRY(allocation_of_fit(t, &s->fit));
    if (s->fit.law->kind < KIND_FREE) return OK;
    double least = 1, most = 0;
    for (int i = 0; i < s->runs.n; i++) {
        double share = s->points[i].x[VAR_NA] / s->points[i].x[VAR_N];
        least = fmin(least, share), most = fmax(most, share);
    }
    for (double share = 1; share > 1e-4; share /= 2)
        if (share >= least / 1.2 && share <= most * 1.2) t->ratio.value[t->ratio.n++] = share;
    return OK;
}

int structures(const AllocationTask *t) {
    const Law *law = t->law;
    return law->kind >= KIND_FREE           ? t->ratio.n
           : law_uses(law, VAR_GRANULARITY) ? t->granularity.n
           : law_uses(law, VAR_E)           ? t->experts.n
           : law_uses(law, VAR_SPARSITY)    ? t->sparsity.n
                                            : 1;
}

const char *structure_name(const Law *law) {
    return law->kind >= KIND_FREE           ? "*N*_{a}/*N*"
           : law_uses(law, VAR_GRANULARITY) ? "granularity"
           : law_uses(law, VAR_E)           ? "experts"
                                            : "sparsity";
}

double structure_value(const Law *law, const Setting *s) {
    return law->kind >= KIND_FREE           ? s->ratio
           : law_uses(law, VAR_GRANULARITY) ? s->granularity
           : law_uses(law, VAR_E)           ? s->E
                                            : s->sparsity;
}

const char *structure_text(const Law *law, const Setting *s, char text[STRUCTURE_TEXT]) {
    char number[NUMBER_TEXT];
    snprintf(text, STRUCTURE_TEXT, "%s", number_text(structure_value(law, s), number));
    return text;
}

const char *no_structures(const Scene *s) {
    AllocationTask t;
    if (!scene_has_compute(s)) return "the law lacks size or D, so its runs have no compute";
    if (s->fit.law->kind == KIND_OTHER) return "nothing is known of what this law's models cost";
    if (structures_open(s, &t) != OK) return "the law has nothing to allocate";
    return structures(&t) > 1 ? NULL : "the law, or its runs, know one structure alone: there is nothing to compare";
}
