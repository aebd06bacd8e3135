// starts.c - see starts.h.
//
// Every start is a projected search. Their distinct ends, best first, are polished on the exact objective; a second,
// smaller round of searches weighs rows as the best optimum does, so that outliers cannot hide it; then several
// independent seeks (seek.h) restart from perturbed optima.
#include "starts.h"

#include "ground/random.h"
#include "linear.h"
#include "seek.h"
#include "ground/parallel.h"

#include <gsl/gsl_qrng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// SEEK_WORK: rows polished in restarts, at most, by one of the SEEKS.
enum { MAX_SEARCH_ROWS = 4096, ROBUST_STARTS = 32, ROBUST_ROUNDS = 8, MAX_THREADS = 256, SEEKS = 4, SEEK_WORK = 80000 };

struct StartSequence {
    const Problem *problem;
    int n, k;
    double *u; // [n * k]
};

StartSequence *start_sequence(const Problem *p, int n, unsigned long seed) {
    StartSequence *q = allocate(1, sizeof *q);
    *q = (StartSequence){p, n, p->law->n_theta, NULL};
    q->u = allocate(n * q->k, sizeof *q->u);
    if (q->k == 0) return q;
    gsl_qrng *sobol = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)q->k);
    Random r = random_stream(seed, 0x57a7);
    double shift[LAW_MAX_THETA];
    for (int t = 0; t < q->k; t++) shift[t] = random_uniform(&r);
    for (int i = 0; i < n; i++) {
        double *u = q->u + (long)i * q->k;
        gsl_qrng_get(sobol, u);
        for (int t = 0; t < q->k; t++) {
            u[t] += shift[t]; // a random shift keeps the low discrepancy
            if (u[t] >= 1) u[t] -= 1;
        }
    }
    gsl_qrng_free(sobol);
    return q;
}

void start_sequence_free(StartSequence *q) {
    if (q) free(q->u);
    free(q);
}

// Theta at shares u of its bounds.
static void place(const Problem *p, const double *u, double *theta) {
    for (int t = 0; t < p->law->n_theta; t++) {
        double lo = p->lo[t], hi = p->hi[t];
        if (!(lo < hi))
            theta[t] = lo;
        else if (p->law->theta[t].log_scale)
            theta[t] = lo * pow(hi / lo, u[t]);
        else if (lo == 0)
            theta[t] = hi * pow(10, -5 * u[t]); // a weight that may vanish: five decades
        else
            theta[t] = lo + (hi - lo) * u[t];
    }
}

void start_point(const StartSequence *q, int index, double *theta) {
    place(q->problem, q->u + (long)index * q->k, theta);
}

void start_anywhere(const Problem *p, Random *r, double *theta) {
    double u[LAW_MAX_THETA];
    for (int t = 0; t < p->law->n_theta; t++) u[t] = random_uniform(r);
    place(p, u, theta);
}

typedef struct {
    const Problem *problem;
    const StartSequence *sequence;
    double until;
    SearchEnd *ends;
    Workspace *workspaces[MAX_THREADS];
} Searches;

static void one_search(void *context, int index, int worker) {
    Searches *s = context;
    if (!s->workspaces[worker]) s->workspaces[worker] = workspace_new(s->problem->law, s->problem->n);
    double theta[LAW_MAX_THETA];
    start_point(s->sequence, index, theta);
    search(s->problem, s->workspaces[worker], theta, s->until, &s->ends[index]);
}

static long search_all(const Problem *p, int n, unsigned long seed, int threads, double until, SearchEnd *ends) {
    Searches s = {.problem = p, .sequence = start_sequence(p, n, seed), .until = until, .ends = ends};
    parallel(n, threads < MAX_THREADS ? threads : MAX_THREADS, one_search, &s);
    long evaluations = 0;
    for (int i = 0; i < MAX_THREADS; i++) {
        if (s.workspaces[i]) evaluations += s.workspaces[i]->evaluations;
        workspace_free(s.workspaces[i]);
    }
    start_sequence_free((StartSequence *)s.sequence);
    return evaluations;
}

// Relative distance of two ends over theta, each measured by its bounds.
static double distance(const Problem *p, const double *a, const double *b) {
    double most = 0;
    for (int t = 0; t < p->law->n_theta; t++) {
        double lo = p->lo[t], hi = p->hi[t];
        if (!(lo < hi)) continue;
        double d = p->law->theta[t].log_scale ? log(a[t] / b[t]) / log(hi / lo) : (a[t] - b[t]) / (hi - lo);
        most = fmax(most, fabs(d));
    }
    return most;
}

