// design.c - see design.h.
#include "design.h"

#include "ground/config.h"
#include "run/idset.h"
#include "ground/number.h"
#include "ground/output.h"
#include "shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_AXES = 64 };

// One setting of a block: a key with its list of values; the odometer turns `at`.
typedef struct {
    const char *key;
    const ConfigNode *values;
    int at, count;
} Axis;

// A block while it is expanded.
typedef struct {
    const Config *config;
    const ConfigNode *defaults, *keep, *where; // where: for messages about a whole combination
    SolveOptions options;
    const char *corpus;
    Axis axes[MAX_AXES];
    int n_axes;
    Design *design;
    IdSet seen;
    // The last shape solved: combinations that differ in D or seed need not search again.
    Wish last_wish;
    Run last_open, last_solved;
    bool has_last;
} Block;

typedef struct {
    double D, Na_over_N;
    Wish shape;
    FixedFields fixed;
} Wishes;

static double *wish_of(Wishes *w, const char *key) {
    if (!strcmp(key, "D")) return &w->D;
    if (!strcmp(key, "N")) return &w->shape.N;
    if (!strcmp(key, "Na")) return &w->shape.Na;
    if (!strcmp(key, "Na_over_N")) return &w->Na_over_N;
    if (!strcmp(key, "G")) return &w->shape.G;
    if (!strcmp(key, "S")) return &w->shape.S;
    return NULL;
}

static void mark_fixed(FixedFields *f, const char *key) {
    if (!strcmp(key, "d_model")) f->d_model = true;
    if (!strcmp(key, "n_layers")) f->n_layers = true;
    if (!strcmp(key, "n_experts")) f->n_experts = true;
    if (!strcmp(key, "top_k")) f->top_k = true;
    if (!strcmp(key, "n_shared")) f->n_shared = true;
    if (!strcmp(key, "d_ff_expert")) f->d_ff_expert = true;
}

static Status check_wish(const Block *b, const ConfigNode *node, const char *key, double x) {
    bool share = !strcmp(key, "S"), ratio = !strcmp(key, "Na_over_N");
    if (share && !(x >= 0 && x < 1)) return config_fail(b->config, node, "S = %g, expected 0 <= S < 1", x);
    if (ratio && !(x > 0 && x <= 1)) return config_fail(b->config, node, "Na_over_N = %g, expected 0..1", x);
    if (!share && !(x > 0)) return config_fail(b->config, node, "%s = %g, expected a positive number", key, x);
    if (!strcmp(key, "G") && !(x >= 1 && x <= 1024)) return config_fail(b->config, node, "G = %g, expected 1..1024", x);
    return OK;
}

static Status set_one(const Block *b, const char *key, const ConfigNode *value, Run *run, Wishes *w) {
    const char *text = config_text(value);
    if (!text) return config_fail(b->config, value, "%s: expected a number or a word", key);
    double *wish = wish_of(w, key);
    if (wish) {
        TRY(config_number(b->config, value, wish));
        return check_wish(b, value, key, *wish);
    }
    if (!strcmp(key, "corpus")) return config_fail(b->config, value, "corpus is set by --corpus-sha, not by a design");
    mark_fixed(&w->fixed, key);
    Status s = run_set(run, key, text);
    return s == OK ? OK : config_fail_within(b->config, value, s);
}

// Shape fields are open only as far as a wish needs them.
static void close_fields(Wishes *w) {
    bool size = !isnan(w->shape.N) || !isnan(w->shape.Na);
    if (size) return;
    w->fixed.d_model = w->fixed.n_layers = w->fixed.d_ff_expert = w->fixed.n_experts = true;
}

static bool any_wish(const Wish *w) {
    return !(isnan(w->N) && isnan(w->Na) && isnan(w->G) && isnan(w->S));
}

static Status solve(Block *b, const Wishes *w, Run *run) {
    const Shape open = run->shape;
    if (b->has_last && !memcmp(&b->last_wish, &w->shape, sizeof w->shape) &&
        !memcmp(&b->last_open.shape, &open, sizeof open)) {
        run->shape = b->last_solved.shape;
        return OK;
    }
    b->last_open = *run;
    TRY(solve_shape(&w->shape, &w->fixed, &b->options, run));
    b->last_solved = *run;
    b->last_wish = w->shape;
    b->has_last = true;
    return OK;
}

