// cases_list.c - the cases: for each operation its arrays, its calls, and the shapes worth trying.
//
// Every op has a function that fills a Case from sizes in p, q and rows; the table at the end lists those.
#include "ground/random.h"
#include "run/run.h"
#include "cases.h"

#include <math.h>
#include <string.h>

static int array(Case *c, const char *name, Kind kind, Role role, long count) {
    c->array[c->n] = (CaseArray){.name = name, .kind = kind, .role = role, .count = count, .pair = -1, .size = 1};
    return c->n++;
}
static int gradient(Case *c, const char *name, Kind kind, long count, int pair, bool adds) {
    int i = array(c, name, kind, ROLE_GRAD, count);
    c->array[i].pair = pair;
    c->array[i].adds = adds;
    return i;
}
static int dout(Case *c, const char *name, Kind kind, long count, int pair) {
    int i = array(c, name, kind, ROLE_DOUT, count);
    c->array[i].pair = pair;
    return i;
}

// Integers in 0..limit-1 into array i.
static void random_ints(const Case *c, CaseData *d, int i, int limit) {
    Random r = random_stream(5, (uint64_t)i);
    for (long j = 0; j < c->array[i].count; j++) d->ints[i][j] = (int32_t)random_below(&r, (uint32_t)limit);
}

// --- embedding: p = T D V
enum { EMBED_TABLE, EMBED_TOKEN, EMBED_X, EMBED_DX, EMBED_DTABLE };
static void embed_prepare(const Case *c, CaseData *d) {
    random_ints(c, d, EMBED_TOKEN, c->p[2] > 2 ? c->p[2] - 1 : c->p[2]); // the last token never appears
}
static void embed_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->embed(ctx, x[EMBED_X], x[EMBED_TABLE], x[EMBED_TOKEN], c->p[0], c->p[1]);
}
static void embed_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->embed_back(ctx, x[EMBED_DTABLE], x[EMBED_DX], x[EMBED_TOKEN], c->p[0], c->p[1], c->p[2]);
}
static void embed_case(Case *c) {
    long T = c->p[0], D = c->p[1], V = c->p[2];
    array(c, "table", ACT, ROLE_IN, V * D);
    array(c, "token", INT32, ROLE_WORK, T);
    array(c, "x", ACT, ROLE_OUT, T * D);
    dout(c, "dx", ACT, T * D, EMBED_X);
    gradient(c, "dtable", FULL, V * D, EMBED_TABLE, true);
    c->prepare = embed_prepare;
    c->forward = embed_forward;
    c->backward = embed_backward;
}

// --- norm: p = T D, with y?
enum { NORM_X, NORM_GAIN_D, NORM_S, NORM_H, NORM_RSTD, NORM_DH, NORM_DS, NORM_DGAIN, NORM_Y };
static void norm_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->norm(ctx, c->p[2] ? x[NORM_S] : NULL, x[NORM_H], x[NORM_RSTD], x[NORM_X], c->p[2] ? x[NORM_Y] : NULL,
            x[NORM_GAIN_D], c->p[0], c->p[1]);
}
static void norm_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->norm_back(ctx, x[NORM_DS], x[NORM_DGAIN], x[NORM_DH], c->p[2] ? x[NORM_S] : x[NORM_X], x[NORM_RSTD],
                 x[NORM_GAIN_D], c->p[0], c->p[1]);
}
static void norm_case(Case *c) {
    long T = c->p[0], D = c->p[1];
    array(c, "x", ACT, ROLE_IN, T * D);
    array(c, "gain", FULL, ROLE_IN, D);
    array(c, "s", ACT, ROLE_OUT, T * D);
    array(c, "h", ACT, ROLE_OUT, T * D);
    array(c, "rstd", FULL, ROLE_OUT, T);
    dout(c, "dh", ACT, T * D, NORM_H);
    gradient(c, "ds", ACT, T * D, NORM_X, true);
    gradient(c, "dgain", FULL, D, NORM_GAIN_D, true);
    array(c, "y", ACT, ROLE_IN, T * D);
    c->forward = norm_forward;
    c->backward = norm_backward;
}

