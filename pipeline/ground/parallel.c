// parallel.c - see parallel.h.
#include "parallel.h"

#include "status.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct {
    Work work;
    void *context;
    int n;
    atomic_int next;
} Pool;

typedef struct {
    Pool *pool;
    int worker;
    pthread_t thread;
} Worker;

static void *run_worker(void *argument) {
    const Worker *w = argument;
    for (int i; (i = atomic_fetch_add(&w->pool->next, 1)) < w->pool->n;) w->pool->work(w->pool->context, i, w->worker);
    return NULL;
}

void parallel(int n, int threads, Work work, void *context) {
    if (threads > n) threads = n;
    Pool pool = {.work = work, .context = context, .n = n};
    if (threads < 1) threads = 1;
    Worker *workers = allocate(threads, sizeof *workers);
    int started = 1;
    for (int i = 1; i < threads; i++) {
        workers[i] = (Worker){.pool = &pool, .worker = i};
        if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i])) break; // fewer threads, same result
        started++;
    }
    workers[0] = (Worker){.pool = &pool};
    run_worker(&workers[0]);
    for (int i = 1; i < started; i++) pthread_join(workers[i].thread, NULL);
    free(workers);
}
