// schedule.c - see schedule.h.
#include "schedule.h"

#include <math.h>

double schedule(const Run *run, long step) {
    double warmup = ceil(run->warmup_tokens / run_batch_tokens(run));
    double rise = (double)(step + 1) < warmup ? (double)(step + 1) / warmup : 1;
    long steps = run_steps(run), decay_start = run_decay_start(run);
    if (step < decay_start) return rise;
    return rise * (double)(steps - step) / (double)(steps - decay_start + 1);
}
