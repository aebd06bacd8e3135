// coverage.c - how often nominal 95 % intervals contain the truth, as a table: planted laws x kinds of noise x numbers
// of clusters x statistics. Cells that the table has are kept, so that a run goes on where it stopped.
//
//     build/tests/analyze/fit/coverage artifacts/bench/coverage.csv [REPLICATES [LAW[,NOISE[,CLUSTERS]]]]
#include "fit/bootstrap.h"
#include "fit/derived.h"
#include "fit/fit_file.h"
#include "fit/plant.h"
#include "fit/predict.h"

#include "ground/output.h"
#include "ground/parallel.h"
#include "ground/random.h"
#include "ground/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// DRAWS: the fewest whose 2.5 % quantile is one of them (1 of 39 + 1); MANY_DRAWS where a draw costs no fit.
enum {
    DRAWS = 39,
    MANY_DRAWS = 199,
    STARTS = 20,
    BUDGETS = 3,
    MAX_ROWS = 240,
    STATISTICS = LAW_MAX_PARAMETERS + MAX_DERIVED + 2
};

static const char *const laws[] = {"hoffmann2022", "krajewski2024", "zhao2025"};
static const char *const noises[] = {"iid", "size", "outliers", "clustered", "t3"};
static const int cluster_counts[] = {4, 6, 8, 12, 30, 80};
static const double sd = 0.004;

// A log error of the kind: `common` is the cluster's own normal number, `size` the cluster's size against the middle.
static double error_of(int kind, Random *r, double common, double size) {
    double z = random_normal(r);
    switch (kind) {
    case 1: return sd * z * pow(size, -0.4); // small runs are noisier
    case 2: return sd * z * (random_uniform(r) < 0.05 ? 10 : 1);
    case 3: return sd * (sqrt(0.3) * z + sqrt(0.7) * common);
    case 4: {
        double a = random_normal(r), b = random_normal(r), c = random_normal(r);
        return sd * z / sqrt(a * a + b * b + c * c);
    }
    default: return sd * z;
    }
}

typedef struct {
    Runs runs;
    Table table;
    char *columns[1], *cells[MAX_ROWS];
} Planted;

static void plant(const Fit *truth, int kind, int clusters, uint64_t seed, Planted *p) {
    static char name[] = "planted", id[] = "run_id";
    int n = clusters * BUDGETS;
    *p = (Planted){.columns = {id}};
    p->table = (Table){.path = name, .n_rows = n, .n_columns = 1, .columns = p->columns, .cells = p->cells};
    Runs *r = &p->runs;
    *r = (Runs){.table = &p->table, .rows_read = n, .n = n, .n_clusters = clusters};
    r->row = allocate(n, sizeof *r->row);
    r->points = allocate(n, sizeof *r->points);
    r->nonemb = allocate(n, sizeof *r->nonemb);
    r->loss = allocate(n, sizeof *r->loss);
    r->log_loss = allocate(n, sizeof *r->log_loss);
    r->cluster = allocate(n, sizeof *r->cluster);
    plant_design(truth, n, BUDGETS, seed, r->points, r->cluster);
    for (int i = 0; i < n; i++) {
        Random common = random_stream(seed, 0xc0de0000u + (uint64_t)r->cluster[i]),
               own = random_stream(seed, 0xe44 + (uint64_t)i);
        double shared = random_normal(&common);
        p->cells[i] = name;
        r->row[i] = i;
        r->loss[i] = law_loss(truth->law, truth->parameters, &r->points[i]) *
                     exp(error_of(kind, &own, shared, r->points[i].x[VAR_N] / 6.7e8));
        r->log_loss[i] = log(r->loss[i]);
    }
}

static void plant_free(Planted *p) {
    free(p->runs.row);
    free(p->runs.points);
    free(p->runs.nonemb);
    free(p->runs.loss);
    free(p->runs.log_loss);
    free(p->runs.cluster);
}

// What became of one statistic: not printed as an interval, missed, or covered.
typedef enum { NOT_PRINTED, MISSED, COVERED } Verdict;

static Verdict verdict_of(const Interval *x, double truth) {
    IntervalKind kind = interval_kind(x);
    if (kind == UNKNOWN || kind == UNDETERMINED || isnan(truth)) return NOT_PRINTED;
    return truth >= x->lo && truth <= x->hi ? COVERED : MISSED;
}

typedef struct {
    const Fit *truth;
    int kind, clusters, n_statistics;
    char names[STATISTICS][32];
    Verdict (*verdicts)[STATISTICS]; // [replicates]
} Cell;

static void judge(Cell *cell, int k, int *at, const char *name, const Interval *x, double truth) {
    if (k == 0) snprintf(cell->names[*at], sizeof cell->names[*at], "%s", name);
    cell->verdicts[k][(*at)++] = verdict_of(x, truth);
}

