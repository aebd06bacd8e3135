// memory.h - the CPU backend's context: workspace, rotary table and clocks; moving data in and out.
#include "ground/clock.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { ATTENTION_ROWS = 64, HEAD_ROWS = 256 };

// Memory comes in chunks that the system is asked to back by huge pages: a step walks through tens of megabytes, and a
// page table's walk for every 4 KiB of them costs a tenth of its time. Under the address sanitizer a chunk is a buffer.
typedef struct Chunk {
    struct Chunk *next;
    size_t used, size;
} Chunk;
enum { HUGE_PAGE = 2 << 20, CHUNK_HEAD = 64 };
#if defined(__SANITIZE_ADDRESS__)
enum { CHUNK_BYTES = 0 };
#else
enum { CHUNK_BYTES = 16 * HUGE_PAGE };
#endif

struct Context {
    Shape shape;
    Chunk *chunk;              // the newest; all are freed with the context
    real *rope_cos, *rope_sin; // [seq_len][d_head / 2], turned in the fast backend
    real *attention;           // what the attention of this backend needs to work in
    real *logit_RV;            // [HEAD_ROWS][vocab]
    real *dlogit_TE;           // [T][n_experts]
    real *score_E;             // [n_experts]
    real *choice_E;            // [n_experts, filled up to whole vecs, and one a vec]: what choosing works in
    int32_t *sequence_count_E; // [n_experts]
    int32_t *next_E;           // [n_experts]
    double seconds[N_PARTS], since;
    Part part;
};

// A sequence's length as rows of it are laid out: whole registers, an odd number of them lest rows share a cache's set.
static int attention_stride(const Shape *s) {
    return ((s->seq_len + LANES - 1) / LANES | 1) * LANES;
}

#if PLAIN
static size_t attention_numbers(const Shape *s) {
    return (size_t)2 * ATTENTION_ROWS * attention_stride(s);
}
static int rope_index(const Shape *s, int t, int i) {
    return t * (s->d_head / 2) + i;
}
#else
static size_t attention_numbers(const Shape *s) {
    int wide = 4 * s->n_heads + 4 * s->n_kv_heads; // queries, keys and values, outputs, and their gradients
    int narrow = 2 * s->n_heads + s->n_kv_heads;   // log sum exp; norms of queries and keys
    return (size_t)(wide * s->d_head + narrow + 2 * LANES + 1) * attention_stride(s);
}
static int rope_index(const Shape *s, int t, int i) {
    return i * attention_stride(s) + t;
}
#endif

static Chunk *new_chunk(Context *c, size_t bytes) {
    size_t size = bytes + CHUNK_HEAD;
    if (size < CHUNK_BYTES) size = CHUNK_BYTES;
    Chunk *chunk = aligned_alloc(CHUNK_BYTES ? HUGE_PAGE : CHUNK_HEAD, size);
    if (!chunk) return NULL;
#ifdef MADV_HUGEPAGE
    if (CHUNK_BYTES) madvise(chunk, size, MADV_HUGEPAGE);
#endif
    *chunk = (Chunk){c->chunk, CHUNK_HEAD, size};
    return c->chunk = chunk;
}

// Zeroed and aligned for vectors; the system's first-touch cost is paid here, not in the first step.
static void *aligned_zeros(Context *c, size_t bytes) {
    bytes = (bytes + 127) / 64 * 64;
    Chunk *chunk = c->chunk;
    if (!chunk || chunk->size - chunk->used < bytes) chunk = new_chunk(c, bytes);
    if (!chunk) return NULL;
    void *block = (char *)chunk + chunk->used;
    chunk->used += bytes;
    return memset(block, 0, bytes);
}

