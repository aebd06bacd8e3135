// plan_text.c - the plan in words and as JSON.
#include "plan.h"

#include "ground/json.h"
#include "ground/number.h"
#include "ground/output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double high_correlation = 0.5;
static const char *const factor_names[PLAN_FACTORS] = {"D", "N", "Na", "G", "S"};

static void print_block(const Design *d, int block) {
    char text[512] = "", list[96];
    int cells, runs = plan_block_runs(d, block, &cells);
    for (int i = 0; plan_backbone[i]; i++) {
        size_t used = strlen(text);
        if (plan_distinct(d, block, plan_backbone[i], list, sizeof list) > 1)
            snprintf(text + used, sizeof text - used, "%s%s (%s)", used ? ", " : "", plan_backbone[i], list);
    }
    char one[3][96];
    for (int i = 0; i < 3; i++) plan_distinct(d, block, plan_backbone[i], one[i], sizeof one[i]);
    if (*text)
        note("  block %s: %d runs of %d cells, whose backbones differ in %s", d->blocks[block], runs, cells, text);
    else if (runs)
        note("  block %s: %d runs of %d cells, one backbone: d_model %s, n_layers %s, n_heads %s", d->blocks[block],
             runs, cells, one[0], one[1], one[2]);
}

static void print_wishes(const Design *d, const PlanSummary *s) {
    char wishes[WISH_TEXT];
    for (int k = 0; k < N_WISHES; k++) {
        const PlannedRun *p = s->worst[k];
        if (!p) continue;
        double wished[N_WISHES], met[N_WISHES], off = s->mismatch[k];
        wish_values(&p->wish, &p->run.shape, wished, met);
        if (off < 5e-5)
            note("  %-2s met as wished", wish_names[k]);
        else
            note("  %-2s met within %.3g%s; worst %.6g, for %s in block %s (%s)", wish_names[k],
                 k == WISH_S ? off : 100 * off, k == WISH_S ? "" : " %", met[k], wish_text(&p->wish, wishes),
                 d->blocks[p->block], p->id);
    }
}

static void print_correlations(const Design *d) {
    PlanCorrelations all = plan_correlations(d, false), fitted = plan_correlations(d, true);
    note("  correlations   %7s %7s %7s %7s %7s", plan_factor_names[0], plan_factor_names[1], plan_factor_names[2],
         plan_factor_names[3], plan_factor_names[4]);
    for (int a = 0; a < PLAN_FACTORS; a++) {
        char line[128] = "";
        for (int b = 0; b <= a; b++) {
            size_t used = strlen(line);
            if (isnan(all.correlation[a][b]))
                snprintf(line + used, sizeof line - used, " %7s", "-");
            else
                snprintf(line + used, sizeof line - used, " %7.2f", all.correlation[a][b]);
        }
        note("    %-12s%s", plan_factor_names[a], line);
    }
    if (all.a == all.b) return;
    double worst = all.correlation[all.a][all.b];
    note("  worst: %s with %s, %.2f; without hold-outs %s with %s, %.2f", plan_factor_names[all.a],
         plan_factor_names[all.b], worst, plan_factor_names[fitted.a], plan_factor_names[fitted.b],
         fitted.correlation[fitted.a][fitted.b]);
    if (fabs(worst) > high_correlation)
        warn("%s and %s correlate at %.2f: a fit cannot well tell them apart; above %.1f cross them more",
             plan_factor_names[all.a], plan_factor_names[all.b], worst, high_correlation);
}

static void print_holdouts(const PlanSummary *s) {
    char text[512] = "";
    for (int i = 0; i < PLAN_MARKS && s->marks[i].n; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%d %s", used ? ", " : "", s->marks[i].n, s->marks[i].name);
    }
    if (s->held) note("  held out of fits: %d runs (%s)", s->held, text);
}

static double seconds_for(const PlanSummary *s, Speed speed) {
    return cost_seconds(&s->cost, speed.gflops) / speed.jobs;
}

