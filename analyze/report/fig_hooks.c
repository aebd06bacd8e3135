// fig_hooks.c - what each factor is worth: the loss above its least along G, S and Na/N, all else held.
//
// A curve is the law's, less its least value among the runs; its band is of that difference, so that what moves all
// losses alike does not widen it. A level is the mean over the configurations that stand there, each run moved to the
// factors that the curve holds (a partial residual, fig_marginal.c); its 95 % interval is by t, from how far the
// configurations of a level differ, over all levels.
#include "figures.h"

#include "fit/derived.h"
#include "ground/number.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOOK_POINTS = 81, MOST_LEVELS = 64 };

typedef struct {
    const char *name;
    Variable variable;
    bool ratio;     // x is Na/N, N held
    double width;   // values within this are one level: a factor, for S a difference
    double ends[2]; // of the runs
} Hook;

static double place(const Hook *h, const Point *p) {
    return h->ratio ? p->x[VAR_NA] / p->x[VAR_N] : p->x[h->variable];
}

static Point moved(const Hook *h, const Point *base, double x) {
    Point p = *base;
    p.x[h->variable] = h->ratio ? x * p.x[VAR_N] : x;
    return p;
}

static double along(const Hook *h, double share) {
    bool linear = h->variable == VAR_S;
    return linear ? h->ends[0] + share * (h->ends[1] - h->ends[0]) : h->ends[0] * pow(h->ends[1] / h->ends[0], share);
}

static double loss_at(const Scene *s, const Hook *h, double x) {
    Point p = moved(h, &s->base, x);
    return law_loss(s->fit.law, s->fit.parameters, &p);
}

// 95 % of the difference of loss between x and the reference.
static void difference_band(const Scene *s, const Hook *h, double x, double reference, double band[2]) {
    Point at = moved(h, &s->base, x), from = moved(h, &s->base, reference);
    int n = law_n_parameters(s->fit.law);
    band[0] = band[1] = NAN;
    if (!s->fit.n_draws) return;
    double *values = allocate(s->fit.n_draws, sizeof *values);
    for (int b = 0; b < s->fit.n_draws; b++) {
        const double *draw = s->fit.draws + (long)b * n;
        values[b] = law_loss(s->fit.law, draw, &at) - law_loss(s->fit.law, draw, &from);
    }
    interval95(values, s->fit.n_draws, band);
    if (!(band[1] - band[0] < loss_at(s, h, x))) band[0] = band[1] = NAN; // as band_at()
    free(values);
}

static void curve(const Scene *s, Csv *c, const Hook *h, double reference) {
    double least = loss_at(s, h, reference), band[2];
    for (int k = 0; k < HOOK_POINTS; k++) {
        double x = along(h, (double)k / (HOOK_POINTS - 1));
        difference_band(s, h, x, reference, band);
        csv_row(c, "ttnnbbnt", h->name, "curve", x, loss_at(s, h, x) - least, band[0], band[1], NAN, "");
    }
}

typedef struct {
    double x, sum, sum2;
    int n; // configurations
} Level;

static bool same_level(const Hook *h, double a, double b) {
    return h->variable == VAR_S ? fabs(a - b) <= h->width : fabs(log(a / b)) <= log(h->width);
}

// Each configuration (all its runs) counts once at the level where it stands.
static int levels_of(const Scene *s, const Hook *h, double least, Level *levels) {
    int n = 0;
    for (int cluster = 0; cluster < s->runs.n_clusters; cluster++) {
        double x = NAN, sum = 0;
        int rows = 0;
        for (int i = 0; i < s->runs.n; i++) {
            if (s->runs.cluster[i] != cluster) continue;
            x = place(h, &s->points[i]);
            sum += s->runs.loss[i] * loss_at(s, h, x) / s->predicted[i] - least;
            rows++;
        }
        if (!rows) continue;
        int k = 0;
        while (k < n && !same_level(h, levels[k].x, x)) k++;
        if (k == MOST_LEVELS) continue;
        if (k == n) levels[n++] = (Level){.x = x};
        double mean = sum / rows;
        levels[k].sum += mean, levels[k].sum2 += mean * mean, levels[k].n++;
    }
    return n;
}