// --- grouped products: p = K N groups add; rows
enum { PRODUCT_X, PRODUCT_W, PRODUCT_OFFSET, PRODUCT_Y, PRODUCT_DY, PRODUCT_DX, PRODUCT_DW };
static Groups product_groups(const Case *c, void **x) {
    return (Groups){x[PRODUCT_OFFSET], c->p[2], c->array[PRODUCT_X].count / c->p[0]};
}
static void product_prepare(const Case *c, CaseData *d) {
    for (int g = 0; g < c->p[2]; g++) d->ints[PRODUCT_OFFSET][g + 1] = d->ints[PRODUCT_OFFSET][g] + c->rows[g];
}
static void product_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->product(ctx, x[PRODUCT_Y], x[PRODUCT_X], x[PRODUCT_W], product_groups(c, x), c->p[0], c->p[1], c->p[3]);
}
static void product_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    Groups g = product_groups(c, x);
    b->product_dx(ctx, x[PRODUCT_DX], x[PRODUCT_DY], x[PRODUCT_W], g, c->p[0], c->p[1], c->p[3]);
    b->product_dw(ctx, x[PRODUCT_DW], x[PRODUCT_X], x[PRODUCT_DY], g, c->p[0], c->p[1]);
}
static void product_case(Case *c) {
    long K = c->p[0], N = c->p[1], S = 0;
    for (int g = 0; g < c->p[2]; g++) S += c->rows[g];
    array(c, "x", ACT, ROLE_IN, S * K);
    array(c, "w", ACT, ROLE_IN, c->p[2] * K * N);
    array(c, "offset", INT32, ROLE_WORK, c->p[2] + 1);
    int y = array(c, "y", ACT, ROLE_OUT, S * N);
    c->array[y].adds = c->p[3];
    dout(c, "dy", ACT, S * N, PRODUCT_Y);
    gradient(c, "dx", ACT, S * K, PRODUCT_X, c->p[3]);
    gradient(c, "dw", FULL, c->p[2] * K * N, PRODUCT_W, true);
    c->flops = 2.0 * (double)S * (double)K * (double)N;
    c->prepare = product_prepare;
    c->forward = product_forward;
    c->backward = product_backward;
}

// --- attention: shape, n_sequences
enum { ATTENTION_IN, ATTENTION_OUT, ATTENTION_LSE, ATTENTION_DOUT, ATTENTION_DQKV, ATTENTION_RSTD };
static AttentionSpec attention_spec(const Case *c) {
    const Shape *s = &c->shape;
    return (AttentionSpec){c->n_sequences, s->seq_len, s->n_heads, s->n_kv_heads, s->d_head};
}
static void attention_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->attention(ctx, x[ATTENTION_OUT], x[ATTENTION_LSE], c->p[5] ? x[ATTENTION_RSTD] : NULL, x[ATTENTION_IN],
                 attention_spec(c), c->q[0]);
}
static void attention_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->attention_back(ctx, x[ATTENTION_DQKV], x[ATTENTION_DOUT], x[ATTENTION_OUT], x[ATTENTION_LSE],
                      c->p[5] ? x[ATTENTION_RSTD] : NULL, x[ATTENTION_IN], attention_spec(c), c->q[0]);
}
// p = seq_len n_heads n_kv_heads d_head n_sequences, q and k normalised?
static void attention_case(Case *c) {
    Shape *s = &c->shape;
    s->seq_len = c->p[0];
    s->n_heads = c->p[1];
    s->n_kv_heads = c->p[2];
    s->d_head = c->p[3];
    c->n_sequences = c->p[4];
    c->q[0] = 1 / sqrt(c->p[3]);
    long T = (long)c->p[0] * c->p[4], Q = (long)c->p[1] * c->p[3], width = Q + 2L * c->p[2] * c->p[3];
    array(c, "qkv", ACT, ROLE_IN, T * width);
    array(c, "out", ACT, ROLE_OUT, T * Q);
    array(c, "lse", FULL, ROLE_OUT, T * c->p[1]);
    dout(c, "dout", ACT, T * Q, ATTENTION_OUT);
    gradient(c, "dqkv", ACT, T * width, ATTENTION_IN, false);
    array(c, "rstd", FULL, c->p[5] ? ROLE_OUT : ROLE_WORK, T * (c->p[1] + c->p[2]));
    c->flops = 2.0 * (double)T * (double)Q * c->p[0];
    c->forward = attention_forward;
    c->backward = attention_backward;
}

