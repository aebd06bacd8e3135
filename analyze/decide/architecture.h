// architecture.h - from a budget to a complete, buildable MoE: integer shapes near an allocation, and how near.
//
// The loss of a shape is the law along M, with D = C/M and both ratios at their optima, plus the penalties of M/Na and
// N/Na (holistic.h): laws do not know attention, so the ratio laws must speak for it.
#ifndef MOELAW_ARCHITECTURE_H
#define MOELAW_ARCHITECTURE_H

#include "allocation.h"
#include "holistic.h"

typedef struct {
    int seq_len, vocab;
    int n_experts, top_k, n_shared;   // 0: chosen
    int d_head, n_heads, n_kv_heads;  // 0: chosen
    int kv_group;                     // query heads to a key-value head, where n_kv_heads is chosen
    int d_multiple, ff_multiple;      // widths are multiples of these
    int least_dense, most_dense;      // dense layers
    double dense_ratio;               // d_ff_dense / d_model
    double least_aspect, most_aspect; // d_model / n_layers
    double d_model;                   // preferred width; NAN: the published trend
} Rules;
extern const Rules rules_default;

typedef struct {
    double C;
    const Law *law; // of the loss
    const double *parameters;
    LawKind kind;
    Accounting accounting;
    Setting structure;         // E, granularity, G, S of the law's point
    bool law_knows_total;      // the loss falls with N at given Na
    double x, y;               // ratios wanted
    double M;                  // wanted, where a relation prescribes it; else NAN: as the law likes
    double a_x, b_x, e_y, f_y; // penalties; b_x and f_y are 0 where the law has that side itself
    double y_most;
    const Limits *limits; // that shapes keep; NULL: none
    double law_M;         // M the law alone would take at these ratios; the prescribed M stands for it
} Goal;

typedef struct {
    Shape shape;
    Holistic count;
    double D, loss; // C/M; goal_loss()
} Architecture;

// Penalties from the ratio laws; slopes of published ones from the law itself.
void goal_ratios(Goal *g, const Ratios *r, const Rules *rules);
// What the law itself says of a shape, without penalties.
double goal_law_loss(const Goal *g, const Holistic *h);
// With penalties, at any (not integer) M and ratios. A scale for comparing shapes, since the prescribed M stands for
// law_M.
double goal_loss(const Goal *g, double M, double x, double y);
// The M that the goal's loss likes best at these ratios.
double goal_best_M(const Goal *g, double x, double y);

// Ranges over all shapes found within a tolerance.
typedef struct {
    int n;
    double M[2], x[2], y[2], d_model[2], n_layers[2];
} Shapes;

// Near-optimal range of each alone, not rounded, within `percent` of the loss.
void goal_band(const Goal *g, double percent, double M[2], double x[2], double y[2]);

// Best shape; `band`, unless NULL, gets all within `percent` of its loss. BAD_INPUT names what leaves no shape.
Status architecture_search(const Goal *g, const Rules *rules, double percent, Architecture *best, Shapes *band);
// Whether the search at this scale visits exactly this shape.
bool architecture_visits(const Goal *g, const Rules *rules, const Shape *wanted);

#endif
