// fig_training.c - what a run table says of training itself, whatever the law: how far seeds differ, which learning
// rate is best, and how much depth and width matter beside the law's factors.
#include "figures.h"
#include "table_record.h"

#include "ground/number.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 512 };

// Everything that makes a run what it is, where the table tells it; what a figure varies is left out.
static const char *const settings[] = {
    "source",

    "cell",    "D",        "N",        "Na",          "num_experts",   "top_k",        "num_shared",
    "d_model", "n_layers", "n_heads",  "d_ff_expert", "d_ff_shared",   "batch_tokens", "lr",
    "seq_len", "gate",     "balance",  "aux_coef",    "z_coef",        "qk_norm",      "router_rate",
    "average", "beta2",    "lr_width", "eval_tokens", "decay_fraction"};

static bool listed(const char *name, const char *const *names) {
    for (; *names; names++)
        if (!strcmp(*names, name)) return true;
    return false;
}

static void key_of(const Scene *s, int i, const char *const *without, char key[KEY]) {
    const Table *t = s->runs.table;
    size_t used = 0;
    key[0] = '\0';
    for (size_t k = 0; k < sizeof settings / sizeof *settings && used < KEY; k++) {
        int column = listed(settings[k], without) ? -1 : table_column(t, settings[k]);
        if (column >= 0) used += (size_t)snprintf(key + used, KEY - used, "%s|", table_cell(t, s->runs.row[i], column));
    }
}

// The number in a column of a used row; NAN where there is none.
static double cell_of(const Scene *s, int i, const char *column) {
    int c = table_column(s->runs.table, column);
    double x;
    return c >= 0 && table_number(s->runs.table, s->runs.row[i], c, &x) == OK ? x : NAN;
}

// Groups of rows alike in all but `without`: group[i] is the first row of i's group.
static int *groups_of(const Scene *s, const char *const *without) {
    int n = s->runs.n, *group = allocate(n, sizeof *group);
    char(*keys)[KEY] = allocate(n, sizeof *keys);
    for (int i = 0; i < n; i++) {
        key_of(s, i, without, keys[i]);
        group[i] = i;
        for (int j = 0; j < i && group[i] == i; j++)
            if (group[j] == j && !strcmp(keys[i], keys[j])) group[i] = j;
    }
    free(keys);
    return group;
}

// ---- seeds
// -----------------------------------------------------------------------------------------------------------

static const char *const but_seed[] = {"seed", NULL};

typedef struct {
    int n;
    double mean, squares; // sum of squared deviations
} Spread;

// Each seed once: the same run twice says nothing of seeds.
static bool seed_known(const Scene *s, const int *group, int first, int i) {
    double seed = cell_of(s, i, "seed");
    for (int j = first; j < i; j++)
        if (group[j] == first && cell_of(s, j, "seed") == seed) return true;
    return isnan(seed);
}

static Spread spread_of(const Scene *s, const int *group, int first) {
    Spread r = {0};
    for (int i = first; i < s->runs.n; i++) {
        if (group[i] != first || seed_known(s, group, first, i)) continue;
        double step = s->runs.loss[i] - r.mean;
        r.mean += step / ++r.n;
        r.squares += step * (s->runs.loss[i] - r.mean);
    }
    return r;
}

const char *no_noise(const Scene *s) {
    if (table_column(s->runs.table, "seed") < 0) return "the table has no seeds";
    int *group = groups_of(s, but_seed), repeats = 0;
    for (int i = 0; i < s->runs.n; i++)
        repeats += group[i] == i && spread_of(s, group, i).n > 1 && s->points[i].x[VAR_D] > 0;
    free(group);
    return repeats ? NULL : "no run was repeated with another seed";
}

// The pooled deviation at one D with its chi-square interval; dof is 0 if no cell was repeated there.
static SeedNoise pooled(const Scene *s, const int *group, double tokens) {
    double squares = 0;
    SeedNoise r = {.tokens = tokens};
    for (int i = 0; i < s->runs.n; i++) {
        if (group[i] != i || fabs(s->points[i].x[VAR_D] / tokens - 1) > 0.02) continue;
        Spread cell = spread_of(s, group, i);
        squares += cell.squares;
        r.dof += cell.n - 1;
    }
    if (!(squares > 0)) return (SeedNoise){.tokens = tokens};
    r.deviation = sqrt(squares / r.dof);
    r.interval[0] = sqrt(squares / gsl_cdf_chisq_Pinv(0.975, r.dof));
    r.interval[1] = sqrt(squares / gsl_cdf_chisq_Pinv(0.025, r.dof));
    return r;
}

