// cases.h - one list of operation cases for three uses: a backend against cpu-double and gradients against finite
// differences (tests/train/case_checks.h), and timing. A case knows its arrays and how to call the operation forward
// and backward.
#ifndef MOELAW_CASES_H
#define MOELAW_CASES_H

#include "backend.h"

enum { CASE_ARRAYS = 20, CASE_GROUPS = 40 };

typedef enum {
    ROLE_IN,   // random input
    ROLE_OUT,  // result of forward (and input of backward); with `adds` it starts random and is added to
    ROLE_DOUT, // gradient of the loss for the result `pair`: the loss is the sum of result x dout over all such pairs
    ROLE_GRAD, // result of backward: gradient for the input `pair`; with `adds` it starts random and is added to
    ROLE_WORK, // kept between forward and backward, not compared
} Role;

typedef struct {
    const char *name;
    Kind kind;
    Role role;
    long count;
    int pair; // see Role; -1: none
    bool adds;
    double size; // largest starting value
} CaseArray;

// Host copies of a case's arrays: one of the two pointers is set, by kind.
typedef struct {
    double *real[CASE_ARRAYS];
    int32_t *ints[CASE_ARRAYS];
} CaseData;

typedef struct Case Case;
struct Case {
    const char *op, *name; // "product", "five groups, one empty"
    Shape shape;
    int n_sequences;
    int p[8];              // the op's sizes, as its calls want them
    int rows[CASE_GROUPS]; // group sizes of a product
    double q[6];
    bool no_gradient; // backward is none, or not the gradient where the function jumps (ties)
    bool large;       // worth timing, too slow for finite differences
    double flops;     // of forward, for timing; 0: bytes matter, not products
    int n;
    CaseArray array[CASE_ARRAYS];
    void (*prepare)(const Case *c, CaseData *d); // after the random fill: indices, special values
    void (*forward)(const Case *c, const Backend *b, Context *ctx, void **x);
    void (*backward)(const Case *c, const Backend *b, Context *ctx, void **x);
};

// Positions of the arrays that references and the list share by name; the others are in calling order.
enum {
    ROUTER_H,
    ROUTER_W,
    ROUTER_BIAS,
    ROUTER_LOGIT,
    ROUTER_INDEX,
    ROUTER_SLOT,
    ROUTER_TOKEN,
    ROUTER_WEIGHT,
    ROUTER_OFFSET,
    ROUTER_COUNT,
    ROUTER_STATS,
    ROUTER_DWEIGHT,
    ROUTER_DSTATS,
    ROUTER_DH,
    ROUTER_DW
};
enum { ADAM_WEIGHT, ADAM_GRAD, ADAM_FIRST, ADAM_SECOND, ADAM_AVERAGE, ADAM_COPY, ADAM_NORM, ADAM_HYPER };

int cases_count(void);
Case cases_get(int i);

CaseData case_data(const Case *c); // allocated and filled, the same each time
void case_free(CaseData *d);

// Puts d on the backend, runs forward and, if asked, backward, and reads everything back into d.
Status case_run(const Case *c, const Backend *b, CaseData *d, bool backward);

// Seconds of one forward and one backward call, the best of several.
Status case_time(const Case *c, const Backend *b, double *forward, double *backward);

#endif
