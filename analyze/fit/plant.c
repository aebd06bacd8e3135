// plant.c - see plant.h.
#include "plant.h"

#include "ground/csv.h"
#include "ground/random.h"

#include <gsl/gsl_qrng.h>
#include <math.h>

typedef struct {
    double lo, hi;
    bool log_scale;
} Range;

// Where neither fit nor paper say: the five-factor paper's grid, and experts as papers have them.
static const Range usual_ranges[N_VARIABLES] = {
    [VAR_D] = {10e9, 50e9, true}, [VAR_N] = {133e6, 3.4e9, true},    [VAR_NA] = {30e6, 2.2e9, true},
    [VAR_E] = {1, 256, true},     [VAR_GRANULARITY] = {1, 16, true}, [VAR_G] = {1, 20, true},
    [VAR_S] = {0, 0.7, false},    [VAR_SPARSITY] = {0, 0.98, false}, [VAR_C] = {1e18, 1e21, true},
    [VAR_U] = {2e9, 50e9, true},
};

static Range range_of(const Fit *fit, Variable v) {
    Range r = usual_ranges[v];
    if (fit->range[v][0] < fit->range[v][1]) {
        r.lo = fit->range[v][0];
        r.hi = fit->range[v][1];
    }
    return r;
}

static double spread(Range r, double u) {
    return r.log_scale ? r.lo * pow(r.hi / r.lo, u) : r.lo + (r.hi - r.lo) * u;
}

// Whole experts: G and its shared part are whole, at least one is routed, and the pool of E holds what Na and N ask
// for.
static void make_buildable(const Law *law, Point *p) {
    double *x = p->x;
    if (!law_uses(law, VAR_G)) {
        x[VAR_G] = law->kind == KIND_SPARSE ? 4 : 1;
        x[VAR_S] = 0;
    }
    x[VAR_G] = fmax(1, round(x[VAR_G]));
    double shared = fmin(round(x[VAR_S] * x[VAR_G]), x[VAR_G] - 1), K = x[VAR_G] - shared;
    x[VAR_S] = shared / x[VAR_G];
    x[VAR_E] = fmax(round(x[VAR_E]), K);
    if (law->kind == KIND_SPARSE) {
        x[VAR_E] = round(K / (1 - x[VAR_SPARSITY]));
        x[VAR_SPARSITY] = 1 - K / x[VAR_E];
    }
    // Active experts hold about 70 % of Na, those that are off the rest of N.
    if (law->kind >= KIND_FREE) x[VAR_E] = K + fmax(1, round((x[VAR_N] / x[VAR_NA] - 1) * x[VAR_G] / 0.7));
}

void plant_design(const Fit *fit, int n, int budgets, unsigned long seed, Point *points, int *configuration) {
    gsl_qrng *sobol = gsl_qrng_alloc(gsl_qrng_sobol, N_VARIABLES);
    Random r = random_stream(seed, 0xde51);
    double shift[N_VARIABLES], u[N_VARIABLES];
    for (int v = 0; v < N_VARIABLES; v++) shift[v] = random_uniform(&r);
    for (int i = 0; i < n; i++) {
        configuration[i] = i / budgets;
        if (i % budgets == 0) gsl_qrng_get(sobol, u);
        Point *p = &points[i];
        for (int v = 0; v < N_VARIABLES; v++) {
            p->ln[v] = NAN;
            p->x[v] = spread(range_of(fit, (Variable)v), fmod(u[v] + shift[v], 1));
        }
        double step = budgets > 1 ? (double)(i % budgets) / (budgets - 1) : fmod(u[VAR_D] + shift[VAR_D], 1);
        p->x[VAR_D] = round(spread(range_of(fit, VAR_D), step));
        p->x[VAR_N] = round(p->x[VAR_N]);
        // Active parameters are a part of all: at least a fiftieth, at most nine tenths.
        p->x[VAR_NA] = round(fmin(fmax(p->x[VAR_NA], 0.02 * p->x[VAR_N]), 0.9 * p->x[VAR_N]));
        if (!law_uses(fit->law, VAR_C)) p->x[VAR_C] = 6 * p->x[VAR_NA] * p->x[VAR_D];
        p->x[VAR_U] = law_uses(fit->law, VAR_U) ? fmin(round(p->x[VAR_U]), p->x[VAR_D]) : p->x[VAR_D];
        make_buildable(fit->law, p);
    }
    gsl_qrng_free(sobol);
}

void plant_losses(const Fit *fit, int n, const Point *points, const int *configuration, double noise, double shared,
                  unsigned long seed, double *loss) {
    for (int i = 0; i < n; i++) {
        Random own = random_stream(seed, 0x105e + (uint64_t)i),
               common = random_stream(seed, 0xc0de0000u + (uint64_t)configuration[i]);
        double z = sqrt(1 - shared) * random_normal(&own) + sqrt(shared) * random_normal(&common);
        loss[i] = law_loss(fit->law, fit->parameters, &points[i]) * exp(noise * z);
    }
}

Status plant_write(const char *path, const Fit *fit, int n, const Point *points, const int *configuration,
                   const double *loss) {
    // Compute and unique tokens follow from the others, but where they are what the law is about.
    bool others = law_uses(fit->law, VAR_C) || law_uses(fit->law, VAR_U);
    Csv c = {0};
    TRY(output_open(&c.out, path));
    csv_printf(&c, "run_id,source,D,N,Na,N_nonemb,Na_nonemb,num_experts,granularity,G,S,sparsity,%sloss,notes",
               others ? "C,U," : "");
    csv_end(&c);
    for (int i = 0; i < n; i++) {
        const double *x = points[i].x; // the planted law sees one count of N and one of Na
        csv_printf(&c, "planted_%04d,planted/%s", i, fit->law->name);
        CSV_NUMBERS(&c, x[VAR_D], x[VAR_N], x[VAR_NA], x[VAR_N], x[VAR_NA], x[VAR_E], x[VAR_GRANULARITY], x[VAR_G],
                    x[VAR_S], x[VAR_SPARSITY]);
        if (others) CSV_NUMBERS(&c, x[VAR_C], x[VAR_U]);
        csv_number(&c, loss[i]);
        csv_printf(&c, "configuration=%d", configuration[i]);
        csv_end(&c);
    }
    return output_commit(&c.out);
}