// --- routing: p = n_sequences seq_len D E K gate, kind of input; q = scale aux z
enum { AS_IT_FALLS, ALL_EQUAL, ALL_ON_ONE, ONE_EMPTY };
static RouterSpec router_spec(const Case *c) {
    const int *p = c->p;
    return (RouterSpec){.T = p[0] * p[1],
                        .D = p[2],
                        .E = p[3],
                        .K = p[4],
                        .seq_len = p[1],
                        .gate = p[5],
                        .scale = c->q[0],
                        .aux = c->q[1],
                        .z = c->q[2]};
}
static Routing routing(void **x) {
    return (Routing){x[ROUTER_LOGIT],  x[ROUTER_INDEX],  x[ROUTER_SLOT],  x[ROUTER_TOKEN],
                     x[ROUTER_WEIGHT], x[ROUTER_OFFSET], x[ROUTER_COUNT], x[ROUTER_STATS]};
}
static void router_prepare(const Case *c, CaseData *d) {
    int E = c->p[3], kind = c->p[6];
    for (long j = 0; j < c->array[ROUTER_W].count && kind == ALL_EQUAL; j++)
        d->real[ROUTER_W][j] = d->real[ROUTER_W][j / E * E]; // the same column for all experts
    for (int e = 0; e < E; e++) {
        double bias = kind == ALL_EQUAL ? 0 : d->real[ROUTER_BIAS][e];
        if (kind == ALL_ON_ONE) bias = e == E / 2 ? 100 : 0;
        if (kind == ONE_EMPTY) bias = e == 1 ? -100 : bias;
        d->real[ROUTER_BIAS][e] = bias;
    }
    // The loss also has the balancing and z losses, each once.
    d->real[ROUTER_DSTATS][0] = 0;
    d->real[ROUTER_DSTATS][1] = d->real[ROUTER_DSTATS][2] = 1;
}
static void router_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->router(ctx, routing(x), x[ROUTER_H], x[ROUTER_W], x[ROUTER_BIAS], router_spec(c));
}
static void router_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->router_back(ctx, x[ROUTER_DH], x[ROUTER_DW], routing(x), x[ROUTER_DWEIGHT], x[ROUTER_H], x[ROUTER_W],
                   router_spec(c));
}
static void router_case(Case *c) {
    long T = (long)c->p[0] * c->p[1], D = c->p[2], E = c->p[3], S = T * c->p[4];
    c->n_sequences = c->p[0];
    c->shape.seq_len = c->p[1];
    c->shape.d_model = c->p[2];
    c->shape.n_experts = c->p[3];
    c->shape.top_k = c->p[4];
    array(c, "h", ACT, ROLE_IN, T * D);
    array(c, "w", FULL, ROLE_IN, D * E);
    int bias = array(c, "bias", FULL, ROLE_IN, E);
    c->array[bias].size = 0.1;
    array(c, "logit", FULL, ROLE_OUT, T * E);
    array(c, "index", INT32, ROLE_OUT, S);
    array(c, "slot", INT32, ROLE_OUT, S);
    array(c, "token", INT32, ROLE_OUT, S);
    array(c, "weight", FULL, ROLE_OUT, S);
    array(c, "offset", INT32, ROLE_OUT, E + 1);
    array(c, "count", INT32, ROLE_OUT, E);
    array(c, "stats", FULL, ROLE_OUT, 3);
    dout(c, "dweight", FULL, S, ROUTER_WEIGHT);
    dout(c, "dstats", FULL, 3, ROUTER_STATS);
    gradient(c, "dh", ACT, T * D, ROUTER_H, true);
    gradient(c, "dw", FULL, D * E, ROUTER_W, true);
    c->no_gradient = c->p[6] == ALL_EQUAL;
    c->prepare = router_prepare;
    c->forward = router_forward;
    c->backward = router_backward;
}

