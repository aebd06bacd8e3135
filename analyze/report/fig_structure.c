// fig_structure.c - structures compared: what granularity does at each N, the compute-optimal path and the structure on
// it, the compute that it saves over the structure nearest to a dense model (arXiv 2402.07871); loss against structure
// by D at a fixed active size (arXiv 2404.02852).
#include "figures.h"
#include "structure.h"

#include "ground/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH_POINTS = 25, EFFECT_POINTS = 25, SIZES = 3 };

// ---- what granularity does: the loss less what it would be without that term
// -----------------------------------------

static double without_term(const Scene *s, const Point *p) {
    double parameters[LAW_MAX_PARAMETERS];
    memcpy(parameters, s->fit.parameters, sizeof parameters);
    parameters[law_parameter_index(s->fit.law, s->fit.law->granularity)] = 0;
    return law_loss(s->fit.law, parameters, p);
}

static int nearest_of(const double *levels, int n, double x) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (fabs(log(x / levels[i])) < fabs(log(x / levels[best]))) best = i;
    return best;
}

// Three levels of a variable over the runs; one where it hardly moves.
static int levels_of(const Scene *s, Variable v, double levels[SIZES]) {
    for (int k = 0; k < SIZES; k++) levels[k] = scene_quantile(s, v, 0.1 + 0.4 * k);
    if (levels[2] > 1.3 * levels[0]) return SIZES;
    levels[0] = levels[1];
    return 1;
}

Status figure_granularity(const Scene *s) {
    Csv c;
    double sizes[SIZES], ends[2] = {scene_quantile(s, VAR_GRANULARITY, 0), scene_quantile(s, VAR_GRANULARITY, 1)};
    int n = levels_of(s, VAR_N, sizes);
    TRY(csv_open(s, "granularity.csv", "kind,N,x,y", &c));
    for (int k = 0; k < n; k++)
        for (int i = 0; i < EFFECT_POINTS; i++) {
            Point p = s->base;
            p.x[VAR_N] = sizes[k];
            p.x[VAR_GRANULARITY] = ends[0] * pow(ends[1] / ends[0], (double)i / (EFFECT_POINTS - 1));
            double y = law_loss(s->fit.law, s->fit.parameters, &p) - without_term(s, &p);
            csv_row(&c, "tnnn", "term", sizes[k], p.x[VAR_GRANULARITY], y);
        }
    for (int i = 0; i < s->runs.n; i++) {
        const Point *p = &s->points[i];
        double y = s->runs.loss[i] - without_term(s, p), size = sizes[nearest_of(sizes, n, p->x[VAR_N])];
        // At the curve's N: the term scales as the law says.
        Point at = *p;
        at.x[VAR_N] = size;
        double term = law_loss(s->fit.law, s->fit.parameters, p) - without_term(s, p);
        double scaled = y * (law_loss(s->fit.law, s->fit.parameters, &at) - without_term(s, &at)) / term;
        if (scaled > 0) csv_row(&c, "tnnn", "run", size, p->x[VAR_GRANULARITY], scaled);
    }
    return csv_close(&c);
}

const char *no_granularity(const Scene *s) {
    if (!s->fit.law->granularity) return "the law has no term of granularity";
    return scene_quantile(s, VAR_GRANULARITY, 1) > scene_quantile(s, VAR_GRANULARITY, 0)
               ? NULL
               : "all runs have the same granularity";
}

// ---- the path and the gap ------------------------------------------------------------------------------------------

// What a structure is compared with: the dense coefficients where published ones have such a set, else the structure
// nearest to a dense model.
static AllocationTask reference_of(const Scene *s, const AllocationTask *t, const Setting *first, double *dense,
                                   const char **name) {
    char set[80];
    const LawSet *found = NULL;
    AllocationTask r = allocation_only(t, first);
    *name = "";
    snprintf(set, sizeof set, "%s-dense", s->fit.law->name);
    if (s->report.file || law_published(set, dense, &found) != s->fit.law) return r;
    if (allocation_open(&r, s->fit.law, dense) != OK) return allocation_only(t, first);
    *name = "dense";
    return r;
}

static void path_row(const Scene *s, Csv *c, const char *kind, double flops, const Allocation *a, double gap) {
    csv_row(c, "tnnnnnnt", kind, flops, a->loss, a->setting.Na, a->setting.D, gap,
            structure_value(s->fit.law, &a->setting), structure_name(s->fit.law));
}

static void path_at(const Scene *s, Csv *c, AllocationTask *t, double flops) {
    Allocation each[CHOICES];
    double dense[LAW_MAX_PARAMETERS];
    const char *name;
    t->limits.flops = flops;
    int n = allocation_each(t, each), best = -1;
    for (int i = 0; i < n; i++) {
        if (!isfinite(each[i].loss) || each[i].sizeless) continue;
        path_row(s, c, "each", flops, &each[i], NAN);
        if (best < 0 || each[i].loss < each[best].loss) best = i;
    }
    if (best < 0) return;
    AllocationTask reference = reference_of(s, t, &each[0].setting, dense, &name);
    Allocation same, there;
    bool reached = allocation_for_loss(&reference, each[best].loss, &same) == OK;
    path_row(s, c, "path", flops, &each[best], reached ? same.flops_train / flops : NAN);
    reference.limits.flops = flops;
    if (allocation_best(&reference, &there) == OK) path_row(s, c, "reference path", flops, &there, NAN);
}

