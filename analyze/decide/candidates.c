// candidates.c - see candidates.h.
#include "candidates.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 5 };

Point shape_point(const Law *law, const Shape *s) {
    Shape counted = *s;
    // A size of "the corresponding dense model" is that of one expert.
    if (law->kind == KIND_DENSE_SIZE) counted.n_experts = counted.top_k = 1;
    Counts c = shape_count(&counted), all = shape_count(s);
    Point p = {.x = {[VAR_D] = NAN,
                     [VAR_N] = c.N,
                     [VAR_NA] = c.Na,
                     [VAR_E] = s->n_experts,
                     [VAR_GRANULARITY] = all.granularity,
                     [VAR_G] = all.G,
                     [VAR_S] = all.S,
                     [VAR_SPARSITY] = 1 - (double)s->top_k / s->n_experts}};
    for (int i = 0; i < law->n_variables; i++) {
        if (law->variables[i].count != COUNT_NONEMB) continue;
        Variable v = law->variables[i].variable;
        p.x[v] = v == VAR_N ? c.N_nonemb : c.Na_nonemb;
    }
    return p;
}

// ---- what the runs are like ----------------------------------------------------------------------------------------

// Middle of the values above 0; `otherwise` if there are none.
static double middle(double *x, int n, double otherwise) {
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (x[i] > 0) x[kept++] = x[i];
    gsl_sort(x, 1, (size_t)kept);
    return kept ? gsl_stats_median_from_sorted_data(x, 1, (size_t)kept) : otherwise;
}

typedef struct {
    double range[N_VARIABLES][2]; // of the runs, sizes and tokens extended
    double ratio[2];              // of Na/N, where the law has both
    double aspect, ffn;           // d_model / n_layers; active expert width / d_model
    int vocab;                    // 2 where the runs do not tell: embeddings as good as left out
} Family;

static bool is_size(Variable v) {
    return v == VAR_N || v == VAR_NA || v == VAR_D;
}

// Shapes of the runs, where their table has them.
static void habits(const Runs *runs, Family *f) {
    static const char *const names[] = {"d_model", "n_layers", "d_ff_expert", "G", "N", "N_nonemb"};
    double *x = allocate((size_t)runs->n * 3, sizeof *x), *aspect = x, *ffn = x + runs->n, *vocab = ffn + runs->n;
    for (int i = 0; i < runs->n; i++) {
        double v[6];
        for (int k = 0; k < 6; k++) {
            int column = table_column(runs->table, names[k]);
            if (column < 0 || table_number(runs->table, runs->row[i], column, &v[k]) != OK) v[k] = NAN;
        }
        aspect[i] = v[0] / v[1];
        ffn[i] = v[2] * v[3] / v[0];
        vocab[i] = (v[4] - v[5]) / (2 * v[0]);
    }
    f->aspect = middle(aspect, runs->n, 64);
    f->ffn = middle(ffn, runs->n, 3);
    f->vocab = (int)fmax(2, lround(middle(vocab, runs->n, 2)));
    free(x);
}

static Family family_of(const Law *law, const Runs *runs, const Point *points, double extend) {
    Family f = {.ratio = {INFINITY, 0}};
    for (int v = 0; v < N_VARIABLES; v++) {
        f.range[v][0] = INFINITY;
        f.range[v][1] = -INFINITY;
        for (int i = 0; i < runs->n; i++) {
            f.range[v][0] = fmin(f.range[v][0], points[i].x[v]);
            f.range[v][1] = fmax(f.range[v][1], points[i].x[v]);
        }
        if (is_size((Variable)v)) f.range[v][1] *= extend;
    }
    for (int i = 0; i < runs->n && law_uses(law, VAR_N) && law_uses(law, VAR_NA); i++) {
        double r = points[i].x[VAR_NA] / points[i].x[VAR_N];
        f.ratio[0] = fmin(f.ratio[0], r);
        f.ratio[1] = fmax(f.ratio[1], r);
    }
    habits(runs, &f);
    return f;
}

