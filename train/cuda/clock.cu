// clock.cu - where time goes: events at each change of part, read when somebody asks.
#include "context.h"

#include <stdlib.h>
#include <string.h>

extern "C" {
#include "ground/status.h"
}

constexpr int max_events = 1024;

struct Clock {
    cudaEvent_t event[max_events + 1];
    int label[max_events]; // of the time that follows the event
    int n_made, n_events, label_now;
    double seconds[N_PARTS];  // since times() was last called
    double before[N_PARTS];   // seconds when the plain run began
    double share[8][N_PARTS]; // of each recorded step
};

void clock_open(Context *c) {
    c->clock = (Clock *)allocate(1, sizeof *c->clock);
    c->clock->label_now = PART_OTHER;
}

void clock_close(Context *c) {
    for (int i = 0; i < c->clock->n_made; i++) cudaEventDestroy(c->clock->event[i]);
    free(c->clock);
}

static bool record_event(Context *c) {
    Clock *k = c->clock;
    if (k->n_events == k->n_made) {
        cudaError_t error = cudaEventCreateWithFlags(&k->event[k->n_made], cudaEventDefault);
        note_error(c, error, "making an event");
        if (error != cudaSuccess) return false;
        k->n_made++;
    }
    note_error(c, cudaEventRecord(k->event[k->n_events], c->stream), "recording an event");
    return true;
}

static void add_time(Clock *k, int label, double seconds) {
    if (label < N_PARTS) {
        k->seconds[label] += seconds;
        return;
    }
    for (int p = 0; p < N_PARTS; p++) k->seconds[p] += seconds * k->share[label - N_PARTS][p];
}

// Waits for the stream and adds up what the events say; the running label goes on.
static void read_events(Context *c) {
    Clock *k = c->clock;
    if (k->n_events == 0 || !record_event(c)) return;
    note_error(c, cudaStreamSynchronize(c->stream), "reading the clock");
    for (int i = 0; i < k->n_events; i++) {
        float milliseconds = 0;
        if (cudaEventElapsedTime(&milliseconds, k->event[i], k->event[i + 1]) == cudaSuccess)
            add_time(k, k->label[i], milliseconds / 1000.0);
    }
    k->n_events = 0;
}

void clock_mark(Context *c, int label) {
    Clock *k = c->clock;
    if (c->capturing) return;
    if (k->n_events == max_events) read_events(c);
    if (!record_event(c)) return;
    k->label[k->n_events++] = k->label_now = label;
}

void clock_share_begin(Context *c) {
    read_events(c);
    memcpy(c->clock->before, c->clock->seconds, sizeof c->clock->before);
    clock_mark(c, c->clock->label_now);
}

void clock_share_end(Context *c, int which) {
    Clock *k = c->clock;
    read_events(c);
    double total = 0;
    for (int p = 0; p < N_PARTS; p++) total += k->share[which][p] = k->seconds[p] - k->before[p];
    for (int p = 0; p < N_PARTS; p++) k->share[which][p] = total > 0 ? k->share[which][p] / total : p == PART_OTHER;
}

void cuda_mark(Context *c, Part part) {
    clock_mark(c, part);
}

void cuda_times(Context *c, double seconds[N_PARTS]) {
    Clock *k = c->clock;
    read_events(c);
    memcpy(seconds, k->seconds, sizeof k->seconds);
    memset(k->seconds, 0, sizeof k->seconds);
}
