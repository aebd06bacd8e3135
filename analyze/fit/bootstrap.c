// bootstrap.c - resampling by cluster: whole clusters are drawn, or left out, since their runs share what the law does
// not know. See bootstrap.h for which is done when.
#include "bootstrap.h"

#include "ground/parallel.h"
#include "ground/random.h"
#include "solver/seek.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// CHALLENGERS: thetas looked at from elsewhere; CHALLENGE_ROWS of a long table will do for that, since what is found
// must win on all. RESAMPLE_WORK, ENOUGH: see seek_most().
enum { CHALLENGERS = 12, FRESH = 6, SEARCHED = 6, CHALLENGE_ROWS = 4096, MAX_WORKERS = 64 };
enum { RESAMPLE_WORK = 12000, ENOUGH = 2, WHOLE_STARTS = 60 };

typedef struct {
    Workspace *workspace;
    Point *points;
    double *loss, *log_loss, *weight;
    int *times; // [n_clusters] how often a cluster is in the resample
} Room;

typedef struct {
    const Runs *runs;
    Fitted *fitted;
    bool leave_out; // replicate i leaves cluster i out; else clusters are drawn
    double *found;  // [n * n_parameters]
    int n_challengers;
    double challengers[CHALLENGERS][LAW_MAX_THETA];
    Room rooms[MAX_WORKERS];
} Bootstrap;

static void open_room(const Bootstrap *b, Room *room) {
    size_t n = b->runs->n;
    room->workspace = workspace_new(b->fitted->law, b->runs->n);
    room->points = allocate(n, sizeof *room->points);
    room->loss = allocate(3 * n, sizeof *room->loss);
    room->log_loss = room->loss + n;
    room->weight = room->log_loss + n;
    room->times = allocate(b->runs->n_clusters, sizeof *room->times);
}

static void close_room(Room *room) {
    workspace_free(room->workspace);
    free(room->points);
    free(room->loss);
    free(room->times);
}

void bootstrap_times(const Fitted *f, int n_clusters, int index, int *times) {
    Random r = random_stream(f->seed, 0xb007 + (uint64_t)index);
    memset(times, 0, (size_t)n_clusters * sizeof *times);
    for (int i = 0; i < n_clusters; i++) times[random_below(&r, (uint32_t)n_clusters)]++;
}

// The rows of one resample, weighed by how often their cluster is in it.
static Problem take_rows(const Bootstrap *b, Room *room) {
    const Runs *runs = b->runs;
    Problem p = b->fitted->problem;
    int n = 0;
    for (int i = 0; i < runs->n; i++) {
        int times = room->times[runs->cluster[i]];
        if (!times) continue;
        room->points[n] = b->fitted->points[i];
        room->loss[n] = runs->loss[i];
        room->log_loss[n] = runs->log_loss[i];
        room->weight[n++] = times * (runs->weight ? runs->weight[i] : 1);
    }
    p.n = n;
    p.points = room->points;
    p.loss = room->loss;
    p.log_loss = room->log_loss;
    p.weight = room->weight;
    return p;
}

typedef struct {
    double value, parameters[LAW_MAX_PARAMETERS];
} Candidate;

// Keeps the better of two.
static void take(Candidate *best, const Candidate *other) {
    if (other->value < best->value) *best = *other;
}

// A look elsewhere: the SEARCHED best of some thetas, the fit's other optima and fresh ones, are searched from and
// polished.
static void challenge(const Bootstrap *b, const Problem *p, Workspace *w, Random *r, Candidate *best) {
    Candidate from[SEARCHED];
    double theta[LAW_MAX_THETA];
    Problem few = *p;
    if (few.n > CHALLENGE_ROWS) few.n = CHALLENGE_ROWS;
    for (int k = 0; k < SEARCHED; k++) from[k].value = INFINITY;
    for (int i = 0; i < b->n_challengers + FRESH; i++) {
        if (i >= b->n_challengers) start_anywhere(p, r, theta);
        Candidate c;
        c.value = search_value(&few, w, i < b->n_challengers ? b->challengers[i] : theta, c.parameters);
        int k = SEARCHED;
        for (; k > 0 && c.value < from[k - 1].value; k--)
            if (k < SEARCHED) from[k] = from[k - 1];
        if (k < SEARCHED) from[k] = c;
    }
    for (int k = 0, agree = 0; k < SEARCHED && agree < 2 && isfinite(from[k].value); k++) {
        SearchEnd end;
        search(&few, w, from[k].parameters, 1e-3, &end);
        Candidate c;
        memcpy(c.parameters, end.parameters, sizeof c.parameters);
        c.value = polish(p, w, c.parameters, 1e-12, NULL);
        agree += fabs(c.value - best->value) <= 1e-9 * best->value;
        take(best, &c);
    }
}