// Groups ends that have nearly the same value and theta, best first. group[i] is the group of end i, -1 beyond `room`.
static int group_ends(const Problem *p, const SearchEnd *ends, int n, int room, int *group, int *first) {
    double *values = allocate(n, sizeof *values);
    size_t *order = allocate(n, sizeof *order);
    for (int i = 0; i < n; i++) values[i] = isfinite(ends[i].value) ? ends[i].value : HUGE_VAL;
    gsl_sort_index(order, values, 1, (size_t)n);
    int n_groups = 0;
    for (int i = 0; i < n; i++) {
        int e = (int)order[i], g = 0;
        group[e] = -1;
        if (!isfinite(ends[e].value)) continue;
        while (g < n_groups && !(ends[e].value <= ends[first[g]].value * 1.001 + 1e-20 &&
                                 distance(p, ends[e].parameters, ends[first[g]].parameters) < 0.02))
            g++;
        if (g == n_groups) {
            if (n_groups == room) continue;
            first[n_groups++] = e;
        }
        group[e] = g;
    }
    free(values);
    free(order);
    return n_groups;
}

static bool same_optimum(const Problem *p, const LocalMinimum *a, const LocalMinimum *b) {
    return fabs(a->value - b->value) <= 1e-6 * fabs(b->value) + 1e-24 &&
           (distance(p, a->parameters, b->parameters) < 1e-2 || fabs(a->value - b->value) <= 1e-9 * fabs(b->value));
}

// Keeps the list sorted and distinct.
static void add_optimum(const Problem *p, Starts *s, const LocalMinimum *o) {
    if (!isfinite(o->value)) return;
    for (int i = 0; i < s->n_optima; i++)
        if (same_optimum(p, o, &s->optima[i])) {
            int starts = s->optima[i].starts + o->starts;
            if (o->value < s->optima[i].value) s->optima[i] = *o;
            s->optima[i].starts = starts;
            return;
        }
    if (s->n_optima == MAX_OPTIMA) {
        if (o->value >= s->optima[MAX_OPTIMA - 1].value) return;
        s->n_optima--;
    }
    int at = s->n_optima++;
    for (; at > 0 && s->optima[at - 1].value > o->value; at--) s->optima[at] = s->optima[at - 1];
    s->optima[at] = *o;
}

static void polish_groups(const Problem *p, Workspace *w, const SearchEnd *ends, const int *first, const int *count,
                          int n_groups, Starts *s) {
    for (int g = 0; g < n_groups; g++) {
        LocalMinimum o = {.starts = count[g]};
        memcpy(o.parameters, ends[first[g]].parameters, sizeof o.parameters);
        o.value = polish(p, w, o.parameters, 1e-12, &o.converged);
        add_optimum(p, s, &o);
    }
}

// Rows for the searches: all, or a fixed sample of a long table.
static Problem sample_rows(const Problem *p, int limit, Point **points, double **numbers) {
    Problem q = *p;
    *points = NULL;
    *numbers = NULL;
    if (p->n <= limit) return q;
    *points = allocate(limit, sizeof **points);
    *numbers = allocate(3 * (size_t)limit, sizeof **numbers);
    double *loss = *numbers, *log_loss = loss + limit, *weight = log_loss + limit;
    Random r = random_stream(1, 0x5a3);
    for (int i = 0; i < limit; i++) {
        // One row of each of `limit` equal stretches of the table.
        int from = (int)((long)i * p->n / limit), to = (int)((long)(i + 1) * p->n / limit);
        int row = from + (int)random_below(&r, (uint32_t)(to - from));
        (*points)[i] = p->points[row];
        loss[i] = p->loss[row];
        log_loss[i] = p->log_loss[row];
        weight[i] = p->weight ? p->weight[row] : 1;
    }
    q.n = limit;
    q.points = *points;
    q.loss = loss;
    q.log_loss = log_loss;
    q.weight = p->weight ? weight : NULL;
    return q;
}

static void count_ends(const Starts *s, const int *group, int n_groups, int *count) {
    memset(count, 0, (size_t)n_groups * sizeof *count);
    for (int i = 0; i < s->total; i++)
        if (group[i] >= 0) count[group[i]]++;
}

// Independent seeks, each with a seed of its own and from another optimum.
typedef struct {
    const Problem *problem;
    const StartOptions *options;
    int enough;
    LocalMinimum ends[SEEKS];
    Workspace *workspaces[SEEKS];
} Seeks;

static void one_seek(void *context, int index, int worker) {
    (void)worker;
    Seeks *s = context;
    LocalMinimum *o = &s->ends[index];
    const SeekOptions options = {seek_most(s->problem, SEEK_WORK), s->enough,
                                 s->options->seed + 0x5eedu * (uint64_t)(index + 1)};
    s->workspaces[index] = workspace_new(s->problem->law, s->problem->n);
    o->value = seek(s->problem, s->workspaces[index], o->parameters, o->value, &options);
}

