// headlines_frontier.c - a public ladder of compute-optimal MoE runs and what was forecast from it
// (marin-community/marin, experiments/grug/moe/README.md: Paloma macro loss, E64 top-4 with one shared expert).
#include "decide/forecast.h"
#include "headlines.h"

#include <math.h>
#include <stdlib.h>

enum { RUNGS = 6 };
static const double flops[RUNGS] = {1e18, 3e18, 1e19, 3e19, 1e20, 3e20};
static const double losses[RUNGS] = {3.5273, 3.3398, 3.1494, 3.0066, 2.8509, 2.7222};

static const ForecastOptions asked = {.n_floors = 5, .floors = {1.2, 1.4, 1.5, 1.6, 1.7}, .noise = 0.0016};

static void compare(Headlines *h, const Forecast *near, const Forecast *far) {
    h->paper = "marin ladder";
    h->provenance = PRINTED;
    must_be(h, 2.599, near->fitted.loss, .002, "loss at 1e21 FLOPs, measured later; forecast with a free floor");
    must_be(h, 2.252, far->floors[3].loss, .002, "loss at 1e23 FLOPs, their forecast with the floor at 1.6");
    must_hold(h, "2.2333, measured", far->within.lo, far->within.lo < 2.2333 && 2.2333 < far->within.hi,
              "at 1e23 FLOPs, inside all curves within .16 %% of the six runs");
    h->provenance = ARITHMETIC;
    must_be(h, 1.429, near->floor, 5.1e-4, "floor of the free fit");
    must_be(h, 2.221, far->fitted.loss, 5.1e-4, "loss at 1e23 FLOPs, floor free");
    must_be(h, 2.188, far->floors[0].loss, 5.1e-4, "the same, floor at 1.2");
    must_be(h, 2.272, far->floors[4].loss, 5.1e-4, "the same, floor at 1.7");
    double worst = 0;
    for (int i = 0; i < far->n_floors; i++) worst = fmax(worst, far->floors[i].rms);
    must_lie(h, 0, .0016, worst, "largest error on the six runs with floors from 1.2 to 1.7");
}

void headlines_frontier(Headlines *h) {
    const Law *law = law_find("frontier");
    const RunChoice choice = {0};
    const int configuration[RUNGS] = {0, 1, 2, 3, 4, 5};
    FitOptions o = FIT_OPTIONS_DEFAULT;
    Point rungs[RUNGS];
    Runs runs;
    Fitted f;
    o.objective = "l2";
    o.starts = 50;
    o.threads = 1;
    for (int i = 0; i < RUNGS; i++) rungs[i] = (Point){.x = {[VAR_C] = flops[i]}};
    bool was_quiet = quiet;
    quiet = true; // few configurations are no news here
    runs_of_points("marin ladder", RUNGS, rungs, losses, configuration, &runs);
    FitReport *r = allocate(1, sizeof *r);
    if (fitting_run(law, &runs, &o, NULL, 0, &f) == OK) {
        Point *points = runs_points(&runs, law, false), near = {.x = {[VAR_C] = 1e21}}, far = {.x = {[VAR_C] = 1e23}};
        Forecast at[2];
        fit_report(&f, &runs, &o, &choice, r);
        if (forecast(r, &runs, points, &near, &asked, &at[0]) == OK &&
            forecast(r, &runs, points, &far, &asked, &at[1]) == OK)
            compare(h, &at[0], &at[1]);
        free(points);
        fitted_free(&f);
    }
    quiet = was_quiet;
    free(r);
    runs_free(&runs);
}