// ---- whole-number shapes -------------------------------------------------------------------------------------------

typedef struct {
    const Law *law;
    const Family *f;
    Candidates *c;
    int room;
} Collect;

// Within what the runs cover; a size, which whole numbers cannot hit, within a quarter of that.
static bool in_range(const Collect *k, const Point *p) {
    for (int i = 0; i < k->law->n_variables; i++) {
        Variable v = k->law->variables[i].variable;
        double slack = is_size(v) ? 1.25 : 1 + 1e-9, lo = k->f->range[v][0], hi = k->f->range[v][1];
        if (v != VAR_D && !(p->x[v] >= lo / slack && p->x[v] <= hi * slack)) return false;
    }
    double ratio = p->x[VAR_NA] / p->x[VAR_N];
    return !(k->f->ratio[1] > 0) || (ratio >= k->f->ratio[0] / 1.1 && ratio <= fmin(1, k->f->ratio[1] * 1.1));
}

static bool same_shape(const Shape *a, const Shape *b) {
    return a->d_model == b->d_model && a->n_layers == b->n_layers && a->n_experts == b->n_experts &&
           a->top_k == b->top_k && a->n_shared == b->n_shared && a->d_ff_expert == b->d_ff_expert;
}

// One candidate for each amount of data, unless the shape is out of range or known.
static void collect(Collect *k, const Shape *s) {
    Candidates *c = k->c;
    Point p = shape_point(k->law, s);
    if (shape_check(s) != OK || !in_range(k, &p)) return;
    for (int i = 0; i < c->n; i++)
        if (same_shape(&c->shapes[i], s)) return;
    const double *D = k->f->range[VAR_D];
    for (int level = 0; level < LEVELS; level++) {
        if (c->n == k->room) {
            k->room = k->room ? 2 * k->room : 256;
            c->points = reallocate(c->points, (size_t)k->room, sizeof *c->points);
            c->shapes = reallocate(c->shapes, (size_t)k->room, sizeof *c->shapes);
            c->cost = reallocate(c->cost, (size_t)k->room, sizeof *c->cost);
        }
        p.x[VAR_D] = round(D[0] * pow(D[1] / D[0], (double)level / (LEVELS - 1)));
        c->points[c->n] = p;
        point_prepare(k->law, &c->points[c->n]);
        c->shapes[c->n] = *s;
        c->cost[c->n++] = 6 * shape_count(s).Na * p.x[VAR_D];
        if (D[1] <= D[0]) return;
    }
}

// Level i of whole numbers from lo to hi, evenly in the logarithm.
static int whole_level(double lo, double hi, int i) {
    return (int)lround(fmax(lo, 1) * pow(fmax(hi, 1) / fmax(lo, 1), (double)i / (LEVELS - 1)));
}

// The experts that give a shape the wanted Na/N (or sparsity, or number).
static void with_experts(Collect *k, Shape s) {
    const Law *law = k->law;
    const Family *f = k->f;
    if (law->kind == KIND_DENSE || law->kind == KIND_PRUNED) {
        s.n_experts = s.top_k = 1;
        s.n_shared = s.d_ff_shared = 0;
        collect(k, &s);
        return;
    }
    Counts all = shape_count(&s);
    double expert = 3.0 * s.d_model * s.d_ff_expert * s.n_layers;
    for (int i = 0; i < LEVELS; i++) {
        double experts = 64 * s.top_k, t = (double)i / (LEVELS - 1);
        if (law_uses(law, VAR_E)) experts = whole_level(f->range[VAR_E][0], f->range[VAR_E][1], i);
        if (law_uses(law, VAR_SPARSITY))
            experts = round(s.top_k / (1 - f->range[VAR_SPARSITY][0] -
                                       t * (f->range[VAR_SPARSITY][1] - f->range[VAR_SPARSITY][0])));
        if (f->ratio[1] > 0) {
            double ratio = f->ratio[0] * pow(f->ratio[1] / f->ratio[0], t);
            experts = s.top_k + fmax(0, round((all.Na / ratio - all.Na) / expert));
        }
        if (experts < s.top_k || experts > 65536) continue;
        s.n_experts = (int)experts;
        collect(k, &s);
    }
}