static bool unmoved(const Fitted *f, const double *parameters) {
    for (int i = 0; i < law_n_parameters(f->law); i++)
        if (fabs(parameters[i] - f->parameters[i]) > 1e-12 * fabs(f->parameters[i])) return false;
    return true;
}

// Other rows and the same answer to the last digit: the steps from the fit stalled, so all of a fit is done.
static void whole_fit(const Problem *p, uint64_t seed, Candidate *best) {
    const StartOptions options = {WHOLE_STARTS, 1, seed, 0, NULL};
    Starts s;
    if (run_starts(p, &options, &s) != OK) return;
    Candidate c = {.value = s.optima[0].value};
    memcpy(c.parameters, s.optima[0].parameters, sizeof c.parameters);
    take(best, &c);
    starts_free(&s);
}

// The optimum of one resample: from the fit, from elsewhere, and by restarts from the better.
static void resample_optimum(const Bootstrap *b, const Problem *p, Workspace *w, uint64_t seed, double *parameters) {
    Candidate best;
    Random r = random_stream(seed, 0xf4e5);
    memcpy(best.parameters, b->fitted->parameters, sizeof best.parameters);
    best.value = polish(p, w, best.parameters, 1e-12, NULL);
    if (p->law->n_theta) {
        challenge(b, p, w, &r, &best);
        const SeekOptions o = {seek_most(p, RESAMPLE_WORK), ENOUGH, seed};
        best.value = seek(p, w, best.parameters, best.value, &o);
        if (unmoved(b->fitted, best.parameters)) whole_fit(p, seed, &best);
    }
    memcpy(parameters, best.parameters, sizeof best.parameters);
}

static void one_replicate(void *context, int index, int worker) {
    Bootstrap *b = context;
    Room *room = &b->rooms[worker];
    if (!room->workspace) open_room(b, room);
    int n_parameters = law_n_parameters(b->fitted->law);
    if (b->leave_out)
        for (int c = 0; c < b->runs->n_clusters; c++) room->times[c] = c != index;
    else
        bootstrap_times(b->fitted, b->runs->n_clusters, index, room->times);
    Problem p = take_rows(b, room);
    double parameters[LAW_MAX_PARAMETERS];
    resample_optimum(b, &p, room->workspace, b->fitted->seed + 0xb0075u * (uint64_t)(index + 1), parameters);
    memcpy(b->found + (long)index * n_parameters, parameters, (size_t)n_parameters * sizeof *parameters);
}

// The other optima of the fit, then points all over the bounds.
static void choose_challengers(Bootstrap *b) {
    const Fitted *f = b->fitted;
    if (!f->law->n_theta) return;
    for (int i = 1; i < f->starts.n_optima && b->n_challengers < CHALLENGERS / 2; i++)
        memcpy(b->challengers[b->n_challengers++], f->starts.optima[i].parameters, sizeof b->challengers[0]);
    StartSequence *q = start_sequence(&f->problem, CHALLENGERS, f->seed + 2);
    for (int i = 0; b->n_challengers < CHALLENGERS; i++) start_point(q, i, b->challengers[b->n_challengers++]);
    start_sequence_free(q);
}

static void refit_all(const Runs *runs, int n, bool leave_out, double *found, Fitted *f) {
    Bootstrap *b = allocate(1, sizeof *b);
    *b = (Bootstrap){.runs = runs, .fitted = f, .leave_out = leave_out, .found = found};
    choose_challengers(b);
    parallel(n, f->threads < MAX_WORKERS ? f->threads : MAX_WORKERS, one_replicate, b);
    for (int i = 0; i < MAX_WORKERS; i++)
        if (b->rooms[i].workspace) {
            f->starts.evaluations += b->rooms[i].workspace->evaluations;
            close_room(&b->rooms[i]);
        }
    free(b);
}