static double worse(double worst, double met, double wished) {
    return isnan(wished) ? worst : fmax(worst, fabs(log(met / wished)));
}

static void note_mismatch(Design *d, const Wish *w, const Counts *c) {
    d->worst_N = worse(d->worst_N, c->N, w->N);
    d->worst_Na = worse(d->worst_Na, c->Na, w->Na);
    d->worst_G = worse(d->worst_G, c->G, w->G);
    if (!isnan(w->S)) d->worst_S = fmax(d->worst_S, fabs(c->S - w->S));
}

static double quantity(const PlannedRun *p, const char *name) {
    const Counts *c = &p->counts;
    double D = p->run.tokens;
    const struct {
        const char *name;
        double value;
    } known[] = {{"D", D},
                 {"N", c->N},
                 {"Na", c->Na},
                 {"G", c->G},
                 {"S", c->S},
                 {"Na_over_N", c->Na / c->N},
                 {"D_over_N", D / c->N},
                 {"D_over_Na", D / c->Na},
                 {"flops", c->M * D},
                 {"granularity", c->granularity},
                 {"n_experts", p->run.shape.n_experts},
                 {"d_model", p->run.shape.d_model}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, name)) return known[i].value;
    return NAN;
}

static Status kept(const Block *b, const PlannedRun *p, bool *keep) {
    *keep = true;
    for (int i = 0; b->keep && i < config_count(b->keep); i++) {
        const char *name = config_key(b->config, b->keep, i);
        const ConfigNode *range = config_value(b->config, b->keep, i);
        double x = quantity(p, name), low, high;
        if (isnan(x))
            return config_fail(b->config, range,
                               "keep: '%.40s' is unknown, expected D, N, Na, G, S, Na_over_N, D_over_N, D_over_Na, "
                               "flops, granularity, n_experts or d_model",
                               name);
        if (config_count(range) != 2) return config_fail(b->config, range, "keep: %s: expected [least, most]", name);
        TRY(config_number(b->config, config_item(b->config, range, 0), &low));
        TRY(config_number(b->config, config_item(b->config, range, 1), &high));
        if (x < low || x > high) *keep = false;
    }
    return OK;
}

static Status append(Block *b, const PlannedRun *p) {
    Design *d = b->design;
    if (idset_add(&b->seen, p->id) < d->n_runs) {
        d->n_repeated++;
        return OK;
    }
    if (d->n_runs == DESIGN_MAX_RUNS)
        return config_fail(b->config, b->where, "more than %d runs; split the design", DESIGN_MAX_RUNS);
    if (d->n_runs == d->room)
        d->runs = reallocate(d->runs, (unsigned long)(d->room = 2 * d->room + 64), sizeof *d->runs);
    d->runs[d->n_runs++] = *p;
    return OK;
}

// One combination: defaults, then the axes' present values, then the solver, then the exact counts.
static Status add_combination(Block *b) {
    Run run = run_default();
    Wishes w = {NAN, NAN, {NAN, NAN, NAN, NAN}, {0}};
    snprintf(run.corpus, sizeof run.corpus, "%s", b->corpus);
    for (int i = 0; b->defaults && i < config_count(b->defaults); i++)
        TRY(set_one(b, config_key(b->config, b->defaults, i), config_value(b->config, b->defaults, i), &run, &w));
    for (int i = 0; i < b->n_axes; i++)
        TRY(set_one(b, b->axes[i].key, config_item(b->config, b->axes[i].values, b->axes[i].at), &run, &w));
    if (!isnan(w.D)) run.tokens = w.D;
    if (!isnan(w.Na_over_N)) {
        if (isnan(w.shape.N) == isnan(w.shape.Na))
            return config_fail(b->config, b->where, "Na_over_N needs a wish for either N or Na beside it");
        if (isnan(w.shape.Na))
            w.shape.Na = w.Na_over_N * w.shape.N;
        else
            w.shape.N = w.shape.Na / w.Na_over_N;
    }
    close_fields(&w);
    Status s = any_wish(&w.shape) ? solve(b, &w, &run) : OK;
    if (s == OK) s = run_finish(&run);
    if (s != OK) return config_fail_within(b->config, b->where, s);
    PlannedRun p = {.run = run, .counts = shape_count(&run.shape)};
    run_id(&run, p.id);
    bool keep;
    TRY(kept(b, &p, &keep));
    if (!keep) {
        b->design->n_dropped++;
        return OK;
    }
    note_mismatch(b->design, &w.shape, &p.counts);
    return append(b, &p);
}