void plan_print(const Design *d, Speed speed, int n_kept) {
    char a[NUMBER_TEXT], b[NUMBER_TEXT], c[NUMBER_TEXT];
    PlanSummary s = plan_summary(d);
    note("%d runs of %d cells, %d stable phases to train; %d points of a cell at one D have %d seeds or more",
         d->n_runs, s.cells, s.cost.trunks.n, s.replicated, PLAN_SEEDS);
    for (int k = 0; k < PLAN_FACTORS; k++) {
        if (k < 3)
            note("  %-2s %s .. %s (a factor of %.3g)", factor_names[k], short_count(s.low[k], a),
                 short_count(s.high[k], b), s.high[k] / s.low[k]);
        else
            note("  %-2s %.3g .. %.3g", factor_names[k], s.low[k], s.high[k]);
    }
    print_wishes(d, &s);
    for (int i = 0; i < d->n_blocks; i++) print_block(d, i);
    if (d->n_repeated) note("  %d wishes are met by a run that is already there", d->n_repeated);
    if (d->n_dropped) note("  %d combinations dropped by keep and draw", d->n_dropped);
    if (d->n_impossible)
        note("  %d combinations have less than one routed expert a token, G (1 - S) < 1", d->n_impossible);
    print_correlations(d);
    print_holdouts(&s);
    note("  FLOPs %s, of which %s to train (stable phases shared); %s more, %.0f %%, for evaluation",
         short_count(s.cost.flops, a), short_count(s.cost.trained_flops, b), short_count(s.cost.eval_flops, c),
         100 * s.cost.eval_flops / s.cost.trained_flops);
    note("  about %s with %g jobs at %.3g GFLOP/s each (%s)", short_time(seconds_for(&s, speed), a), speed.jobs,
         speed.gflops, speed.from);
    if (d->table) note("  %d of the runs stand in %s already", n_kept, d->table);
    cost_free(&s.cost);
}

static json_t *correlations_json(const PlanCorrelations *c) {
    json_t *factors = json_array(), *matrix = json_array();
    for (int a = 0; a < PLAN_FACTORS; a++) {
        json_t *row = json_array();
        for (int b = 0; b < PLAN_FACTORS; b++) json_array_append_new(row, json_number(c->correlation[a][b]));
        json_array_append_new(factors, json_string(plan_factor_names[a]));
        json_array_append_new(matrix, row);
    }
    return json_pack("{s:o, s:o, s:[s, s], s:o}", "factors", factors, "matrix", matrix, "worst",
                     plan_factor_names[c->a], plan_factor_names[c->b], "worst_value",
                     json_number(c->a == c->b ? NAN : c->correlation[c->a][c->b]));
}

static json_t *wishes_json(const Design *d, const PlanSummary *s) {
    json_t *all = json_object();
    for (int k = 0; k < N_WISHES; k++) {
        const PlannedRun *p = s->worst[k];
        double wished[N_WISHES], met[N_WISHES];
        if (!p) continue;
        wish_values(&p->wish, &p->run.shape, wished, met);
        json_object_set_new(all, wish_names[k],
                            json_pack("{s:s, s:s, s:o, s:o}", "run_id", p->id, "block", d->blocks[p->block], "wished",
                                      json_number(wished[k]), "met", json_number(met[k])));
    }
    return all;
}

static json_t *blocks_json(const Design *d) {
    json_t *all = json_array();
    char list[96];
    for (int block = 0; block < d->n_blocks; block++) {
        int cells, runs = plan_block_runs(d, block, &cells);
        json_t *differing = json_object();
        for (int i = 0; plan_backbone[i]; i++) {
            int n = plan_distinct(d, block, plan_backbone[i], list, sizeof list);
            if (n > 1) json_object_set_new(differing, plan_backbone[i], json_integer(n));
        }
        json_array_append_new(all, json_pack("{s:s, s:i, s:i, s:o}", "name", d->blocks[block], "runs", runs, "cells",
                                             cells, "differing", differing));
    }
    return all;
}

void plan_json(const Design *d, Speed speed, int n_kept) {
    PlanSummary s = plan_summary(d);
    PlanCorrelations all = plan_correlations(d, false), fitted = plan_correlations(d, true);
    json_t *ranges = json_object(), *holdouts = json_object();
    for (int k = 0; k < PLAN_FACTORS; k++)
        json_object_set_new(ranges, factor_names[k], json_range((double[]){s.low[k], s.high[k]}));
    for (int i = 0; i < PLAN_MARKS && s.marks[i].n; i++)
        json_object_set_new(holdouts, s.marks[i].name, json_integer(s.marks[i].n));
    json_t *root = json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f}", "runs", d->n_runs, "cells", s.cells,
                             "stable_phases", s.cost.trunks.n, "points_with_3_seeds", s.replicated, "total_flops",
                             s.cost.flops, "trained_flops", s.cost.trained_flops, "eval_flops", s.cost.eval_flops,
                             "gflops", speed.gflops, "jobs", speed.jobs, "estimated_s", seconds_for(&s, speed));
    json_object_update_new(root, json_pack("{s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "repeated",
                                           d->n_repeated, "dropped", d->n_dropped, "impossible", d->n_impossible,
                                           "in_table", n_kept, "ranges", ranges, "wishes", wishes_json(d, &s), "blocks",
                                           blocks_json(d), "correlations", correlations_json(&all),
                                           "correlations_fitted", correlations_json(&fitted), "holdouts", holdouts));
    json_print(root);
    cost_free(&s.cost);
}
