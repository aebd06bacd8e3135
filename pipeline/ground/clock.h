// clock.h - the one clock, in seconds. For durations and deadlines; nothing that it says reaches a result.
#ifndef MOELAW_CLOCK_H
#define MOELAW_CLOCK_H

#include <time.h>

static inline double clock_read(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
// Since some moment in the past; never goes back.
static inline double clock_seconds(void) {
    return clock_read(CLOCK_MONOTONIC);
}
// What the calling thread has used of its processor.
static inline double clock_thread_seconds(void) {
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

#endif