static bool turn(Block *b) {
    for (int i = b->n_axes - 1; i >= 0; i--) {
        if (++b->axes[i].at < b->axes[i].count) return true;
        b->axes[i].at = 0;
    }
    return false;
}

static Status add_axes(Block *b, const ConfigNode *map, const char *what) {
    TRY(config_expect_map(b->config, map, what, NULL));
    for (int i = 0; i < config_count(map); i++) {
        const char *key = config_key(b->config, map, i);
        const ConfigNode *values = config_value(b->config, map, i);
        for (int j = 0; j < b->n_axes; j++)
            if (!strcmp(b->axes[j].key, key))
                return config_fail(b->config, values, "'%.40s' stands in list and in grid, expected one of them", key);
        if (b->n_axes == MAX_AXES) return config_fail(b->config, values, "more than %d settings", MAX_AXES);
        if (config_is_map(values) || config_count(values) == 0)
            return config_fail(b->config, values, "%s: expected a value or a list of values", key);
        b->axes[b->n_axes++] = (Axis){key, values, 0, config_count(values)};
    }
    return OK;
}

// All combinations of one list item (NULL: none) with the grid.
static Status expand_item(Block *b, const ConfigNode *item, const ConfigNode *grid) {
    b->has_last = false;
    b->n_axes = 0;
    if (item) TRY(add_axes(b, item, "list"));
    if (grid) TRY(add_axes(b, grid, "grid"));
    do TRY(add_combination(b));
    while (turn(b));
    return OK;
}

static Status expand_block(Block *b, const ConfigNode *map) {
    const ConfigNode *list = config_get(b->config, map, "list"), *grid = config_get(b->config, map, "grid");
    b->keep = config_get(b->config, map, "keep");
    b->has_last = false;
    if (b->keep) TRY(config_expect_map(b->config, b->keep, "keep", NULL));
    if (!list && !grid) return config_fail(b->config, map, "a block needs 'list' or 'grid'");
    b->where = grid ? grid : list;
    if (!list) return expand_item(b, NULL, grid);
    if (config_count(list) == 0) return config_fail(b->config, list, "list: is empty");
    if (config_is_map(list)) return expand_item(b, list, grid);
    for (int i = 0; i < config_count(list); i++) {
        b->where = config_item(b->config, list, i);
        TRY(expand_item(b, b->where, grid));
    }
    return OK;
}

static Status read_options(const Config *c, const ConfigNode *node, SolveOptions *o) {
    static const char *const known[] = {"d_model_multiple", "d_ff_multiple", "width_ratio", "depth_ratio", NULL};
    TRY(config_expect_map(c, node, "solve", known));
    for (int i = 0; i < config_count(node); i++) {
        double x;
        const ConfigNode *value = config_value(c, node, i);
        const char *key = config_key(c, node, i);
        TRY(config_number(c, value, &x));
        if (!(x >= 0.01 && x <= 1024)) return config_fail(c, value, "%s = %g, expected 0.01..1024", key, x);
        if (strstr(key, "multiple") && (x != floor(x) || x < 1))
            return config_fail(c, value, "%s = %g, expected a whole number", key, x);
        if (!strcmp(key, "d_model_multiple")) o->d_model_multiple = (int)x;
        if (!strcmp(key, "d_ff_multiple")) o->d_ff_multiple = (int)x;
        if (!strcmp(key, "width_ratio")) o->width_ratio = x;
        if (!strcmp(key, "depth_ratio")) o->depth_ratio = x;
    }
    return OK;
}