// --- balancing bias: p = layers E; q = rate
enum { BALANCE_COUNT, BALANCE_BIAS_LE };
static void balance_prepare(const Case *c, CaseData *d) {
    random_ints(c, d, BALANCE_COUNT, 5);
}
static void balance_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->balance(ctx, x[BALANCE_BIAS_LE], x[BALANCE_COUNT], c->p[0], c->p[1], c->q[0]);
}
static void balance_case(Case *c) {
    array(c, "count", INT32, ROLE_WORK, (long)c->p[0] * c->p[1]);
    int bias = array(c, "bias", FULL, ROLE_OUT, (long)c->p[0] * c->p[1]);
    c->array[bias].adds = true;
    c->no_gradient = true;
    c->prepare = balance_prepare;
    c->forward = balance_forward;
}

// --- gather and gather_sum: p = T K D add
enum { GATHER_X, GATHER_TOKEN, GATHER_SLOT, GATHER_Y, GATHER_SUM, GATHER_DY, GATHER_DX };
static void gather_prepare(const Case *c, CaseData *d) {
    int T = c->p[0], S = T * c->p[1];
    for (int i = 0; i < S; i++) { // a permutation that scatters a token's copies
        int slot = (int)((long)i * 7 % S);
        d->ints[GATHER_SLOT][i] = slot;
        d->ints[GATHER_TOKEN][slot] = i / c->p[1];
    }
}
static void gather_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->gather(ctx, x[GATHER_Y], x[GATHER_X], x[GATHER_TOKEN], (long)c->p[0] * c->p[1], c->p[2]);
}
static void gather_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->gather_sum(ctx, x[GATHER_DX], x[GATHER_DY], x[GATHER_SLOT], c->p[0], c->p[1], c->p[2], c->p[3]);
}
static void gather_case(Case *c) {
    long T = c->p[0], S = T * c->p[1], D = c->p[2];
    array(c, "x", ACT, ROLE_IN, T * D);
    array(c, "token", INT32, ROLE_WORK, S);
    array(c, "slot", INT32, ROLE_WORK, S);
    array(c, "y", ACT, ROLE_OUT, S * D);
    array(c, "unused", ACT, ROLE_WORK, 1);
    dout(c, "dy", ACT, S * D, GATHER_Y);
    gradient(c, "dx", ACT, T * D, GATHER_X, c->p[3]);
    c->prepare = gather_prepare;
    c->forward = gather_forward;
    c->backward = gather_backward;
}

