// tape.c - see tape.h.
#include "tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Operations of one argument take b.
typedef enum {
    NUMBER,
    VARIABLE,  // index: which
    LOGARITHM, // of a variable that is never zero; index: which
    THETA,     // index: which
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    MIN,
    MAX,
    AT_MOST, // a <= b: 1, else 0
    BELOW,   // a < b
    NEGATE,
    LOG,
    POWER_LOG, // of the base of a power: that of nothing is so low that no exponent lifts it, but finite
    EXP,
    SQRT,
    ABS
} Operation;

typedef struct {
    unsigned char operation;
    short a, b; // earlier nodes; b also the index of a variable or exponent
    double number;
} Node;

typedef struct {
    int node, at; // at: phi[at], or dphi[at]
} Output;

struct Tape {
    int n, n_values; // nodes; the first n_values are all that values need
    Node node[MOST_NODES];
    int n_phi, n_slopes, n_theta;
    Output phi[1 + LAW_MAX_COEF], slope[(1 + LAW_MAX_COEF) * LAW_MAX_THETA];
};

// ---- building ------------------------------------------------------------------------------------------------------

Tape *tape_new(void) {
    return allocate(1, sizeof(Tape));
}

void tape_free(Tape *t) {
    free(t);
}

static int put(Tape *t, Node node) {
    for (int i = 0; i < t->n; i++) {
        const Node *old = &t->node[i];
        if (old->operation == node.operation && old->a == node.a && old->b == node.b &&
            !memcmp(&old->number, &node.number, sizeof node.number))
            return i;
    }
    if (t->n == MOST_NODES) return -1;
    t->node[t->n] = node;
    return t->n++;
}

int tape_number(Tape *t, double x) {
    return put(t, (Node){.operation = NUMBER, .number = x == 0 ? 0 : x});
}

int tape_variable(Tape *t, Variable v) {
    return put(t, (Node){.operation = VARIABLE, .b = (short)v});
}

int tape_theta(Tape *t, int i) {
    return put(t, (Node){.operation = THETA, .b = (short)i});
}

static bool is(const Tape *t, int i, double x) {
    return t->node[i].operation == NUMBER && t->node[i].number == x;
}

static double compute(Operation o, double a, double b) {
    switch (o) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case MIN: return fmin(a, b);
    case MAX: return fmax(a, b);
    case AT_MOST: return a <= b;
    case BELOW: return a < b;
    case NEGATE: return -b;
    case LOG: return log(b);
    case POWER_LOG: return b == 0 ? -1e4 : log(b);
    case EXP: return exp(b);
    case SQRT: return sqrt(b);
    case ABS: return fabs(b);
    default: return NAN;
    }
}

static int make(Tape *t, Operation o, int a, int b);

// What is the same in fewer operations; -2: nothing.
static int simpler(Tape *t, Operation o, int a, int b) {
    bool zero_a = is(t, a, 0), zero_b = is(t, b, 0), one_a = is(t, a, 1), one_b = is(t, b, 1);
    switch (o) {
    case ADD: return zero_a ? b : zero_b ? a : -2;
    case SUBTRACT: return zero_b ? a : zero_a ? make(t, NEGATE, 0, b) : -2;
    case MULTIPLY:
        if (zero_a || zero_b) return tape_number(t, 0);
        return one_a ? b : one_b ? a : is(t, a, -1) ? make(t, NEGATE, 0, b) : is(t, b, -1) ? make(t, NEGATE, 0, a) : -2;
    case DIVIDE: return zero_a ? a : one_b ? a : -2;
    case NEGATE: return t->node[b].operation == NEGATE ? t->node[b].b : -2;
    case EXP: return zero_b ? tape_number(t, 1) : -2;
    default: return -2;
    }
}

static int make(Tape *t, Operation o, int a, int b) {
    if (a < 0 || b < 0) return -1;
    if (o >= NEGATE) a = 0;
    const Node *x = &t->node[a], *y = &t->node[b];
    if (y->operation == NUMBER && (o >= NEGATE || x->operation == NUMBER))
        return tape_number(t, compute(o, x->number, y->number));
    int same = simpler(t, o, a, b);
    if (same != -2) return same;
    bool swap = (o == ADD || o == MULTIPLY) && a > b; // so that a + b and b + a are one node
    return put(t, (Node){.operation = o, .a = (short)(swap ? b : a), .b = (short)(swap ? a : b)});
}

static bool never_zero(Variable v) {
    return v != VAR_S && v != VAR_SPARSITY;
}