// The best of several independent seeks, and how many of them found it.
static void seek_round(const Problem *p, const StartOptions *options, Starts *s) {
    bool smooth = p->objective.kind == L2, warm = options->n_warm > 0;
    Seeks *all = allocate(1, sizeof *all);
    *all = (Seeks){.problem = p, .options = options, .enough = smooth || warm ? 1 : 4};
    s->seeks = smooth || warm || options->starts < SEEKS * 10 ? 1 : SEEKS; // who wants few starts wants it quick
    for (int i = 0; i < s->seeks; i++) {
        all->ends[i] = s->optima[i % s->n_optima];
        all->ends[i].starts = 0;
    }
    parallel(s->seeks, options->threads < SEEKS ? options->threads : SEEKS, one_seek, all);
    double best = INFINITY;
    for (int i = 0; i < s->seeks; i++) {
        best = fmin(best, all->ends[i].value);
        s->evaluations += all->workspaces[i]->evaluations;
        workspace_free(all->workspaces[i]);
        add_optimum(p, s, &all->ends[i]);
    }
    for (int i = 0; i < s->seeks; i++) s->seeks_agree += all->ends[i].value <= best * (1 + 1e-8);
    free(all);
}

// A further round of searches with rows weighed by how far the best optimum is from them: fully within 1.5 spreads,
// beyond so that no row pulls harder than one there. Whether it found a better optimum: then the spread is smaller, and
// rows that are far off lose more of their weight in the next.
static bool robust_round(const Problem *q, const Problem *p, Workspace *w, const StartOptions *options, Starts *s) {
    double *r = allocate(2 * (size_t)q->n, sizeof *r), *weight = r + q->n, *sorted = weight;
    residuals(q, s->optima[0].parameters, r);
    for (int i = 0; i < q->n; i++) sorted[i] = fabs(r[i]);
    gsl_sort(sorted, 1, (size_t)q->n);
    double knee = 1.5 * 1.4826 * sorted[q->n / 2];
    for (int i = 0; i < q->n; i++) {
        double a = fabs(r[i]);
        weight[i] = (q->weight ? q->weight[i] : 1) * (a <= knee || a == 0 ? 1 : knee / a * (knee / a));
    }
    Problem robust = *q;
    robust.weight = weight;
    SearchEnd *ends = allocate(ROBUST_STARTS, sizeof *ends);
    int starts = options->starts < ROBUST_STARTS ? options->starts : ROBUST_STARTS;
    s->evaluations += search_all(&robust, starts, options->seed + 1, options->threads, 1e-4, ends);
    int group[ROBUST_STARTS], first[4], none[4] = {0};
    int n = group_ends(q, ends, starts, 4, group, first);
    double before = s->optima[0].value;
    polish_groups(p, w, ends, first, none, n, s);
    free(ends);
    free(r);
    return s->optima[0].value < before * 0.99;
}

Status run_starts(const Problem *p, const StartOptions *options, Starts *s) {
    enum { GROUPS = MAX_OPTIMA };
    *s = (Starts){.total = p->law->n_theta ? options->starts : 1};
    s->ends = allocate(s->total, sizeof *s->ends);
    Point *points;
    double *numbers;
    Problem q = sample_rows(p, MAX_SEARCH_ROWS, &points, &numbers);
    s->evaluations = search_all(&q, s->total, options->seed, options->threads, 1e-4, s->ends);
    int *group = allocate(s->total, sizeof *group), first[GROUPS], count[GROUPS];
    int n_groups = group_ends(p, s->ends, s->total, GROUPS, group, first);
    count_ends(s, group, n_groups, count);
    Workspace *w = workspace_new(p->law, p->n);
    polish_groups(p, w, s->ends, first, count, p->n > MAX_SEARCH_ROWS && n_groups > 3 ? 3 : n_groups, s);
    for (int i = 0; i < options->n_warm; i++) {
        LocalMinimum o = {0};
        memcpy(o.parameters, options->warm[i], sizeof o.parameters);
        o.value = polish(p, w, o.parameters, 1e-12, &o.converged);
        add_optimum(p, s, &o);
    }
    if (s->n_optima && p->law->n_theta) {
        for (int k = 0; k < ROBUST_ROUNDS && p->objective.kind != L2 && robust_round(&q, p, w, options, s);) k++;
        seek_round(p, options, s);
    }
    for (int i = 0; i < s->total; i++) {
        s->converged += s->ends[i].status == CONVERGED;
        s->at_bound += s->ends[i].status == AT_BOUND;
        s->stalled += s->ends[i].status == STALLED;
    }
    if (n_groups) {
        // Along a direction that the data do not see, ends differ in theta and not in value: value is what must agree.
        const SearchEnd *best = &s->ends[first[0]];
        for (int i = 0; i < s->total; i++) s->agree += s->ends[i].value <= best->value * 1.001 + 1e-20;
        s->never_moved = best->never_moved;
    }
    s->evaluations += w->evaluations;
    workspace_free(w);
    free(group);
    free(points);
    free(numbers);
    if (s->n_optima) return OK;
    starts_free(s);
    return fail(CANNOT_FINISH, "%s cannot be computed on these rows from any start", p->law->name);
}

void starts_free(Starts *s) {
    free(s->ends);
    s->ends = NULL;
}