static void judge_fit(Cell *cell, int k, const Fitted *f, const Planted *p, uint64_t seed) {
    const Fit *truth = cell->truth;
    const RunChoice choice = {0};
    const FitOptions options = FIT_OPTIONS_DEFAULT;
    FitReport *r = allocate(1, sizeof *r);
    int at = 0;
    fit_report(f, &p->runs, &options, &choice, r);
    for (int i = 0; i < law_n_parameters(f->law); i++)
        judge(cell, k, &at, law_parameter_name(f->law, i), &r->ci95[i], truth->parameters[i]);
    Fit planted = *truth;
    memcpy(planted.range, r->fit.range, sizeof planted.range);
    Derived exact[MAX_DERIVED];
    int n = derive(&planted, NAN, NAN, exact);
    for (int i = 0; i < n; i++) judge(cell, k, &at, exact[i].name, &r->derived[i].ci95, exact[i].value);
    Point next = {
        .x = {[VAR_N] = 1.5e9, [VAR_D] = 4e10, [VAR_NA] = 4e8, [VAR_G] = 6, [VAR_S] = .2, [VAR_GRANULARITY] = 4}};
    double loss = law_loss(truth->law, truth->parameters, &next);
    Prediction got = predict(&r->fit, &next);
    Random own = random_stream(seed, 0x2e47), common = random_stream(seed, 0x2e48);
    double shared = random_normal(&common), run = loss * exp(error_of(cell->kind, &own, shared, 1.5e9 / 6.7e8));
    const Interval curve = {got.band95[0], got.band95[1]}, scatter = {got.interval95[0], got.interval95[1]};
    judge(cell, k, &at, "curve", &curve, loss);
    judge(cell, k, &at, "new run", &scatter, run);
    cell->n_statistics = at;
    free(r);
}

static void one_replicate(void *context, int k, int worker) {
    (void)worker;
    Cell *cell = context;
    Planted *p = allocate(1, sizeof *p);
    uint64_t seed = 77000 + (uint64_t)k;
    FitOptions o = FIT_OPTIONS_DEFAULT;
    Fitted f;
    o.starts = STARTS;
    o.threads = 1;
    o.seed = k;
    plant(cell->truth, cell->kind, cell->clusters, seed, p);
    // Where intervals are withheld none is printed whatever the fit is: the cheapest shows that.
    if (resampling_of(&p->runs, law_n_parameters(cell->truth->law)) == WITHHELD) {
        o.objective = "l2";
        o.starts = 1;
    }
    if (fitting_run(cell->truth->law, &p->runs, &o, NULL, 0, &f) == OK) {
        bool fitted_anew = resampling_of(&p->runs, f.metrics.free_parameters) == PAIRS;
        bootstrap(&p->runs, fitted_anew ? DRAWS : MANY_DRAWS, &f);
        judge_fit(cell, k, &f, p, seed);
        fitted_free(&f);
    }
    plant_free(p);
    free(p);
}

static void write_cell(FILE *f, const Cell *cell, const char *law, const char *noise, int replicates) {
    for (int s = 0; s < cell->n_statistics; s++) {
        int printed = 0, covered = 0;
        for (int k = 0; k < replicates; k++) {
            printed += cell->verdicts[k][s] != NOT_PRINTED;
            covered += cell->verdicts[k][s] == COVERED;
        }
        fprintf(f, "%s,%s,%d,%s,%d,%d,", law, noise, cell->clusters, cell->names[s], replicates, printed);
        if (printed) fprintf(f, "%.4f", (double)covered / printed);
        fprintf(f, "\n");
    }
    fflush(f);
}

static bool has_cell(const char *path, const char *law, const char *noise, int clusters) {
    Table t;
    bool found = false;
    char text[16];
    snprintf(text, sizeof text, "%d", clusters);
    if (table_read(path, &t) != OK) return false;
    for (int i = 0; i < t.n_rows && !found; i++)
        found = !strcmp(table_cell(&t, i, 0), law) && !strcmp(table_cell(&t, i, 1), noise) &&
                !strcmp(table_cell(&t, i, 2), text);
    table_free(&t);
    return found;
}

static void one_cell(FILE *f, const char *law, int kind, int clusters, int replicates, int threads) {
    Fit truth;
    char spec[64];
    snprintf(spec, sizeof spec, "published:%s", law);
    if (fit_load(spec, &truth) != OK) exit(status_report("coverage", BAD_INPUT));
    for (int v = 0; v < N_VARIABLES; v++) truth.range[v][0] = truth.range[v][1] = NAN; // the design's own ranges
    Cell cell = {.truth = &truth, .kind = kind, .clusters = clusters};
    cell.verdicts = allocate(replicates, sizeof *cell.verdicts);
    parallel(replicates, threads, one_replicate, &cell);
    write_cell(f, &cell, law, noises[kind], replicates);
    free(cell.verdicts);
    fit_free(&truth);
}

int main(int argc, char **argv) {
    int replicates = argc > 2 ? atoi(argv[2]) : 200, threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    const char *only = argc > 3 ? argv[3] : "";
    if (argc < 2 || replicates < 1)
        return status_report("coverage", fail(BAD_INPUT, "usage: coverage TABLE.csv [REPLICATES]"));
    quiet = true;
    bool fresh = access(argv[1], F_OK) != 0;
    FILE *f = fopen(argv[1], "a");
    if (!f) return status_report("coverage", fail(CANNOT_FINISH, "%s: cannot be written", argv[1]));
    if (fresh) fprintf(f, "law,noise,clusters,statistic,replicates,printed,covered\n");
    fflush(f);
    // Few clusters first: they take least.
    for (int c = 0; c < 6; c++)
        for (int l = 0; l < 3; l++)
            for (int k = 0; k < 5; k++) {
                char name[80];
                snprintf(name, sizeof name, "%s,%s,%d,", laws[l], noises[k], cluster_counts[c]);
                if (strncmp(name, only, strlen(only)) != 0 || has_cell(argv[1], laws[l], noises[k], cluster_counts[c]))
                    continue;
                fprintf(stderr, "%s\n", name);
                one_cell(f, laws[l], k, cluster_counts[c], replicates, threads);
            }
    fclose(f);
    return 0;
}