static int logarithm(Tape *t, int a, Operation o) {
    const Node *x = &t->node[a];
    bool ready = x->operation == VARIABLE && never_zero((Variable)x->b);
    return ready ? put(t, (Node){.operation = LOGARITHM, .b = x->b}) : make(t, o, 0, a);
}

// Whole powers are products, which may be of negative numbers; others go by the logarithm, as compiled laws do.
static int power(Tape *t, int a, int b) {
    const Node *y = &t->node[b];
    double whole = y->operation == NUMBER ? y->number : 0.5;
    if (whole == floor(whole) && fabs(whole) <= 8) {
        int product = tape_number(t, 1);
        for (int i = 0; i < (int)fabs(whole); i++) product = make(t, MULTIPLY, product, a);
        return whole < 0 ? make(t, DIVIDE, tape_number(t, 1), product) : product;
    }
    if (y->operation == NUMBER && whole == 0.5) return make(t, SQRT, 0, a);
    return make(t, EXP, 0, make(t, MULTIPLY, b, logarithm(t, a, POWER_LOG)));
}

int tape_apply(Tape *t, StepKind kind, int a, int b) {
    if (a < 0 || b < 0) return -1;
    switch (kind) {
    case STEP_ADD: return make(t, ADD, a, b);
    case STEP_SUBTRACT: return make(t, SUBTRACT, a, b);
    case STEP_MULTIPLY: return make(t, MULTIPLY, a, b);
    case STEP_DIVIDE: return make(t, DIVIDE, a, b);
    case STEP_POWER: return power(t, a, b);
    case STEP_MIN: return make(t, MIN, a, b);
    case STEP_MAX: return make(t, MAX, a, b);
    case STEP_NEGATE: return make(t, NEGATE, 0, b);
    case STEP_LOG: return logarithm(t, b, LOG);
    case STEP_LOG10: return make(t, DIVIDE, logarithm(t, b, LOG), tape_number(t, M_LN10));
    case STEP_EXP: return make(t, EXP, 0, b);
    case STEP_SQRT: return make(t, SQRT, 0, b);
    case STEP_ABS: return make(t, ABS, 0, b);
    case STEP_NUMBER:
    case STEP_NAME: break;
    }
    return -1;
}

// ---- derivatives ---------------------------------------------------------------------------------------------------

static int times(Tape *t, int a, int b) {
    return make(t, MULTIPLY, a, b);
}

// `then` where a <= b, `otherwise` elsewhere.
static int choose(Tape *t, int a, int b, int then, int otherwise) {
    return make(t, ADD, times(t, make(t, AT_MOST, a, b), then), times(t, make(t, BELOW, b, a), otherwise));
}

// The slope of node i to an exponent, from those of its arguments.
static int chain(Tape *t, int i, int theta, const int *slope) {
    const Node x = t->node[i];
    int zero = tape_number(t, 0), da = x.operation >= ADD ? slope[x.a] : zero,
        db = x.operation >= ADD ? slope[x.b] : zero;
    if (da < 0 || db < 0) return -1;
    switch ((Operation)x.operation) {
    case THETA: return tape_number(t, x.b == theta);
    case ADD: return make(t, ADD, da, db);
    case SUBTRACT: return make(t, SUBTRACT, da, db);
    case MULTIPLY: return make(t, ADD, times(t, da, x.b), times(t, db, x.a));
    case DIVIDE: return make(t, DIVIDE, make(t, SUBTRACT, da, times(t, db, i)), x.b);
    case MIN: return choose(t, x.a, x.b, da, db);
    case MAX: return choose(t, x.b, x.a, da, db);
    case NEGATE: return make(t, NEGATE, 0, db);
    case LOG:
    case POWER_LOG: return make(t, DIVIDE, db, x.b);
    case EXP: return times(t, db, i);
    case SQRT: return make(t, DIVIDE, db, times(t, tape_number(t, 2), i));
    case ABS: return times(t, db, make(t, SUBTRACT, make(t, AT_MOST, zero, x.b), make(t, BELOW, x.b, zero)));
    default: return zero;
    }
}

// ---- finishing -----------------------------------------------------------------------------------------------------

static void mark(const Tape *t, int i, bool *needed) {
    if (needed[i]) return;
    needed[i] = true;
    if (t->node[i].operation < ADD) return;
    mark(t, t->node[i].b, needed);
    if (t->node[i].operation < NEGATE) mark(t, t->node[i].a, needed);
}

