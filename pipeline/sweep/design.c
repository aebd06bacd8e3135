// design.c - see design.h.
#include "design.h"

#include "ground/config.h"
#include "run/idset.h"
#include "ground/csv.h"
#include "holdout.h"

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
    char holdout[DESIGN_WORD];
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
    if (!strcmp(key, "active_ratio")) return &w->shape.active_ratio;
    if (!strcmp(key, "total_ratio")) return &w->shape.total_ratio;
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
    const Wish *x = &w->shape;
    if (!(isnan(x->N) && isnan(x->Na) && isnan(x->active_ratio) && isnan(x->total_ratio))) return;
    w->fixed.d_model = w->fixed.n_layers = w->fixed.d_ff_expert = w->fixed.n_experts = true;
}

static bool any_wish(const Wish *w) {
    return !(isnan(w->N) && isnan(w->Na) && isnan(w->G) && isnan(w->S) && isnan(w->active_ratio) &&
             isnan(w->total_ratio));
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

// The wish that is missed most.
static double missed(const PlannedRun *p) {
    double most = 0;
    for (int k = 0; k < N_WISHES; k++) most = fmax(most, wish_missed(&p->wish, &p->run.shape, k));
    return most;
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
                 {"d_model", p->run.shape.d_model},
                 {"missed", missed(p)}};
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
                               "flops, granularity, n_experts, d_model or missed",
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
    int at = idset_add(&b->seen, p->id);
    if (at < d->n_runs) { // a run that any block holds out is held out
        if (p->holdout[0]) memcpy(d->runs[at].holdout, p->holdout, sizeof p->holdout);
        d->n_repeated++;
        return OK;
    }
    if (d->n_runs == DESIGN_MAX_RUNS)
        return config_fail(b->config, b->where, "more than %d runs; split the design", DESIGN_MAX_RUNS);
    if (d->n_runs == d->room) d->runs = reallocate(d->runs, (d->room = 2 * d->room + 64), sizeof *d->runs);
    d->runs[d->n_runs++] = *p;
    return OK;
}

// All that determines the result but D, seeds and corpus.
static void name_cell(const Run *run, char cell[RUN_ID]) {
    static const char *const seeds[] = {"seed", "data_seed", NULL};
    Run bare = *run;
    bare.tokens = 0;
    bare.corpus[0] = '\0';
    for (int i = 0; seeds[i]; i++) (void)run_set(&bare, seeds[i], "0"); // not every trainer has both
    run_id(&bare, cell);
}

static PlannedRun planned(const Block *b, const Run *run, const Wish *wish) {
    PlannedRun p = {.run = *run, .counts = shape_count(&run->shape), .wish = *wish, .block = b->design->n_blocks - 1};
    run_id(run, p.id);
    run_trunk_id(run, p.trunk);
    name_cell(run, p.cell);
    memcpy(p.holdout, b->holdout, sizeof p.holdout);
    return p;
}

// Na_over_N and one of N and Na give the other.
static Status settle_ratio(const Block *b, Wishes *w) {
    if (isnan(w->Na_over_N)) return OK;
    if (isnan(w->shape.N) == isnan(w->shape.Na))
        return config_fail(b->config, b->where, "Na_over_N needs a wish for either N or Na beside it");
    if (isnan(w->shape.Na))
        w->shape.Na = w->Na_over_N * w->shape.N;
    else
        w->shape.N = w->shape.Na / w->Na_over_N;
    return OK;
}

