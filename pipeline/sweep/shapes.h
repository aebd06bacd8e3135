// shapes.h - from wished factors (N, Na, G, S) to a concrete shape by exact counting.
//
// Widths, depths and expert counts are whole numbers, so wishes are met as closely as these allow: the shape with the
// smallest squared distance in log N, log Na, log G and in S (counted double, since it lives in [0, 1)) is taken. What
// the wishes leave open is settled by two mild preferences, so that shapes stay buildable.
//
// A held backbone (d_model and n_layers fixed): the wishes move the experts alone. G and S come first, as near as whole
// top_k and n_shared allow; then widths and n_experts come closest to N and Na, the router counted.
#ifndef MOELAW_SHAPES_H
#define MOELAW_SHAPES_H

#include "run/run.h"

#include <stdbool.h>

typedef struct {
    double N, Na, G, S;  // NAN: no wish; embeddings counted
    double active_ratio; // active width of a layer's experts, shared ones included, over d_model
    double total_ratio;  // width of all of a layer's experts over d_model
} Wish;

// The wishes one by one, with what a shape has of each.
enum { N_WISHES = 6, WISH_S = 3, WISH_TEXT = 160 };
extern const char *const wish_names[N_WISHES];
void wish_values(const Wish *wish, const Shape *s, double wished[N_WISHES], double met[N_WISHES]);
// How far wish k is missed: a share of it; for S, which may be 0, the difference. -1 if there is no such wish.
double wish_missed(const Wish *wish, const Shape *s, int k);

// "N = 1e+06, Na = 2e+05, G = 4".
const char *wish_text(const Wish *wish, char text[WISH_TEXT]);

// Fields of the run that a design sets by hand; the solver leaves them alone.
typedef struct {
    bool d_model, n_layers, n_experts, top_k, n_shared, d_ff_expert;
} FixedFields;

typedef struct {
    int d_model_multiple, d_ff_multiple; // 8
    double width_ratio;                  // preferred active width of a layer over d_model: 3 (2603.21862: 3 to 3.5)
    double depth_ratio;                  // preferred d_model / n_layers: 32
} SolveOptions;

SolveOptions solve_defaults(void);

// The widths that the wishes of the same name mean.
double shape_active_ratio(const Shape *s);
double shape_total_ratio(const Shape *s);

// Fills the open shape fields of `run` (others must be set; those that follow from others may still be -1).
// BAD_INPUT if no shape comes within a factor of two of N and Na.
Status solve_shape(const Wish *wish, const FixedFields *fixed, const SolveOptions *options, Run *run);

#endif