// ---- few clusters: the jackknife -----------------------------------------------------------------------------------

// The scale on which a parameter's errors add up: logarithms of coefficients that keep their sign in all refits.
static bool on_log_scale(const Fitted *f, const double *found, int n, int i) {
    int p = law_n_parameters(f->law);
    if (i < f->law->n_theta && !f->law->theta[i].log_scale) return false;
    for (int c = 0; c < n; c++)
        if (!(found[(long)c * p + i] * f->parameters[i] > 0)) return false;
    return true;
}

static double chi_squared(Random *r, int dof) {
    double sum = 0;
    for (int i = 0; i < dof; i++) {
        double z = random_normal(r);
        sum += z * z;
    }
    return sum;
}

// Draws of the multivariate t with n - 1 degrees of freedom whose covariance is the jackknife's, around the fit: each
// adds the deviations of the leave-one-out fits from their mean with random weights. Bounds hold.
static void draw_from_jackknife(const double *found, int clusters, int n, Fitted *f) {
    int p = law_n_parameters(f->law);
    double mean[LAW_MAX_PARAMETERS] = {0};
    bool log_scale[LAW_MAX_PARAMETERS];
    for (int i = 0; i < p; i++) {
        log_scale[i] = on_log_scale(f, found, clusters, i);
        for (int c = 0; c < clusters; c++) {
            double x = found[(long)c * p + i];
            mean[i] += (log_scale[i] ? log(fabs(x)) : x) / clusters;
        }
    }
    for (int b = 0; b < n; b++) {
        Random r = random_stream(f->seed, 0x1acc + (uint64_t)b);
        double *draw = f->draws + (long)b * p, moved[LAW_MAX_PARAMETERS] = {0};
        double tail = sqrt((clusters - 1) / chi_squared(&r, clusters - 1) * (clusters - 1) / clusters);
        for (int c = 0; c < clusters; c++) {
            double z = random_normal(&r) * tail;
            for (int i = 0; i < p; i++) {
                double x = found[(long)c * p + i];
                moved[i] += z * ((log_scale[i] ? log(fabs(x)) : x) - mean[i]);
            }
        }
        for (int i = 0; i < p; i++) {
            double x =
                log_scale[i] ? f->parameters[i] * exp(fmin(fmax(moved[i], -300), 300)) : f->parameters[i] + moved[i];
            draw[i] = fmin(fmax(x, f->problem.lo[i]), f->problem.hi[i]);
        }
    }
}

static void jackknife(const Runs *runs, int n, Fitted *f) {
    int clusters = runs->n_clusters;
    double *found = allocate((size_t)clusters * law_n_parameters(f->law), sizeof *found);
    refit_all(runs, clusters, true, found, f);
    draw_from_jackknife(found, clusters, n, f);
    free(found);
}

// ---- which is done -------------------------------------------------------------------------------------------------

static int larger(int a, int b) {
    return a > b ? a : b;
}

int fewest_clusters(int free_parameters) {
    return larger(8, 2 * free_parameters);
}

Resampling resampling_of(const Runs *runs, int free_parameters) {
    if (runs->clustered_by_row || runs->n_clusters < fewest_clusters(free_parameters)) return WITHHELD;
    return runs->n_clusters < larger(20, 4 * free_parameters) ? JACKKNIFE : PAIRS;
}

static int count_unmoved(const Fitted *f) {
    int p = law_n_parameters(f->law), count = 0;
    for (int b = 0; b < f->n_draws; b++) count += unmoved(f, f->draws + (long)b * p);
    return count;
}

void bootstrap(const Runs *runs, int n, Fitted *f) {
    f->resampling = resampling_of(runs, f->metrics.free_parameters);
    f->clusters = runs->clustered_by_row ? runs->configurations : runs->n_clusters;
    if (f->resampling == WITHHELD || n == 0) return;
    f->draws = allocate((size_t)n * law_n_parameters(f->law), sizeof *f->draws);
    f->n_draws = n;
    if (f->resampling == JACKKNIFE)
        jackknife(runs, n, f);
    else
        refit_all(runs, n, false, f->draws, f);
    f->unmoved = count_unmoved(f);
}
