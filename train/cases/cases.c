// cases.c - running and timing cases; the list is in cases_list.c.
#include "cases.h"

#include "ground/random.h"

#include <math.h>
#include <stdlib.h>

// Values that bf16 holds exactly for ACT, float for FULL, so that all backends start from the same.
static double start_value(Random *r, Kind kind, double size) {
    double x = 2 * random_uniform(r) - 1;
    return kind == ACT ? size * floor(x * 64) / 64 : (double)(float)(size * x);
}

static bool starts_random(const CaseArray *a) {
    return a->role == ROLE_IN || a->role == ROLE_DOUT || a->adds;
}

CaseData case_data(const Case *c) {
    CaseData d = {0};
    for (int i = 0; i < c->n; i++) {
        const CaseArray *a = &c->array[i];
        Random r = random_stream(7, (uint64_t)i);
        if (a->kind == INT32) {
            d.ints[i] = allocate(a->count, sizeof(int32_t));
            continue;
        }
        d.real[i] = allocate(a->count, sizeof(double));
        for (long j = 0; j < a->count && starts_random(a); j++) d.real[i][j] = start_value(&r, a->kind, a->size);
    }
    if (c->prepare) c->prepare(c, &d);
    return d;
}

void case_free(CaseData *d) {
    for (int i = 0; i < CASE_ARRAYS; i++) {
        free(d->real[i]);
        free(d->ints[i]);
    }
}

// A case's arrays on a device.
typedef struct {
    const Backend *b;
    Context *ctx;
    void *x[CASE_ARRAYS];
} Device;

static void device_close(const Case *c, Device *v) {
    for (int i = 0; i < c->n; i++)
        if (v->x[i]) v->b->release(v->ctx, v->x[i]);
    if (v->ctx) v->b->close(v->ctx);
}

static Status device_open(const Case *c, const Backend *b, Device *v) {
    *v = (Device){.b = b};
    TRY(b->open(&v->ctx, &c->shape, c->n_sequences));
    for (int i = 0; i < c->n; i++)
        if (!(v->x[i] = b->alloc(v->ctx, c->array[i].kind, c->array[i].count))) {
            device_close(c, v);
            return fail(CANNOT_FINISH, "no memory for case %s %s", c->op, c->name);
        }
    return OK;
}

static void put_all(const Case *c, Device *v, const CaseData *d) {
    for (int i = 0; i < c->n; i++) {
        if (c->array[i].kind == INT32)
            v->b->put_ints(v->ctx, v->x[i], d->ints[i], c->array[i].count);
        else
            v->b->put(v->ctx, v->x[i], c->array[i].kind, d->real[i], c->array[i].count);
    }
}

static void get_all(const Case *c, Device *v, CaseData *d) {
    for (int i = 0; i < c->n; i++) {
        if (c->array[i].kind == INT32)
            v->b->get_ints(v->ctx, d->ints[i], v->x[i], c->array[i].count);
        else
            v->b->get(v->ctx, d->real[i], v->x[i], c->array[i].kind, c->array[i].count);
    }
}

static Status device_run(const Case *c, Device *v, CaseData *d, bool backward) {
    put_all(c, v, d);
    c->forward(c, v->b, v->ctx, v->x);
    if (backward && c->backward) c->backward(c, v->b, v->ctx, v->x);
    get_all(c, v, d);
    return v->b->sync(v->ctx);
}

Status case_run(const Case *c, const Backend *b, CaseData *d, bool backward) {
    Device v;
    TRY(device_open(c, b, &v));
    Status s = device_run(c, &v, d, backward);
    device_close(c, &v);
    return s;
}

typedef void Call(const Case *c, const Backend *b, Context *ctx, void **x);

static Status time_call(const Case *c, Device *v, Call *call, double *best) {
    double begun = backend_seconds(v->b);
    *best = INFINITY;
    for (int n = 1; backend_seconds(v->b) - begun < 0.05; n *= 2) {
        double from = backend_seconds(v->b);
        for (int i = 0; i < n; i++) call(c, v->b, v->ctx, v->x);
        TRY(v->b->sync(v->ctx));
        *best = fmin(*best, (backend_seconds(v->b) - from) / n);
    }
    return OK;
}

Status case_time(const Case *c, const Backend *b, double *forward, double *backward) {
    CaseData d = case_data(c);
    Device v;
    *forward = *backward = 0;
    Status s = device_open(c, b, &v);
    if (s == OK) s = device_run(c, &v, &d, true);
    if (s == OK) s = time_call(c, &v, c->forward, forward);
    if (s == OK && c->backward) s = time_call(c, &v, c->backward, backward);
    if (v.ctx) device_close(c, &v);
    case_free(&d);
    return s;
}