static void level_rows(const Scene *s, Csv *c, const Hook *h, double least) {
    Level levels[MOST_LEVELS];
    int n = levels_of(s, h, least, levels), dof = 0;
    double squares = 0;
    for (int k = 0; k < n; k++) {
        squares += fmax(levels[k].sum2 - levels[k].sum * levels[k].sum / levels[k].n, 0);
        dof += levels[k].n - 1;
    }
    double wide = dof > 0 ? gsl_cdf_tdist_Pinv(0.975, dof) * sqrt(squares / dof) : NAN;
    for (int k = 0; k < n; k++) {
        const Level *l = &levels[k];
        double mean = l->sum / l->n, half = wide / sqrt(l->n);
        csv_row(c, "ttnnnnnt", h->name, "level", l->x, mean, mean - half, mean + half, (double)l->n, "");
    }
}

static void optimum(const Scene *s, Csv *c, const Hook *h, double least) {
    BestAt at = best_at(&s->fit, s->base.x[VAR_N]);
    FitFunction best = h->ratio ? best_ratio : h->variable == VAR_G ? best_g : best_s;
    double interval[2], x = best(s->fit.law, s->fit.parameters, &at);
    char text[96];
    fit_interval(&s->fit, best, &at, interval);
    bool inside = x >= h->ends[0] && x <= h->ends[1], open = isinf(interval[0]) && isinf(interval[1]);
    if (open) interval[0] = interval[1] = NAN;
    if (inside)
        csv_row(c, "ttnnbbnt", h->name, "optimum", x, loss_at(s, h, x) - least, interval[0], interval[1], NAN, "");
    const char *side = x < h->ends[0] ? "below" : "above";
    snprintf(text, sizeof text,
             isnan(x) ? "no minimum"
             : inside ? "minimum not determined"
                      : "minimum %s the runs",
             side);
    if (!inside || open) csv_row(c, "ttnnnnnt", h->name, "note", NAN, NAN, NAN, NAN, NAN, text);
}

static void one_hook(const Scene *s, Csv *c, Hook *h) {
    const Variable moving[] = {h->variable, N_VARIABLES};
    char text[HELD_TEXT];
    double reference = h->ends[0];
    for (int k = 1; k < HOOK_POINTS; k++) {
        double x = along(h, (double)k / (HOOK_POINTS - 1));
        if (loss_at(s, h, x) < loss_at(s, h, reference)) reference = x;
    }
    double least = loss_at(s, h, reference);
    curve(s, c, h, reference);
    level_rows(s, c, h, least);
    optimum(s, c, h, least);
    scene_held(s, &s->base, moving, false, text);
    csv_row(c, "ttnnnnnt", h->name, "held", NAN, NAN, NAN, NAN, NAN, text);
}

// The factors of which law and runs can tell something.
static int hooks_of(const Scene *s, Hook hooks[3]) {
    const Hook all[] = {
        {"G", VAR_G, false, 1.12, {0}}, {"S", VAR_S, false, 0.04, {0}}, {"Na/N", VAR_NA, true, 1.3, {0}}};
    int n = 0;
    for (int k = 0; k < 3; k++) {
        Hook h = all[k];
        if (!scene_has(s, h.variable) || (h.ratio && !scene_has(s, VAR_N))) continue;
        h.ends[0] = INFINITY, h.ends[1] = -INFINITY;
        for (int i = 0; i < s->runs.n; i++) {
            h.ends[0] = fmin(h.ends[0], place(&h, &s->points[i]));
            h.ends[1] = fmax(h.ends[1], place(&h, &s->points[i]));
        }
        if (h.ends[1] > h.ends[0]) hooks[n++] = h;
    }
    return n;
}

const char *no_hooks(const Scene *s) {
    Hook hooks[3];
    if (hooks_of(s, hooks)) return NULL;
    return scene_has(s, VAR_G) ? "G, S and Na/N are the same in all runs" : "the law has neither G, S nor Na beside N";
}

Status figure_hooks(const Scene *s) {
    Hook hooks[3];
    Csv c;
    int n = hooks_of(s, hooks);
    TRY(csv_open(s, "hooks.csv", "factor,kind,x,y,lo,hi,n,text", &c));
    for (int k = 0; k < n; k++) one_hook(s, &c, &hooks[k]);
    return csv_close(&c);
}