// Nodes that outputs need, those of values first; the order among them stays, so arguments come before their users.
static void settle(Tape *t) {
    static const int NOWHERE_YET = -1;
    bool value[MOST_NODES] = {false}, any[MOST_NODES] = {false};
    int place[MOST_NODES], n = 0;
    Node old[MOST_NODES];
    for (int i = 0; i < t->n_phi; i++) mark(t, t->phi[i].node, value);
    for (int i = 0; i < t->n_slopes; i++) mark(t, t->slope[i].node, any);
    memcpy(old, t->node, sizeof old);
    for (int i = 0; i < t->n; i++) place[i] = value[i] ? n++ : NOWHERE_YET;
    t->n_values = n;
    for (int i = 0; i < t->n; i++)
        if (any[i] && !value[i]) place[i] = n++;
    for (int i = 0; i < t->n; i++) {
        if (place[i] == NOWHERE_YET) continue;
        Node *to = &t->node[place[i]];
        *to = old[i];
        if (old[i].operation < ADD) continue;
        to->b = (short)place[old[i].b];
        to->a = old[i].operation < NEGATE ? (short)place[old[i].a] : 0;
    }
    for (int i = 0; i < t->n_phi; i++) t->phi[i].node = place[t->phi[i].node];
    for (int i = 0; i < t->n_slopes; i++) t->slope[i].node = place[t->slope[i].node];
    t->n = n;
}

bool tape_finish(Tape *t, const int *phi, int n_phi, int n_theta) {
    int slope[MOST_NODES], n_nodes = t->n, zero = tape_number(t, 0);
    t->n_phi = n_phi;
    t->n_theta = n_theta;
    for (int i = 0; i < n_phi; i++) t->phi[i] = (Output){phi[i], i};
    for (int theta = 0; theta < n_theta; theta++) {
        for (int i = 0; i < n_nodes; i++)
            if ((slope[i] = chain(t, i, theta, slope)) < 0) return false;
        for (int i = 0; i < n_phi; i++) {
            if (slope[phi[i]] == zero) continue;
            t->slope[t->n_slopes++] = (Output){slope[phi[i]], i * n_theta + theta};
        }
    }
    settle(t);
    return true;
}

// ---- running -------------------------------------------------------------------------------------------------------

enum { BLOCK = 16 }; // points that go through an operation together

typedef double Values[BLOCK];

// One operation over a block.
#define EACH(expression)                                                                                               \
    for (int k = 0; k < n; k++) v[k] = (expression);                                                                   \
    break

static void run(const Tape *t, int from, int to, const Point *p, int n, const double *theta, Values *value) {
    for (int i = from; i < to; i++) {
        const Node *x = &t->node[i];
        const double *a = value[x->a], *b = x->operation >= ADD ? value[x->b] : NULL;
        double *restrict v = value[i];
        switch ((Operation)x->operation) {
        case NUMBER: EACH(x->number);
        case VARIABLE: EACH(p[k].x[x->b]);
        case LOGARITHM: EACH(p[k].ln[x->b]);
        case THETA: EACH(theta[x->b]);
        case ADD: EACH(a[k] + b[k]);
        case SUBTRACT: EACH(a[k] - b[k]);
        case MULTIPLY: EACH(a[k] * b[k]);
        case DIVIDE: EACH(a[k] / b[k]);
        case NEGATE: EACH(-b[k]);
        case EXP: EACH(exp(b[k]));
        default: EACH(compute((Operation)x->operation, a[k], b[k]));
        }
    }
}

void tape_basis(const Tape *t, const Point *points, int n, const double *theta, double *phi, long stride,
                double *dphi) {
    Values value[MOST_NODES];
    long row = (long)t->n_phi * t->n_theta;
    if (dphi) memset(dphi, 0, (size_t)(n * row) * sizeof *dphi);
    for (int begin = 0; begin < n; begin += BLOCK) {
        int many = n - begin < BLOCK ? n - begin : BLOCK;
        run(t, 0, t->n_values, points + begin, many, theta, value);
        for (int j = 0; j < t->n_phi; j++)
            memcpy(phi + t->phi[j].at * stride + begin, value[t->phi[j].node], (size_t)many * sizeof *phi);
        if (!dphi) continue;
        run(t, t->n_values, t->n, points + begin, many, theta, value);
        for (int k = 0; k < many; k++)
            for (int j = 0; j < t->n_slopes; j++) dphi[(begin + k) * row + t->slope[j].at] = value[t->slope[j].node][k];
    }
}

int tape_size(const Tape *t, bool derivatives) {
    return derivatives ? t->n : t->n_values;
}