static void with_factors(Collect *k, Shape s) {
    const double *G_range = k->f->range[VAR_G], *S_range = k->f->range[VAR_S];
    bool five = law_uses(k->law, VAR_G), granular = law_uses(k->law, VAR_GRANULARITY),
         top_1 = k->law->kind == KIND_EXPERTS;
    for (int i = 0; i < LEVELS; i++) {
        int G = five ? whole_level(ceil(G_range[0]), floor(G_range[1]), i) : top_1 ? 1 : 4;
        if (granular) G = whole_level(k->f->range[VAR_GRANULARITY][0], k->f->range[VAR_GRANULARITY][1], i);
        int unit = s.d_model < 512 ? 8 : 16;
        s.d_ff_expert = (int)fmax(unit, unit * lround(k->f->ffn * s.d_model / G / unit));
        if (granular) s.d_ff_expert = (int)lround(4.0 * s.d_model / G);
        for (int shared = 0; shared < G; shared += 1 + G / LEVELS) {
            double S = (double)shared / G;
            if (five && (S < S_range[0] - 1e-9 || S > S_range[1] + 1e-9)) continue;
            s.n_shared = shared;
            s.d_ff_shared = shared * s.d_ff_expert;
            s.top_k = s.n_experts = G - shared;
            with_experts(k, s);
            if (!five) break;
        }
        if (!five && !granular) break;
    }
}

Status candidates_built(const Law *law, const Runs *runs, const Point *points, double extend, Candidates *c) {
    Family f = family_of(law, runs, points, extend);
    *c = (Candidates){0};
    Collect k = {law, &f, c, 0};
    for (double width = 16; width < 32768; width *= 1.2) {
        int unit = width < 128 ? 8 : width < 1024 ? 32 : 128, d = unit * (int)lround(width / unit);
        int heads = d >= 128 ? d / 64 : 2;
        Shape s = {.vocab = f.vocab,
                   .d_model = d,
                   .n_layers = (int)fmax(1, lround(d / f.aspect)),
                   .n_heads = heads,
                   .n_kv_heads = heads,
                   .d_head = d >= 128 ? 64 : d / 2,
                   .seq_len = 2048};
        with_factors(&k, s);
    }
    if (c->n) return OK;
    candidates_free(c);
    return fail(BAD_INPUT, "no whole-number shape lies in the range of these runs; give some with --candidates CSV");
}

// ---- from a table --------------------------------------------------------------------------------------------------

static bool same_point(const Law *law, const Point *a, const Point *b) {
    for (int i = 0; i < law->n_variables; i++)
        if (a->x[law->variables[i].variable] != b->x[law->variables[i].variable]) return false;
    return true;
}

Status candidates_read(const Law *law, const char *path, Candidates *c) {
    Runs runs;
    RunChoice choice = {.loss_optional = true, .held_out = true};
    const Law *laws[] = {law, NULL};
    *c = (Candidates){0};
    TRY(runs_read(path, &choice, laws, &runs));
    c->points = runs_points(&runs, law, false);
    c->cost = allocate((size_t)runs.n, sizeof *c->cost);
    for (int i = 0; i < runs.n; i++) {
        bool known = false;
        for (int j = 0; j < c->n; j++) known = known || same_point(law, &c->points[i], &c->points[j]);
        if (known) continue;
        c->points[c->n] = c->points[i];
        const double *x = c->points[i].x;
        c->cost[c->n++] = 6 * (x[VAR_NA] > 0 ? x[VAR_NA] : x[VAR_N]) * x[VAR_D];
    }
    runs_free(&runs);
    return OK;
}

void candidates_free(Candidates *c) {
    free(c->points);
    free(c->shapes);
    free(c->cost);
    *c = (Candidates){0};
}
