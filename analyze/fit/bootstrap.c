// bootstrap.c - replicates by configuration: whole configurations are drawn with replacement, since their runs share
// what the law does not know.
#include "ground/random.h"
#include "fitting.h"
#include "ground/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_CHALLENGERS = 8, CHALLENGE_ROWS = 4096, MAX_WORKERS = 64 };

typedef struct {
    Workspace *workspace;
    Point *points;
    double *loss, *log_loss, *weight;
    int *times; // [n_clusters]
} Room;

typedef struct {
    const Runs *runs;
    Fitted *fitted;
    int n_challengers;
    double challengers[N_CHALLENGERS][LAW_MAX_THETA];
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

// The rows of one replicate: those drawn, weighed by how often.
static Problem draw_rows(const Bootstrap *b, Random *r, Room *room) {
    const Runs *runs = b->runs;
    Problem p = b->fitted->problem;
    memset(room->times, 0, (size_t)runs->n_clusters * sizeof *room->times);
    for (int i = 0; i < runs->n_clusters; i++) room->times[random_below(r, (uint32_t)runs->n_clusters)]++;
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

// A coarse look elsewhere: the best of some other thetas is searched from, and polished where it may win.
static void challenge(const Bootstrap *b, const Problem *p, Workspace *w, double value, double *parameters) {
    double best = INFINITY, candidate[LAW_MAX_PARAMETERS], at_warm[LAW_MAX_PARAMETERS];
    int chosen = -1;
    Problem few = *p;
    if (few.n > CHALLENGE_ROWS)
        few.n = CHALLENGE_ROWS; // the first rows of a long table will do: what is found must win on all
    for (int i = 0; i < b->n_challengers; i++) {
        double v = search_value(&few, w, b->challengers[i], candidate);
        if (v < best) {
            best = v;
            chosen = i;
        }
    }
    if (chosen < 0) return;
    double warm = search_value(&few, w, parameters, at_warm);
    SearchEnd end;
    search(&few, w, b->challengers[chosen], 1e-3, &end);
    bool same = true;
    for (int t = 0; t < p->law->n_theta; t++)
        same = same && fabs(end.parameters[t] - parameters[t]) <= 0.1 * fabs(parameters[t]);
    if (same || !(end.value < 1.2 * warm)) return;
    double other = polish(p, w, end.parameters, 1e-7, NULL);
    if (other < value) memcpy(parameters, end.parameters, sizeof end.parameters);
}

static void one_replicate(void *context, int index, int worker) {
    Bootstrap *b = context;
    Room *room = &b->rooms[worker];
    if (!room->workspace) open_room(b, room);
    int n_parameters = law_n_parameters(b->fitted->law);
    Random r = random_stream(b->fitted->seed, 0xb007 + (uint64_t)index);
    Problem p = draw_rows(b, &r, room);
    double parameters[LAW_MAX_PARAMETERS];
    memcpy(parameters, b->fitted->parameters, sizeof parameters);
    double value = polish_near(&p, room->workspace, parameters, 1e-7);
    challenge(b, &p, room->workspace, value, parameters);
    memcpy(b->fitted->draws + (long)index * n_parameters, parameters, (size_t)n_parameters * sizeof *parameters);
}

// The other optima of the fit, then points all over the bounds.
static void choose_challengers(Bootstrap *b) {
    const Fitted *f = b->fitted;
    if (!f->law->n_theta) return;
    for (int i = 1; i < f->starts.n_optima && b->n_challengers < N_CHALLENGERS / 2; i++)
        memcpy(b->challengers[b->n_challengers++], f->starts.optima[i].parameters, sizeof b->challengers[0]);
    StartSequence *q = start_sequence(&f->problem, N_CHALLENGERS, f->seed + 2);
    for (int i = 0; b->n_challengers < N_CHALLENGERS; i++) start_point(q, i, b->challengers[b->n_challengers++]);
    start_sequence_free(q);
}

void bootstrap(const Runs *runs, int n, Fitted *f) {
    Bootstrap *b = allocate(1, sizeof *b);
    b->runs = runs;
    b->fitted = f;
    choose_challengers(b);
    f->draws = allocate((size_t)n * law_n_parameters(f->law), sizeof *f->draws);
    f->n_draws = n;
    parallel(n, f->threads < MAX_WORKERS ? f->threads : MAX_WORKERS, one_replicate, b);
    for (int i = 0; i < MAX_WORKERS; i++)
        if (b->rooms[i].workspace) {
            f->starts.evaluations += b->rooms[i].workspace->evaluations;
            close_room(&b->rooms[i]);
        }
    free(b);
}