Status figure_structure(const Scene *s) {
    Csv c;
    AllocationTask t;
    double range[2], dense[LAW_MAX_PARAMETERS];
    const char *name;
    char text[96], value[STRUCTURE_TEXT];
    compute_range(s, range);
    TRY(structures_open(s, &t));
    TRY(csv_open(s, "structure.csv", "kind,x,y,Na,D,gap,structure,text", &c));
    for (int k = 0; k < PATH_POINTS; k++)
        path_at(s, &c, &t, range[0] * pow(100 * range[1] / range[0], (double)k / (PATH_POINTS - 1)));
    csv_row(&c, "tnnnnnnt", "range", range[0], NAN, NAN, NAN, NAN, NAN, "");
    csv_row(&c, "tnnnnnnt", "range", range[1], NAN, NAN, NAN, NAN, NAN, "");
    Allocation each[CHOICES];
    allocation_each(&t, each);
    reference_of(s, &t, &each[0].setting, dense, &name);
    if (*name)
        snprintf(text, sizeof text, "a dense model");
    else
        snprintf(text, sizeof text, "%s %s", structure_name(s->fit.law),
                 structure_text(s->fit.law, &each[0].setting, value));
    csv_row(&c, "tnnnnnnt", "reference", NAN, NAN, NAN, NAN, NAN, NAN, text);
    return csv_close(&c);
}

// ---- loss against structure by D -----------------------------------------------------------------------------------

// The variable of structure, for laws with N and Na apart N at a fixed Na; x is then N/Na.
static Variable structure_variable(const Law *law) {
    return law->kind >= KIND_FREE           ? VAR_N
           : law_uses(law, VAR_E)           ? VAR_E
           : law_uses(law, VAR_GRANULARITY) ? VAR_GRANULARITY
           : law_uses(law, VAR_SPARSITY)    ? VAR_SPARSITY
                                            : N_VARIABLES;
}

static const char *structure_axis(Variable v) {
    return v == VAR_N          ? "*N* over active size *N*_{a}"
           : v == VAR_E        ? "experts *E*"
           : v == VAR_SPARSITY ? "sparsity"
                               : "granularity";
}

const char *no_experts(const Scene *s) {
    Variable v = structure_variable(s->fit.law);
    if (!scene_has(s, VAR_D)) return "the law does not use D";
    if (v == N_VARIABLES) return "the law knows neither experts, granularity, sparsity nor N beside Na";
    return scene_quantile(s, v, 1) > scene_quantile(s, v, 0) ? NULL : "its runs are all of one structure";
}

static double structure_x(const Scene *s, Variable v, const Point *p) {
    return v == VAR_N && scene_has(s, VAR_NA) ? p->x[VAR_N] / p->x[VAR_NA] : p->x[v];
}

static void experts_curve(const Scene *s, Csv *c, Variable v, double tokens, const double ends[2]) {
    for (int i = 0; i < EFFECT_POINTS; i++) {
        double share = (double)i / (EFFECT_POINTS - 1), band[2];
        bool linear = ends[0] <= 0;
        double x = linear ? ends[0] + share * (ends[1] - ends[0]) : ends[0] * pow(ends[1] / ends[0], share);
        Point p = s->base;
        p.x[VAR_D] = tokens;
        p.x[v] = v == VAR_N ? x * p.x[VAR_NA] : x;
        band_at(s, &p, band);
        csv_row(c, "tnnnbbtt", "curve", tokens, x, law_loss(s->fit.law, s->fit.parameters, &p), band[0], band[1],
                structure_axis(v), "");
    }
}

Status figure_experts(const Scene *s) {
    Csv c;
    Variable v = structure_variable(s->fit.law);
    double tokens[SIZES], ends[2] = {INFINITY, -INFINITY};
    int n = levels_of(s, VAR_D, tokens);
    char text[HELD_TEXT];
    for (int i = 0; i < s->runs.n; i++) {
        ends[0] = fmin(ends[0], structure_x(s, v, &s->points[i]));
        ends[1] = fmax(ends[1], structure_x(s, v, &s->points[i]));
    }
    TRY(csv_open(s, "experts.csv", "kind,series,x,y,lo,hi,name,text", &c));
    for (int k = 0; k < n; k++) experts_curve(s, &c, v, tokens[k], ends);
    for (int i = 0; i < s->runs.n; i++) {
        Point p = s->base;
        double x = structure_x(s, v, &s->points[i]);
        p.x[VAR_D] = tokens[nearest_of(tokens, n, s->points[i].x[VAR_D])];
        p.x[v] = v == VAR_N ? x * p.x[VAR_NA] : x;
        double y = s->runs.loss[i] * law_loss(s->fit.law, s->fit.parameters, &p) / s->predicted[i];
        csv_row(&c, "tnnnnntt", "partial", p.x[VAR_D], x, y, NAN, NAN, structure_axis(v), "");
    }
    const Variable moving[] = {VAR_D, v, N_VARIABLES};
    scene_held(s, &s->base, moving, false, text);
    csv_row(&c, "tnnnnntt", "held", NAN, NAN, NAN, NAN, NAN, structure_axis(v), text);
    return csv_close(&c);
}
