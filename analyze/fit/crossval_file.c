// crossval_file.c - see crossval_file.h.
#include "crossval_file.h"

#include "ground/json.h"
#include "runs/unused.h"

#include <math.h>

static json_t *range(const double ends[2]) {
    return json_pack("[o, o]", json_number(ends[0]), json_number(ends[1]));
}

static json_t *errors_json(const CrossVal *cv, const Errors *e) {
    char room[32];
    return json_pack("{s:i, s:o, s:o, s:o, s:o}", "n", e->n, "rmse", json_number(e->rmse), "mape", json_number(e->mape),
                     "bias", json_number(e->bias), "worst",
                     e->worst < 0 ? json_null() : json_text(runs_name(cv->runs, e->worst, room)));
}

static json_t *heldout_json(const CrossVal *cv, const double *predicted) {
    json_t *list = json_array();
    char room[32];
    for (int i = 0; i < cv->runs->n; i++)
        if (!isnan(predicted[i]))
            json_array_append_new(
                list, json_pack("[o, f, f]", json_text(runs_name(cv->runs, i, room)), cv->runs->loss[i], predicted[i]));
    return list;
}

static json_t *split_json(const CrossVal *cv, const Contender *c, int s) {
    json_t *split = json_object(), *folds = json_array();
    json_object_set_new(split, "split", json_text(cv->splits[s].name));
    json_object_update_new(split, errors_json(cv, &c->total[s]));
    for (int k = 0; k < cv->splits[s].n_folds; k++) {
        const Fold *f = &cv->splits[s].folds[k];
        json_t *fold = json_pack("{s:o, s:i}", "fold", json_text(f->name), "n_train", f->n_train);
        json_object_update_new(fold, errors_json(cv, &c->folds[s][k]));
        json_array_append_new(folds, fold);
    }
    json_object_set_new(split, "folds", folds);
    json_object_set_new(split, "heldout", heldout_json(cv, c->predicted[s]));
    return split;
}

static json_t *contender_json(const CrossVal *cv, const Contender *c) {
    const Metrics *m = &c->full.metrics;
    char unused[UNUSED_TEXT];
    json_t *law = json_pack("{s:s, s:o}", "law", c->law->name, "variant", json_text(c->name)), *splits = json_array();
    if (c->failed[0]) {
        json_object_set_new(law, "failed", json_text(c->failed));
        json_decref(splits);
        return law;
    }
    unused_variables(cv->runs, c->law, unused);
    json_object_set_new(law, "does_not_see", json_text(unused));
    json_object_update_new(law, json_pack("{s:i, s:[i, i], s:o, s:i}", "rank", c->rank, "rank_range", c->rank_range[0],
                                          c->rank_range[1], "score", json_number(c->score), "k", m->free_parameters));
    json_object_update_new(law, json_pack("{s:o, s:o, s:o, s:o, s:o}", "rmse", json_number(m->rmse), "aicc",
                                          json_number(m->aicc), "delta_aicc", json_number(c->delta_aicc), "weight",
                                          json_number(c->weight), "bic", json_number(m->bic)));
    for (int s = 0; s < cv->n_splits; s++) json_array_append_new(splits, split_json(cv, c, s));
    json_object_set_new(law, "splits", splits);
    return law;
}

// Every pair of laws on every split, the one that ranks better first.
static json_t *differences_json(const CrossVal *cv) {
    json_t *list = json_array();
    for (int a = 0; a < cv->n_contenders; a++)
        for (int b = a + 1; b < cv->n_contenders; b++)
            for (int s = 0; s < cv->n_splits; s++) {
                const Contender *x = &cv->contenders[cv->order[a]], *y = &cv->contenders[cv->order[b]];
                if (isnan(x->total[s].rmse) || isnan(y->total[s].rmse)) continue;
                Difference d = crossval_difference(cv, s, cv->order[a], cv->order[b]);
                json_t *one =
                    json_pack("{s:o, s:o, s:o, s:i, s:i}", "a", json_text(x->name), "b", json_text(y->name), "split",
                              json_text(cv->splits[s].name), "n", d.n, "configurations", d.configurations);
                json_object_update_new(one, json_pack("{s:o, s:o, s:b}", "rmse_difference", json_number(d.difference),
                                                      "ci95", range(d.ci95), "told_apart", d.told_apart));
                json_array_append_new(list, one);
            }
    return list;
}

void crossval_write(FILE *f, const CrossVal *cv) {
    const Runs *runs = cv->runs;
    json_t *laws = json_array(),
           *data = json_pack("{s:o, s:s, s:i, s:i, s:i}", "file", json_text(runs->table->path), "sha256", runs->sha256,
                             "rows_read", runs->rows_read, "rows_used", runs->n, "configurations", runs->n_clusters);
    for (int k = 0; k < cv->n_contenders; k++)
        json_array_append_new(laws, contender_json(cv, &cv->contenders[cv->order[k]]));
    json_t *all = json_pack("{s:i, s:s, s:s, s:o, s:s, s:o, s:o}", "schema", 1, "program", "moelaw " MOELAW_VERSION,
                            "kind", "crossval", "data", data, "ranked_by", CROSSVAL_RANKED_BY, "laws", laws,
                            "differences", differences_json(cv));
    json_dumpf(all, f, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    fputc('\n', f);
    json_decref(all);
}
