// seek.c - see seek.h.
#include "seek.h"

#include "ground/random.h"

#include <math.h>
#include <string.h>

// Below this share values are the same but for rounding.
static const double same_share = 1e-9;

int seek_most(const Problem *p, int work) {
    int m = law_n_parameters(p->law);
    int most = (int)((double)work * m * m / 144 / (p->n + 1)); // 144: the five-factor law's 12 coefficients
    return most < 3 ? 3 : most > 2000 ? 2000 : most;
}

// Exponential weights, every second time squared: mild restarts find neighbours, rough ones leave the valley.
static void shake(const Problem *p, Random *r, bool rough, double *weight) {
    for (int i = 0; i < p->n; i++) {
        double x = -log(1 - random_uniform(r));
        weight[i] = (rough ? x * x : x) * (p->weight ? p->weight[i] : 1);
    }
}

double seek(const Problem *p, Workspace *w, double *parameters, double value, const SeekOptions *o) {
    int hits = 0, misses = 0;
    Problem shaken = *p;
    shaken.weight = w->shaken;
    if (!isfinite(value)) return value;
    for (int k = 0; k < o->most && hits < o->enough * (1 + misses); k++) {
        double x[LAW_MAX_PARAMETERS];
        Random r = random_stream(o->seed, 0x5a4e + (uint64_t)k);
        memcpy(x, parameters, sizeof x);
        shake(p, &r, k % 2, w->shaken);
        polish(&shaken, w, x, 1e-4, NULL);
        double other = polish_near(p, w, x, 1e-12);
        misses += other > value * (1 + same_share);
        hits = other < value * (1 - same_share) ? 0 : hits + (other <= value * (1 + same_share));
        if (!(other < value)) continue;
        value = other;
        memcpy(parameters, x, sizeof x);
    }
    return value;
}