// --- SwiGLU: p = S F, weighted?, in place?
enum { SWIGLU_UP, SWIGLU_W, SWIGLU_A, SWIGLU_DA, SWIGLU_DUP, SWIGLU_DW };
static void swiglu_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->swiglu(ctx, x[SWIGLU_A], x[SWIGLU_UP], c->p[2] ? x[SWIGLU_W] : NULL, c->p[0], c->p[1]);
}
static void swiglu_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    const void *up = x[SWIGLU_UP];
    if (c->p[3]) {
        b->copy(ctx, x[SWIGLU_DUP], x[SWIGLU_UP], ACT, c->array[SWIGLU_UP].count);
        up = x[SWIGLU_DUP];
    }
    b->swiglu_back(ctx, x[SWIGLU_DUP], c->p[2] ? x[SWIGLU_DW] : NULL, x[SWIGLU_DA], up, c->p[2] ? x[SWIGLU_W] : NULL,
                   c->p[0], c->p[1]);
}
static void swiglu_case(Case *c) {
    long S = c->p[0], F = c->p[1];
    array(c, "up", ACT, ROLE_IN, S * 2 * F);
    c->array[SWIGLU_UP].size = 4;
    array(c, "weight", FULL, ROLE_IN, S);
    array(c, "a", ACT, ROLE_OUT, S * F);
    dout(c, "da", ACT, S * F, SWIGLU_A);
    gradient(c, "dup", ACT, S * 2 * F, SWIGLU_UP, false);
    gradient(c, "dweight", FULL, S, c->p[2] ? SWIGLU_W : -1, false);
    c->forward = swiglu_forward;
    c->backward = swiglu_backward;
}

// --- head: p = T V D; q = scale weight
enum { HEAD_H, HEAD_W, HEAD_TARGET, HEAD_LOSS, HEAD_DLOSS, HEAD_DH, HEAD_DW };
static void head_prepare(const Case *c, CaseData *d) {
    random_ints(c, d, HEAD_TARGET, c->p[1]);
    for (long t = 0; t < c->p[0]; t++) d->real[HEAD_DLOSS][t] = c->q[1];
}
static void head_call(const Case *c, const Backend *b, Context *ctx, void **x, bool back) {
    b->head(ctx, x[HEAD_LOSS], back ? x[HEAD_DH] : NULL, back ? x[HEAD_DW] : NULL, x[HEAD_H], x[HEAD_W], x[HEAD_TARGET],
            c->p[0], c->p[1], c->p[2], c->q[0], c->q[1]);
}
static void head_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    head_call(c, b, ctx, x, false);
}
static void head_backward(const Case *c, const Backend *b, Context *ctx, void **x) {
    head_call(c, b, ctx, x, true);
}
static void head_case(Case *c) {
    long T = c->p[0], V = c->p[1], D = c->p[2];
    c->shape.vocab = c->p[1];
    c->shape.d_model = c->p[2];
    c->shape.seq_len = c->p[0];
    array(c, "h", ACT, ROLE_IN, T * D);
    array(c, "w", ACT, ROLE_IN, V * D);
    array(c, "target", INT32, ROLE_WORK, T);
    array(c, "loss", FULL, ROLE_OUT, T);
    dout(c, "dloss", FULL, T, HEAD_LOSS);
    gradient(c, "dh", ACT, T * D, HEAD_H, false);
    gradient(c, "dw", FULL, V * D, HEAD_W, true);
    c->flops = 2.0 * (double)T * (double)V * (double)D;
    c->prepare = head_prepare;
    c->forward = head_forward;
    c->backward = head_backward;
}

// --- sums: p = R C
static void sums_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    b->row_sums(ctx, x[1], x[0], c->p[0], c->p[1]);
}
static void sums_case(Case *c) {
    array(c, "x", FULL, ROLE_IN, (long)c->p[0] * c->p[1]);
    array(c, "sum", FULL, ROLE_OUT, c->p[0]);
    c->no_gradient = true;
    c->forward = sums_forward;
}

