// figures.h - tidy data for the plot room: one CSV a figure, so that each can be redrawn from it alone.
#ifndef MOELAW_FIGURES_H
#define MOELAW_FIGURES_H

#include "scene.h"

Status figure_parity(const Scene *s);        // parity.csv
Status figure_extrapolation(const Scene *s); // extrapolation.csv
Status figure_marginal(const Scene *s);      // marginal.csv
Status figure_isoflop(const Scene *s);       // isoflop.csv, allocation.csv
Status figure_contour(const Scene *s);       // contour.csv
Status figure_best_ratio(const Scene *s);    // best_ratio.csv
Status figure_crossval(const Scene *s);      // crossval.csv
Status figure_draws(const Scene *s);         // draws.csv
Status figure_profile(const Scene *s);       // profile.csv
Status figure_starts(const Scene *s);        // starts.csv
Status figure_hooks(const Scene *s);         // hooks.csv
Status figure_share(const Scene *s);         // share.csv
Status figure_granularity(const Scene *s);   // granularity.csv
Status figure_structure(const Scene *s);     // structure.csv
Status figure_experts(const Scene *s);       // experts.csv
Status figure_serving(const Scene *s);       // serving.csv
Status figure_holistic(const Scene *s);      // holistic.csv
Status figure_ranks(const Scene *s);         // ranks.csv
Status figure_noise(const Scene *s);         // noise.csv
Status figure_rates(const Scene *s);         // rates.csv
Status figure_effects(const Scene *s);       // effects.csv

// Why a figure cannot be had of this law, fit or table, for people; NULL if it can.
const char *no_compute(const Scene *s);
const char *no_heldout(const Scene *s);
const char *no_extrapolation(const Scene *s);
const char *no_share(const Scene *s);
const char *no_known_share(const Scene *s);
const char *no_hooks(const Scene *s);
const char *no_granularity(const Scene *s);
const char *no_structures(const Scene *s);
const char *no_experts(const Scene *s);
const char *no_holistic(const Scene *s);
const char *no_ranks(const Scene *s);
const char *no_noise(const Scene *s);
const char *no_rates(const Scene *s);

// 95 % band of the curve at a point, from the draws; unknown where it would be wider than the loss itself.
void band_at(const Scene *s, const Point *p, double band[2]);

// A split as people say it: "largest C", "random folds".
enum { SPLIT_TEXT = 64 };
const char *split_title(const char *split, char text[SPLIT_TEXT]);

#endif
