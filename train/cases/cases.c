// cases.c - running, comparing, differentiating and timing cases; the list is in cases_list.c.
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

static double array_difference(const CaseArray *a, const CaseData *x, const CaseData *y, int i) {
    double error = 0, size = 0;
    if (a->kind == INT32) {
        for (long j = 0; j < a->count; j++) error += x->ints[i][j] != y->ints[i][j];
        return error > 0;
    }
    for (long j = 0; j < a->count; j++) {
        double e = x->real[i][j] - y->real[i][j];
        error += e * e;
        size += y->real[i][j] * y->real[i][j];
    }
    if (!isfinite(error)) return INFINITY;
    return error == 0 ? 0 : sqrt(error / (size > 0 ? size : 1));
}

static void compare_results(const Case *c, const CaseData *x, const CaseData *y, bool backward, double *difference,
                            const char **worst) {
    *difference = 0;
    *worst = "nothing";
    for (int i = 0; i < c->n; i++) {
        const CaseArray *a = &c->array[i];
        if (a->role != ROLE_OUT && !(backward && a->role == ROLE_GRAD)) continue;
        double e = array_difference(a, x, y, i);
        if (!(e > *difference)) continue;
        *difference = e;
        *worst = a->name;
    }
}

Status case_compare(const Case *c, const Backend *b, double *difference, const char **worst) {
    CaseData x = case_data(c), y = case_data(c);
    Status s = case_run(c, b, &x, true);
    if (s == OK) s = case_run(c, &backend_cpu_double, &y, true);
    if (s == OK) compare_results(c, &x, &y, true, difference, worst);
    case_free(&x);
    case_free(&y);
    return s;
}

Status case_check_forward(const Case *c, double *difference, const char **worst) {
    CaseData x = case_data(c), y = case_data(c);
    Status s = case_run(c, &backend_cpu_double, &x, false);
    if (s == OK) {
        c->reference(c, &y);
        compare_results(c, &x, &y, false, difference, worst);
    }
    case_free(&x);
    case_free(&y);
    return s;
}

// The loss after moving input `i` by `by` along `way`.
static Status loss_at(const Case *c, Device *v, int i, const double *way, double by, double *loss) {
    CaseData d = case_data(c);
    for (long j = 0; j < c->array[i].count; j++) d.real[i][j] += by * way[j];
    Status s = device_run(c, v, &d, false);
    *loss = 0;
    for (int k = 0; k < c->n; k++)
        for (long j = 0; c->array[k].role == ROLE_DOUT && j < c->array[k].count; j++)
            *loss += d.real[c->array[k].pair][j] * d.real[k][j];
    case_free(&d);
    return s;
}

// |measured - claimed| / scale along one direction, where scale is the gradient's size.
static Status slope_error(const Case *c, Device *v, int input, const double *way, const double *gradient,
                          double *error) {
    const double step = 1e-5;
    double up, down, claimed = 0, size = 0;
    TRY(loss_at(c, v, input, way, step, &up));
    TRY(loss_at(c, v, input, way, -step, &down));
    for (long j = 0; j < c->array[input].count; j++) {
        claimed += gradient[j] * way[j];
        size += gradient[j] * gradient[j];
    }
    *error = fabs((up - down) / (2 * step) - claimed) / fmax(sqrt(size), 1e-3);
    return OK;
}

static Status input_error(const Case *c, Device *v, int input, const double *gradient, double *error) {
    enum { ELEMENTS = 8 };
    long n = c->array[input].count;
    double *way = allocate(n, sizeof *way);
    Random r = random_stream(11, (uint64_t)input);
    Status s = OK;
    *error = 0;
    for (int k = 0; k <= ELEMENTS && s == OK; k++) {
        long at = (long)random_below(&r, (uint32_t)n);
        for (long j = 0; j < n; j++) way[j] = k == ELEMENTS ? 2 * random_uniform(&r) - 1 : j == at;
        double e = 0;
        s = slope_error(c, v, input, way, gradient, &e);
        *error = fmax(*error, e);
    }
    free(way);
    return s;
}

Status case_check_gradient(const Case *c, double *difference, const char **worst) {
    CaseData before = case_data(c), after = case_data(c);
    Device v;
    Status s = device_open(c, &backend_cpu_double, &v);
    if (s == OK) s = device_run(c, &v, &after, true);
    *difference = 0;
    *worst = "nothing";
    for (int i = 0; i < c->n && s == OK; i++) {
        const CaseArray *a = &c->array[i];
        if (a->role != ROLE_GRAD || a->pair < 0) continue;
        for (long j = 0; j < a->count; j++) after.real[i][j] -= before.real[i][j];
        double e = 0;
        s = input_error(c, &v, a->pair, after.real[i], &e);
        if (e > *difference) {
            *difference = e;
            *worst = a->name;
        }
    }
    device_close(c, &v);
    case_free(&before);
    case_free(&after);
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