// --- optimiser over three tensors of p[0..2] elements, the second without decay: p[3]: 1 a NaN in the gradient,
// p[4]: 1 an average; q = clip lr
static long adam_offset(const Case *c, int tensor) {
    long at = 0;
    for (int i = 0; i < tensor; i++) at += (c->p[i] + 15) / 16 * 16;
    return at;
}
static void adam_prepare(const Case *c, CaseData *d) {
    double hyper[N_HYPER] = {c->q[1], 1 / (1 - 0.9), 1 / (1 - 0.95), 0.25};
    for (int i = 0; i < N_HYPER; i++) d->real[ADAM_HYPER][i] = hyper[i];
    for (long j = 0; j < c->array[ADAM_SECOND].count; j++) d->real[ADAM_SECOND][j] = fabs(d->real[ADAM_SECOND][j]);
    if (c->p[3]) d->real[ADAM_GRAD][1] = NAN;
}
static void adam_forward(const Case *c, const Backend *b, Context *ctx, void **x) {
    static Tensor list[3];
    for (int i = 0; i < 3; i++) list[i] = (Tensor){adam_offset(c, i), c->p[i], i == 2 ? 0.5 : 1, i == 1 ? 0 : 0.1};
    void *tensors = b->tensors(ctx, list, 3);
    b->grad_norm(ctx, x[ADAM_NORM], x[ADAM_GRAD], c->array[ADAM_GRAD].count);
    void *copy = b->one_copy ? NULL : x[ADAM_COPY];
    if (copy) b->convert(ctx, copy, x[ADAM_WEIGHT], c->array[ADAM_WEIGHT].count); // between tensors too
    b->adamw(ctx, x[ADAM_WEIGHT], copy, x[ADAM_GRAD], x[ADAM_FIRST], x[ADAM_SECOND], c->p[4] ? x[ADAM_AVERAGE] : NULL,
             x[ADAM_NORM], x[ADAM_HYPER], tensors, 3, (AdamSpec){0.9, 0.95, 1e-8, c->q[0]});
    if (b->one_copy) b->copy(ctx, x[ADAM_COPY], x[ADAM_WEIGHT], ACT, c->array[ADAM_WEIGHT].count);
}
static void adam_case(Case *c) {
    static const char *const names[] = {"weight", "grad", "first", "second", "average", "copy"};
    long n = adam_offset(c, 3);
    for (int i = 0; i < 6; i++) {
        array(c, names[i], i == ADAM_COPY ? ACT : FULL, ROLE_OUT, n);
        c->array[i].adds = i != ADAM_COPY;
    }
    // After a norm that is not finite nothing moves, and nothing is said about the copy.
    if (c->p[3]) c->array[ADAM_COPY].role = ROLE_WORK;
    array(c, "norm", FULL, c->p[3] ? ROLE_WORK : ROLE_OUT, 1);
    array(c, "hyper", FULL, ROLE_IN, N_HYPER);
    c->no_gradient = true;
    c->prepare = adam_prepare;
    c->forward = adam_forward;
}

typedef struct {
    void (*make)(Case *c);
    const char *op, *name;
    int p[8];
    double q[6];
    int rows[CASE_GROUPS];
    bool large;
} Entry;