int seed_noise(const Scene *s, SeedNoise list[SEED_LEVELS], double slope[3]) {
    double sum = 0, x = 0, y = 0, xx = 0, xy = 0;
    int n = 0, *group = groups_of(s, but_seed);
    for (int i = 0; i < s->runs.n && n < SEED_LEVELS; i++) {
        int k = 0;
        while (k < n && fabs(s->points[i].x[VAR_D] / list[k].tokens - 1) > 0.02) k++;
        if (k < n) continue;
        list[n] = pooled(s, group, s->points[i].x[VAR_D]);
        n += list[n].dof > 0;
    }
    free(group);
    for (int k = 0; k < n; k++)
        sum += list[k].dof, x += list[k].dof * log(list[k].tokens), y += list[k].dof * log(list[k].deviation);
    for (int k = 0; k < n; k++) {
        double from = log(list[k].tokens) - x / sum;
        xx += list[k].dof * from * from, xy += list[k].dof * from * (log(list[k].deviation) - y / sum);
    }
    // The logarithm of a deviation of dof degrees of freedom has variance 1/(2 dof).
    double half = 1.96 / sqrt(2 * xx);
    slope[0] = xx > 0 ? xy / xx : NAN, slope[1] = slope[0] - half, slope[2] = slope[0] + half;
    return n;
}

Status figure_noise(const Scene *s) {
    Csv c;
    SeedNoise list[SEED_LEVELS];
    double slope[3];
    TRY(csv_open(s, "noise.csv", "kind,x,y,lo,hi,n,text", &c));
    int n = seed_noise(s, list, slope), *group = groups_of(s, but_seed);
    for (int i = 0; i < s->runs.n; i++) {
        Spread r = spread_of(s, group, i);
        if (group[i] == i && r.n > 1)
            csv_row(&c, "tnnnnnt", "cell", s->points[i].x[VAR_D], sqrt(r.squares / (r.n - 1)), NAN, NAN, (double)r.n,
                    "");
    }
    free(group);
    for (int k = 0; k < n; k++)
        csv_row(&c, "tnnnnnt", "pooled", list[k].tokens, list[k].deviation, list[k].interval[0], list[k].interval[1],
                (double)list[k].dof, "");
    if (isfinite(slope[0])) csv_row(&c, "tnnnnnt", "slope", NAN, slope[0], slope[1], slope[2], NAN, "");
    return csv_close(&c);
}

// ---- learning rates
// --------------------------------------------------------------------------------------------------

static const char *const but_rate[] = {"seed", "lr", "cell", "eval_tokens", NULL};

// Whether the group has at least three rates.
static bool is_sweep(const Scene *s, const int *group, int first) {
    double seen[3] = {0};
    int n = 0;
    for (int i = first; i < s->runs.n && n < 3; i++) {
        double rate = group[i] == first ? cell_of(s, i, "lr") : NAN;
        bool known = isnan(rate);
        for (int k = 0; k < n; k++) known = known || seen[k] == rate;
        if (!known) seen[n++] = rate;
    }
    return n >= 3;
}

const char *no_rates(const Scene *s) {
    if (table_column(s->runs.table, "lr") < 0) return "the table has no learning rates";
    int *group = groups_of(s, but_rate);
    bool any = false;
    for (int i = 0; i < s->runs.n && !any; i++) any = group[i] == i && is_sweep(s, group, i);
    free(group);
    return any ? NULL : "no runs differ in their learning rate alone, at three rates or more";
}

// Each run, and the mean over seeds at each rate, above the sweep's least mean.
static void sweep_rows(const Scene *s, Csv *c, const int *group, int first) {
    enum { RATES = 64 };
    double rate[RATES], sum[RATES], least = INFINITY;
    int count[RATES], n = 0;
    char series[64];
    for (int i = first; i < s->runs.n; i++) {
        if (group[i] != first) continue;
        double x = cell_of(s, i, "lr");
        int k = 0;
        while (k < n && rate[k] != x) k++;
        if (k == RATES) continue;
        if (k == n) rate[n] = x, sum[n] = 0, count[n++] = 0;
        sum[k] += s->runs.loss[i], count[k]++;
    }
    for (int k = 0; k < n; k++) least = fmin(least, sum[k] / count[k]);
    snprintf(series, sizeof series, "width %.4g at G %.3g", cell_of(s, first, "d_model"),
             isnan(cell_of(s, first, "G")) ? s->points[first].x[VAR_G] : cell_of(s, first, "G"));
    for (bool more = true; more;) { // in the order of the rates
        int next = -1;
        for (int k = 0; k < n; k++)
            if (count[k] && (next < 0 || rate[k] < rate[next])) next = k;
        more = next >= 0;
        if (!more) break;
        double mean = sum[next] / count[next];
        csv_row(c, "ttnnnn", "mean", series, rate[next], mean - least, mean, (double)count[next]);
        count[next] = 0;
    }
    for (int i = first; i < s->runs.n; i++)
        if (group[i] == first)
            csv_row(c, "ttnnnn", "run", series, cell_of(s, i, "lr"), s->runs.loss[i] - least, s->runs.loss[i], 1.0);
}