static void op_close(Context *c) {
    if (!c) return;
    for (Chunk *chunk = c->chunk, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(c);
}

static void fill_rope(Context *c) {
    int half = c->shape.d_head / 2;
    for (int t = 0; t < c->shape.seq_len; t++)
        for (int i = 0; i < half; i++) {
            double angle = t * pow(10000, -(double)i / half);
            c->rope_cos[rope_index(&c->shape, t, i)] = (real)cos(angle);
            c->rope_sin[rope_index(&c->shape, t, i)] = (real)sin(angle);
        }
}

static Status op_open(Context **out, const Shape *s, int n_sequences) {
    use_one_thread();
    Context *c = *out = calloc(1, sizeof *c);
    if (!c) return fail(CANNOT_FINISH, "out of memory");
    c->shape = *s;
    size_t z = sizeof(real), T = (size_t)n_sequences * s->seq_len, E = s->n_experts;
    size_t rope = (size_t)attention_stride(s) * s->d_head / 2 * z;
    bool good = (c->rope_cos = aligned_zeros(c, rope)) && (c->rope_sin = aligned_zeros(c, rope)) &&
                (c->attention = aligned_zeros(c, attention_numbers(s) * z)) &&
                (c->logit_RV = aligned_zeros(c, z * HEAD_ROWS * s->vocab)) &&
                (c->dlogit_TE = aligned_zeros(c, T * E * z)) && (c->score_E = aligned_zeros(c, E * z)) &&
                (c->choice_E = aligned_zeros(c, (E + LANES) * 2 * z)) &&
                (c->sequence_count_E = aligned_zeros(c, E * 4)) && (c->next_E = aligned_zeros(c, E * 4));
    if (!good) {
        op_close(c);
        *out = NULL;
        return fail(CANNOT_FINISH, "out of memory for %d sequences of %d tokens", n_sequences, s->seq_len);
    }
    fill_rope(c);
    c->since = clock_seconds();
    c->part = PART_OTHER;
    return OK;
}

static Status op_sync(Context *c) {
    (void)c;
    return OK;
}

static size_t kind_size(Kind kind) {
    return kind == INT32 ? sizeof(int32_t) : sizeof(real);
}
static void *op_alloc(Context *c, Kind kind, long count) {
    return aligned_zeros(c, (size_t)count * kind_size(kind));
}
static void op_release(Context *c, void *buffer) {
    (void)c, (void)buffer; // with the context
}
static void op_zero(Context *c, void *buffer, Kind kind, long count) {
    (void)c;
    memset(buffer, 0, (size_t)count * kind_size(kind));
}
static void op_put(Context *c, void *buffer, Kind kind, const double *host, long count) {
    (void)c, (void)kind;
    real *to = buffer;
    for (long i = 0; i < count; i++) to[i] = (real)host[i];
}
static void op_get(Context *c, double *host, const void *buffer, Kind kind, long count) {
    (void)c, (void)kind;
    const real *from = buffer;
    for (long i = 0; i < count; i++) host[i] = (double)from[i];
}
static void op_put_ints(Context *c, void *buffer, const int32_t *host, long count) {
    (void)c;
    memcpy(buffer, host, (size_t)count * sizeof *host);
}
static void op_get_ints(Context *c, int32_t *host, const void *buffer, long count) {
    (void)c;
    memcpy(host, buffer, (size_t)count * sizeof *host);
}
static void op_copy(Context *c, void *to, const void *from, Kind kind, long count) {
    (void)c;
    memcpy(to, from, (size_t)count * kind_size(kind));
}
static void op_convert(Context *c, void *to, const void *from, long count) {
    (void)c;
    if (to != from) memcpy(to, from, (size_t)count * sizeof(real));
}

static bool op_replay(Context *c, int which) {
    (void)c, (void)which;
    return false;
}
static void op_recorded(Context *c, int which) {
    (void)c, (void)which;
}
static void op_mark(Context *c, Part part) {
    double now = clock_seconds();
    c->seconds[c->part] += now - c->since;
    c->since = now;
    c->part = part;
}
static void op_times(Context *c, double seconds[N_PARTS]) {
    op_mark(c, c->part);
    memcpy(seconds, c->seconds, sizeof c->seconds);
    memset(c->seconds, 0, sizeof c->seconds);
}