// One combination: defaults, then the axes' present values, then the solver, then the exact counts.
static Status add_combination(Block *b) {
    Run run = run_default();
    Wishes w = {NAN, NAN, {NAN, NAN, NAN, NAN, NAN, NAN}, {0}};
    snprintf(run.corpus, sizeof run.corpus, "%s", b->corpus);
    for (int i = 0; b->defaults && i < config_count(b->defaults); i++)
        TRY(set_one(b, config_key(b->config, b->defaults, i), config_value(b->config, b->defaults, i), &run, &w));
    for (int i = 0; i < b->n_axes; i++)
        TRY(set_one(b, b->axes[i].key, config_item(b->config, b->axes[i].values, b->axes[i].at), &run, &w));
    if (!isnan(w.D)) run.tokens = w.D;
    TRY(settle_ratio(b, &w));
    if (w.shape.G * (1 - w.shape.S) < 1 - 1e-9) { // a token has at least one routed expert
        b->design->n_impossible++;
        return OK;
    }
    close_fields(&w);
    Status s = any_wish(&w.shape) ? solve(b, &w, &run) : OK;
    if (s == OK) s = run_finish(&run);
    if (s != OK && b->keep && config_get(b->config, b->keep, "missed")) { // no shape at all misses by too much
        b->design->n_dropped++;
        return OK;
    }
    if (s != OK) return config_fail_within(b->config, b->where, s);
    PlannedRun p = planned(b, &run, &w.shape);
    bool keep;
    TRY(kept(b, &p, &keep));
    if (keep) return append(b, &p);
    b->design->n_dropped++;
    return OK;
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

static Status expand_list(Block *b, const ConfigNode *map) {
    const ConfigNode *list = config_get(b->config, map, "list"), *grid = config_get(b->config, map, "grid");
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

// A name that goes into cells of tables as it is.
static Status read_word(const Config *c, const ConfigNode *node, const char *key, char word[DESIGN_WORD]) {
    const char *text = config_text(node);
    size_t plain = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") : 0;
    if (!plain || text[plain] || plain >= DESIGN_WORD)
        return config_fail(c, node, "%s: expected at most %d letters, digits or any of _ . -", key, DESIGN_WORD - 1);
    memcpy(word, text, plain + 1);
    return OK;
}

static Status read_count(const Config *c, const ConfigNode *node, const char *key, int *count) {
    double x;
    TRY(config_number(c, node, &x));
    if (!(x >= 1 && x <= DESIGN_MAX_RUNS && x == floor(x)))
        return config_fail(c, node, "%s = %g, expected how many cells, 1 or more", key, x);
    *count = (int)x;
    return OK;
}

static bool any_run(const PlannedRun *p) {
    (void)p;
    return true;
}

static bool fitted_run(const PlannedRun *p) {
    return !p->holdout[0];
}

// Of the runs from `from` on, those of `draw` cells stay.
static Status draw_cells(Block *b, const ConfigNode *draw, int from) {
    Design *d = b->design;
    int n = 0, kept_runs = from;
    TRY(read_count(b->config, draw, "draw", &n));
    bool *chosen = allocate((size_t)(d->n_runs - from) + 1, sizeof *chosen);
    int found = holdout_draw(d, from, n, any_run, chosen);
    for (int i = from; i < d->n_runs; i++)
        if (chosen[i - from]) d->runs[kept_runs++] = d->runs[i];
    free(chosen);
    if (found < n) return config_fail(b->config, draw, "draw = %d, but the block has %d cells", n, found);
    d->n_dropped += d->n_runs - kept_runs;
    d->n_runs = kept_runs;
    idset_free(&b->seen);
    for (int i = 0; i < d->n_runs; i++) idset_add(&b->seen, d->runs[i].id);
    return OK;
}

static Status name_block(Block *b, const ConfigNode *map) {
    Design *d = b->design;
    const ConfigNode *name = config_get(b->config, map, "name"), *holdout = config_get(b->config, map, "holdout");
    char *word = (d->blocks = reallocate(d->blocks, d->n_blocks + 1, sizeof *d->blocks))[d->n_blocks];
    d->n_blocks++;
    snprintf(word, DESIGN_WORD, "%d", d->n_blocks);
    if (name) TRY(read_word(b->config, name, "name", word));
    for (int i = 0; i < d->n_blocks - 1; i++)
        if (!strcmp(d->blocks[i], word))
            return config_fail(b->config, name ? name : map, "name: '%s' comes twice", word);
    b->holdout[0] = '\0';
    if (!holdout || config_is_map(holdout)) return OK; // the whole design's, when it is one block
    TRY(read_word(b->config, holdout, "holdout", b->holdout));
    if (!strcmp(b->holdout, "true")) strcpy(b->holdout, "block");
    if (!strcmp(b->holdout, "false")) b->holdout[0] = '\0';
    return OK;
}

static Status expand_block(Block *b, const ConfigNode *map) {
    const ConfigNode *draw = config_get(b->config, map, "draw");
    int from = b->design->n_runs;
    b->keep = config_get(b->config, map, "keep");
    b->has_last = false;
    if (b->keep) TRY(config_expect_map(b->config, b->keep, "keep", NULL));
    TRY(name_block(b, map));
    TRY(expand_list(b, map));
    return draw ? draw_cells(b, draw, from) : OK;
}

// The hold-outs of a whole design.
static Status mark_holdouts(Block *b, const ConfigNode *map) {
    static const char *const known[] = {"largest_compute", "hash", NULL};
    Design *d = b->design;
    TRY(config_expect_map(b->config, map, "holdout", known));
    const ConfigNode *share = config_get(b->config, map, "largest_compute"), *hash = config_get(b->config, map, "hash");
    double largest = 0;
    int n = 0;
    if (share) TRY(config_number(b->config, share, &largest));
    if (!(largest >= 0 && largest <= 0.5))
        return config_fail(b->config, share, "largest_compute = %g, expected a share of the runs, 0..0.5", largest);
    if (hash) TRY(read_count(b->config, hash, "hash", &n));
    holdout_largest(d, largest);
    bool *chosen = allocate(d->n_runs + 1, sizeof *chosen);
    int found = holdout_draw(d, 0, n, fitted_run, chosen);
    for (int i = 0; i < d->n_runs; i++)
        if (chosen[i]) strcpy(d->runs[i].holdout, "hash");
    free(chosen);
    if (n && n >= found) return config_fail(b->config, hash, "hash = %d of %d cells leaves none to fit", n, found);
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
    static const char *const inner[] = {"name", "list", "grid", "keep", "draw", "holdout", NULL};
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

// Nothing that a shell would look into.
static bool plain_path(const char *path) {
    return *path && *path != '-' &&
           path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./_+-")] == '\0';
}

static Status expand(const Config *c, const char *corpus, Design *design) {
    static const char *const top[] = {"about", "table", "defaults", "solve",   "blocks",   "name", "list",
                                      "grid",  "keep",  "draw",     "holdout", "register", NULL};
    const ConfigNode *root = config_root(c);
    TRY(config_expect_map(c, root, "design", top));
    Block b = {.config = c, .options = solve_defaults(), .corpus = corpus, .design = design};
    const ConfigNode *table = config_get(c, root, "table"), *holdout = config_get(c, root, "holdout");
    if (table && !config_text(table)) return config_fail(c, table, "table: expected a file name");
    if (table && !plain_path(config_text(table)))
        return config_fail(c, table, "table: '%.60s', expected letters, digits and ./_+- alone: make reads it too",
                           config_text(table));
    if (table) design->table = copy_text(config_text(table));
    b.defaults = config_get(c, root, "defaults");
    if (b.defaults) TRY(config_expect_map(c, b.defaults, "defaults", NULL));
    Status s = expand_blocks(&b, root);
    if (s == OK && holdout && config_is_map(holdout)) s = mark_holdouts(&b, holdout);
    idset_free(&b.seen);
    return s;
}

Status design_read(const char *path, const char *corpus, Design *design) {
    *design = (Design){0};
    Config c;
    TRY(config_read(path, &c));
    Status s = expand(&c, corpus, design);
    if (s == OK && design->n_runs == 0) s = fail(BAD_INPUT, "%s: no run is left; loosen 'keep'", path);
    config_free(&c);
    if (s != OK) design_free(design);
    return s;
}

void design_free(Design *design) {
    free(design->runs);
    free(design->blocks);
    free(design->table);
    *design = (Design){0};
}

static void write_row(Csv *csv, const Design *d, const PlannedRun *p) {
    const Counts *c = &p->counts;
    char text[RUN_CORPUS];
    csv_text(csv, p->id);
    for (const RunField *field = run_fields; field->name; field++) {
        run_get(&p->run, field, text, sizeof text);
        csv_text(csv, text);
    }
    CSV_NUMBERS(csv, p->run.tokens, c->N, c->Na, c->N_nonemb, c->Na_nonemb, c->granularity, c->G, c->S, c->M,
                c->M * p->run.tokens);
    csv_printf(csv, "%s,%s,%s,%s", p->trunk, p->cell, d->blocks[p->block], p->holdout);
    csv_end(csv);
}

Status design_write_manifest(const Design *design, const char *path) {
    Csv csv = {0};
    TRY(output_open(&csv.out, path));
    csv_text(&csv, "run_id");
    for (const RunField *field = run_fields; field->name; field++) csv_text(&csv, field->name);
    csv_printf(&csv, "D,N,Na,N_nonemb,Na_nonemb,granularity,G,S,M,flops,trunk,cell,block,holdout");
    csv_end(&csv);
    for (int i = 0; i < design->n_runs; i++) write_row(&csv, design, &design->runs[i]);
    return output_commit_if_changed(&csv.out);
}
