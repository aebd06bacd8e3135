// headlines.c - see headlines.h.
#include "headlines.h"

#include "ground/status.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static Headline *add(Headlines *h, const char *format, va_list args) {
    if (h->n % 64 == 0) h->lines = reallocate(h->lines, h->n + 64, sizeof *h->lines);
    Headline *line = &h->lines[h->n++];
    *line = (Headline){.paper = h->paper, .provenance = h->provenance, .published = NAN, .ours = NAN};
    vsnprintf(line->quantity, sizeof line->quantity, format, args);
    return line;
}

#define ADDED(line)                                                                                                    \
    va_list args;                                                                                                      \
    va_start(args, quantity);                                                                                          \
    Headline *line = add(h, quantity, args);                                                                           \
    va_end(args);

void must_be(Headlines *h, double published, double ours, double tolerance, const char *quantity, ...) {
    ADDED(line)
    line->published = published;
    line->ours = ours;
    line->tolerance = tolerance;
    snprintf(line->printed, sizeof line->printed, "%.6g", published);
}

void must_be_near(Headlines *h, double published, double ours, double share, const char *quantity, ...) {
    ADDED(line)
    line->published = published;
    line->ours = ours;
    line->tolerance = share;
    line->relative = true;
    snprintf(line->printed, sizeof line->printed, "%.6g", published);
}

void must_lie(Headlines *h, double lo, double hi, double ours, const char *quantity, ...) {
    ADDED(line)
    line->published = (lo + hi) / 2;
    line->tolerance = (hi - lo) / 2;
    line->ours = ours;
    snprintf(line->printed, sizeof line->printed, "%.4g..%.4g", lo, hi);
}

void must_hold(Headlines *h, const char *printed, double ours, bool holds, const char *quantity, ...) {
    ADDED(line)
    line->ours = ours;
    line->published = holds ? ours : NAN;
    snprintf(line->printed, sizeof line->printed, "%s", printed);
}

void cannot_be(Headlines *h, const char *printed, double ours, const char *reason, const char *quantity, ...) {
    ADDED(line)
    line->ours = ours;
    line->reason = reason;
    snprintf(line->printed, sizeof line->printed, "%s", printed);
}

AllocationTask published_task(const char *name, double *parameters) {
    AllocationTask p;
    Status s = allocation_open(&p, law_published(name, parameters, 0), parameters);
    assert(s == OK); // what is published has a size and tokens
    (void)s;
    return p;
}

const char *origin_name(Origin p) {
    static const char *const names[ORIGINS] = {"printed", "arithmetic", "refit"};
    return names[p];
}

bool headline_holds(const Headline *l) {
    double slack = l->relative ? l->tolerance * fabs(l->published) : l->tolerance;
    return fabs(l->ours - l->published) <= slack * (1 + 1e-9);
}

Headlines headlines_all(const Law *serving_law, const double *serving_parameters) {
    Headlines h = {.serving_law = serving_law, .serving_parameters = serving_parameters};
    headlines_zhao(&h);
    headlines_wan(&h);
    headlines_yun(&h);
    headlines_krajewski(&h);
    headlines_dense(&h);
    headlines_ludziejewski(&h);
    headlines_sparsity(&h);
    headlines_isoflop(&h);
    headlines_frontier(&h);
    return h;
}