static const Entry entries[] = {
    {embed_case, "embed", "a token that never appears", .p = {37, 24, 11}},
    {embed_case, "embed", "one token, odd width", .p = {1, 5, 3}},
    {norm_case, "norm", "with residual sum", .p = {5, 64, 1}},
    {norm_case, "norm", "alone, odd width", .p = {3, 37, 0}},
    {norm_case, "norm", "one token, width below a vector", .p = {1, 6, 1}},
    {product_case, "product", "one group", .p = {32, 48, 1, 0}, .rows = {64}},
    {product_case, "product", "one group, added", .p = {24, 40, 1, 1}, .rows = {33}},
    {product_case, "product", "one group, nothing a multiple of anything", .p = {19, 13, 1, 0}, .rows = {129}},
    {product_case, "product", "five groups, one empty", .p = {24, 40, 5, 0}, .rows = {7, 0, 21, 1, 9}},
    {product_case, "product", "all rows in one group", .p = {16, 32, 4, 0}, .rows = {0, 0, 50, 0}},
    {product_case, "product", "last and first empty, added", .p = {16, 24, 4, 1}, .rows = {0, 70, 3, 0}},
    {product_case, "product", "one group, larger than the largest tile", .p = {136, 144, 1, 0}, .rows = {300}},
    {product_case, "product", "groups larger than the largest tile, added", .p = {136, 136, 3, 1},
     .rows = {130, 0, 180}},
    {product_case, "product", "many rows of few numbers", .p = {8, 16, 1, 0}, .rows = {1100}},
    {product_case, "product", "one row", .p = {8, 8, 1, 0}, .rows = {1}},
    {attention_case, "attention", "one head", .p = {16, 1, 1, 8, 2}},
    {attention_case, "attention", "heads, odd length", .p = {37, 2, 2, 16, 2}},
    {attention_case, "attention", "grouped queries", .p = {21, 4, 2, 8, 2}},
    {attention_case, "attention", "one key head, longer than a block", .p = {70, 3, 1, 4, 1}},
    {attention_case, "attention", "heads of 64, longer than a block", .p = {130, 2, 1, 64, 1}},
    {attention_case, "attention", "heads of 128", .p = {67, 1, 1, 128, 1}},
    {attention_case, "attention", "heads of 40", .p = {66, 1, 1, 40, 2}},
    {attention_case, "attention", "heads of 36", .p = {33, 2, 2, 36, 1}},
    {attention_case, "attention", "one token", .p = {1, 2, 2, 4, 3}},
    {attention_case, "attention", "head of two", .p = {5, 1, 1, 2, 1}},
    {attention_case, "attention", "normalised", .p = {21, 2, 2, 16, 2, 1}},
    {attention_case, "attention", "normalised, grouped queries, heads of 12", .p = {19, 4, 2, 12, 2, 1}},
    {attention_case, "attention", "normalised, longer than a block", .p = {70, 2, 1, 40, 1, 1}},
    {router_case, "router", "sigmoid, top 2 of 8", .p = {2, 9, 24, 8, 2, GATE_SIGMOID, AS_IT_FALLS}, .q = {2}},
    {router_case, "router", "softmax, top 3 of 19", .p = {2, 7, 16, 19, 3, GATE_SOFTMAX, AS_IT_FALLS}, .q = {2.5}},
    {router_case, "router", "sigmoid, top 1", .p = {1, 13, 8, 5, 1, GATE_SIGMOID, AS_IT_FALLS}, .q = {2}},
    {router_case, "router", "softmax, top 1", .p = {1, 13, 8, 5, 1, GATE_SOFTMAX, AS_IT_FALLS}, .q = {2}},
    {router_case, "router", "k = E", .p = {1, 11, 8, 4, 4, GATE_SIGMOID, AS_IT_FALLS}, .q = {2}},
    {router_case, "router", "k = E, softmax", .p = {1, 11, 8, 4, 4, GATE_SOFTMAX, AS_IT_FALLS}, .q = {1}},
    {router_case, "router", "ties", .p = {1, 10, 8, 6, 2, GATE_SIGMOID, ALL_EQUAL}, .q = {2}},
    {router_case, "router", "ties, softmax, more experts than a vector",
     .p = {1, 10, 8, 33, 4, GATE_SOFTMAX, ALL_EQUAL}, .q = {2}},
    {router_case, "router", "all on one", .p = {2, 8, 8, 6, 1, GATE_SIGMOID, ALL_ON_ONE}, .q = {2}},
    {router_case, "router", "an expert without tokens", .p = {2, 8, 8, 6, 3, GATE_SIGMOID, ONE_EMPTY}, .q = {2}},
    {router_case, "router", "balancing and z loss, sigmoid", .p = {3, 6, 16, 7, 2, GATE_SIGMOID, AS_IT_FALLS},
     .q = {2, 0.3, 0.2}},
    {router_case, "router", "balancing and z loss, softmax", .p = {3, 6, 16, 7, 2, GATE_SOFTMAX, AS_IT_FALLS},
     .q = {2, 0.3, 0.2}},
    {balance_case, "balance", "two layers", .p = {2, 9}, .q = {0.01}},
    {gather_case, "gather", "top 3", .p = {9, 3, 20, 0}},
    {gather_case, "gather", "top 1, added, odd width", .p = {8, 1, 21, 1}},
    {swiglu_case, "swiglu", "weighted", .p = {7, 40, 1, 0}},
    {swiglu_case, "swiglu", "unweighted, odd width, in place", .p = {5, 19, 0, 1}},
    {swiglu_case, "swiglu", "weighted, in place", .p = {3, 32, 1, 1}},
    {head_case, "head", "odd vocabulary", .p = {9, 37, 16}, .q = {0.5, 0.25}},
    {head_case, "head", "longer than a chunk", .p = {259, 12, 8}, .q = {1, 0.01}},
    {head_case, "head", "two tokens to choose from", .p = {3, 2, 4}, .q = {2, 1}},
    {sums_case, "row_sums", "short and long rows", .p = {3, 1000}},
    {sums_case, "row_sums", "rows of one", .p = {17, 1}},
    {adam_case, "adamw", "clipped, averaged", .p = {40, 3, 50, 0, 1}, .q = {0.5, 0.01}},
    {adam_case, "adamw", "not clipped, no average", .p = {16, 7, 5, 0, 0}, .q = {1000, 0.01}},
    {adam_case, "adamw", "clipping off", .p = {1, 1, 4097, 0, 0}, .q = {0, 0.1}},
    {adam_case, "adamw", "NaN in the gradient", .p = {20, 3, 5, 1, 1}, .q = {1, 0.01}},
    {product_case, "product", "2048 x 128 x 384", .p = {128, 384, 1, 0}, .rows = {2048}, .large = true},
    {product_case, "product", "8 experts of 128 x 192", .p = {128, 192, 8, 0},
     .rows = {300, 420, 384, 390, 380, 350, 400, 448}, .large = true},
    {attention_case, "attention", "16 x 128, 4 heads of 32", .p = {128, 4, 4, 32, 16}, .large = true},
    {attention_case, "attention", "8 x 128, 4 heads of 8", .p = {128, 4, 4, 8, 8}, .large = true},
    {attention_case, "attention", "8 x 128, 4 heads of 12", .p = {128, 4, 4, 12, 8}, .large = true},
    {attention_case, "attention", "8 x 128, 8 heads of 16", .p = {128, 8, 8, 16, 8}, .large = true},
    {router_case, "router", "2048 tokens, top 6 of 32", .p = {16, 128, 128, 32, 6, GATE_SIGMOID, AS_IT_FALLS}, .q = {2},
     .large = true},
    {gather_case, "gather", "2048 tokens, top 6, width 128", .p = {2048, 6, 128, 0}, .large = true},
    {swiglu_case, "swiglu", "12288 rows of 96", .p = {12288, 96, 1, 0}, .large = true},
    {norm_case, "norm", "2048 rows of 128", .p = {2048, 128, 1}, .large = true},
    {head_case, "head", "2048 x 512 x 128", .p = {2048, 512, 128}, .q = {1, 0.01}, .large = true},
    {embed_case, "embed", "2048 tokens of 512, width 128", .p = {2048, 128, 512}, .large = true},
    {adam_case, "adamw", "a million weights", .p = {500000, 500, 499500, 0, 0}, .q = {1, 0.001}, .large = true},
};

int cases_count(void) {
    return (int)(sizeof entries / sizeof *entries);
}

Case cases_get(int i) {
    const Entry *e = &entries[i];
    Case c = {.op = e->op,
              .name = e->name,
              .large = e->large,
              .n_sequences = 1,
              .shape = {.vocab = 2,
                        .d_model = 8,
                        .n_layers = 1,
                        .n_heads = 1,
                        .n_kv_heads = 1,
                        .d_head = 8,
                        .n_experts = 1,
                        .top_k = 1,
                        .d_ff_expert = 8,
                        .seq_len = 16}};
    memcpy(c.p, e->p, sizeof c.p);
    memcpy(c.q, e->q, sizeof c.q);
    memcpy(c.rows, e->rows, sizeof c.rows);
    e->make(&c);
    return c;
}