static Status expand_blocks(Block *b, const ConfigNode *root) {
    static const char *const inner[] = {"list", "grid", "keep", NULL};
    const Config *c = b->config;
    const ConfigNode *options = config_get(c, root, "solve"), *blocks = config_get(c, root, "blocks");
    if (options) TRY(read_options(c, options, &b->options));
    if (!blocks) return expand_block(b, root);
    for (int i = 0; i < config_count(blocks); i++) {
        const ConfigNode *block = config_item(c, blocks, i);
        TRY(config_expect_map(c, block, "blocks", inner));
        TRY(expand_block(b, block));
    }
    return OK;
}

static Status expand(const Config *c, const char *corpus, Design *design) {
    static const char *const top[] = {"about", "defaults", "solve", "blocks", "list", "grid", "keep", NULL};
    const ConfigNode *root = config_root(c);
    TRY(config_expect_map(c, root, "design", top));
    Block b = {.config = c, .options = solve_defaults(), .corpus = corpus, .design = design};
    b.defaults = config_get(c, root, "defaults");
    if (b.defaults) TRY(config_expect_map(c, b.defaults, "defaults", NULL));
    Status s = expand_blocks(&b, root);
    idset_free(&b.seen);
    return s;
}

// Sums M D, and the same with stable phases that runs share counted once: the longest carries it, the others add their
// decays alone.
static void add_up(Design *d) {
    IdSet trunks = {0};
    double *stable = allocate((unsigned long)d->n_runs, sizeof *stable);
    for (int i = 0; i < d->n_runs; i++) {
        const PlannedRun *p = &d->runs[i];
        double per_step = p->counts.M * run_batch_tokens(&p->run), start = (double)run_decay_start(&p->run);
        char id[RUN_ID];
        run_trunk_id(&p->run, id);
        int t = idset_add(&trunks, id);
        d->flops += p->counts.M * p->run.tokens;
        d->trained_flops += per_step * ((double)run_steps(&p->run) - start + fmax(start - stable[t], 0));
        stable[t] = fmax(stable[t], start);
    }
    d->n_trunks = trunks.n;
    idset_free(&trunks);
    free(stable);
}

Status design_read(const char *path, const char *corpus, Design *design) {
    *design = (Design){0};
    Config c;
    TRY(config_read(path, &c));
    Status s = expand(&c, corpus, design);
    if (s == OK && design->n_runs == 0) s = fail(BAD_INPUT, "%s: no run is left; loosen 'keep'", path);
    config_free(&c);
    if (s != OK) {
        design_free(design);
        return s;
    }
    add_up(design);
    return OK;
}

void design_free(Design *design) {
    free(design->runs);
    *design = (Design){0};
}

static void write_row(FILE *f, const PlannedRun *p) {
    const Counts *c = &p->counts;
    const double derived[] = {p->run.tokens,  c->N, c->Na, c->N_nonemb, c->Na_nonemb,
                              c->granularity, c->G, c->S,  c->M,        c->M * p->run.tokens};
    char text[RUN_CORPUS];
    fputs(p->id, f);
    for (const RunField *field = run_fields; field->name; field++) {
        run_get(&p->run, field, text, sizeof text);
        fprintf(f, ",%s", text);
    }
    for (unsigned i = 0; i < sizeof derived / sizeof *derived; i++) fprintf(f, ",%s", number_text(derived[i], text));
    fputc('\n', f);
}

Status design_write_manifest(const Design *design, const char *path) {
    Output out;
    TRY(output_open(&out, path));
    fputs("run_id", out.file);
    for (const RunField *field = run_fields; field->name; field++) fprintf(out.file, ",%s", field->name);
    fputs(",D,N,Na,N_nonemb,Na_nonemb,granularity,G,S,M,flops\n", out.file);
    for (int i = 0; i < design->n_runs; i++) write_row(out.file, &design->runs[i]);
    return output_commit_if_changed(&out);
}