Status figure_rates(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "rates.csv", "kind,series,x,y,loss,n", &c));
    int *group = groups_of(s, but_rate);
    for (int i = 0; i < s->runs.n; i++)
        if (group[i] == i && is_sweep(s, group, i)) sweep_rows(s, &c, group, i);
    free(group);
    return csv_close(&c);
}

// ---- effects
// ---------------------------------------------------------------------------------------------------------

typedef struct {
    const Scene *s;
    Variable v;
    bool ratio;
    double ends[2];
} Span;

// How far the law's loss moves as one variable goes over the range of the runs, the others held.
static double span_of(const Law *law, const double *parameters, void *context) {
    const Span *x = context;
    double least = INFINITY, most = -INFINITY;
    for (int k = 0; k <= 20; k++) {
        double part = k / 20.0;
        double at = x->v == VAR_S || x->v == VAR_SPARSITY ? x->ends[0] + part * (x->ends[1] - x->ends[0])
                                                          : x->ends[0] * pow(x->ends[1] / x->ends[0], part);
        Point p = x->s->base;
        p.x[x->v] = at;
        double loss = law_loss(law, parameters, &p);
        least = fmin(least, loss), most = fmax(most, loss);
    }
    return most - least;
}

static void factor_spans(const Scene *s, Csv *c) {
    for (int v = 0; v < N_VARIABLES; v++) {
        Span x = {s, (Variable)v, false, {scene_quantile(s, (Variable)v, 0), scene_quantile(s, (Variable)v, 1)}};
        double interval[2];
        if (!scene_has(s, (Variable)v) || !(x.ends[1] > x.ends[0])) continue;
        fit_interval(&s->fit, span_of, &x, interval);
        if (isinf(interval[1])) interval[0] = interval[1] = NAN;
        csv_row(c, "ttnbbn", "law", variable_name((Variable)v), span_of(s->fit.law, s->fit.parameters, &x), interval[0],
                interval[1], (double)s->runs.n);
    }
}

static bool same_factors(const Scene *s, int i, int j) {
    for (int v = 0; v < N_VARIABLES; v++) {
        double a = s->points[i].x[v], b = s->points[j].x[v];
        // Counts of another backbone are never quite the same.
        if (scene_has(s, (Variable)v) && fabs(a - b) > 0.05 * fmax(fabs(a), fabs(b))) return false;
    }
    static const char *const alike[] = {"seed", "lr", "batch_tokens"};
    for (int k = 0; k < 3; k++) {
        double a = cell_of(s, i, alike[k]), b = cell_of(s, j, alike[k]);
        if (a != b && !(isnan(a) && isnan(b))) return false;
    }
    return true;
}

int backbone_effect(const Scene *s, double effect[3]) {
    double sum = 0, squares = 0;
    int n = 0;
    for (int i = 0; i < s->runs.n; i++) {
        int deepest = i;
        bool first = true;
        double layers = cell_of(s, i, "n_layers");
        for (int j = 0; j < s->runs.n; j++) {
            if (j == i || !same_factors(s, i, j)) continue;
            first = first && cell_of(s, j, "n_layers") >= layers;
            if (cell_of(s, j, "n_layers") > cell_of(s, deepest, "n_layers")) deepest = j;
        }
        if (!first || !(cell_of(s, deepest, "n_layers") > layers)) continue;
        double d = s->runs.loss[deepest] - s->runs.loss[i];
        sum += d, squares += d * d, n++;
    }
    double mean = sum / n, half = NAN;
    if (n > 1) half = gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(fmax(squares - n * mean * mean, 0) / (n - 1) / n);
    effect[0] = mean, effect[1] = mean - half, effect[2] = mean + half;
    return n;
}

Status figure_effects(const Scene *s) {
    Csv c;
    TRY(csv_open(s, "effects.csv", "kind,factor,y,lo,hi,n", &c));
    factor_spans(s, &c);
    double effect[3];
    int n = table_column(s->runs.table, "n_layers") >= 0 ? backbone_effect(s, effect) : 0;
    if (n) // its size, as those of the factors are
        csv_row(&c, "ttnnnn", "pairs", "depth for width", fabs(effect[0]), fabs(effect[0]) - (effect[2] - effect[0]),
                fabs(effect[0]) + (effect[2] - effect[0]), (double)n);
    return csv_close(&c);
}
