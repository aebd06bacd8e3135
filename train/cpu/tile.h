// tile.h - matrix products of the sizes that experts have: a few hundred rows by widths up to a few hundred.
//
// A library packs both operands for every product; at these sizes that costs a fifth of the time. Here b is packed, in
// panels as wide as a tile, transposed or not, and a is read in place, one number spread over a register at a time. c
// is kept in registers, a tile at a time, over K_BLOCK steps.
#if defined(__AVX512F__)
enum { WORD_BYTES = 64, TILE_M = 8, TILE_WORDS = 3 };
#elif defined(__AVX__)
enum { WORD_BYTES = 32, TILE_M = 6, TILE_WORDS = 2 };
#else
enum { WORD_BYTES = 16, TILE_M = 4, TILE_WORDS = 2 };
#endif
enum { WORD = WORD_BYTES / sizeof(real) };
typedef real word __attribute__((vector_size(WORD_BYTES), aligned(sizeof(real)), may_alias)); // one register

static inline word word_load(const real *x) {
    return *(const word *)x;
}
static inline word word_part(const real *x, long n) {
    word w = {0};
    memcpy(&w, x, (size_t)n * sizeof *x);
    return w;
}

enum { K_BLOCK = 192 };

// The panel of b that is being worked on, [k][its width], filled up with zeros.
static _Alignas(64) _Thread_local real packed[K_BLOCK * TILE_WORDS * WORD];

// Beyond this the library's blocking for caches counts more than its packing.
static bool tiles_fit(long n) {
    return n < 1024;
}

// Words of the next panel when n columns are left: as many as a tile has, but two and two rather than three and one.
static int panel_words(long n) {
    long words = (n + WORD - 1) / WORD;
    if (words == 4 && TILE_WORDS == 3) return 2;
    return words < TILE_WORDS ? (int)words : TILE_WORDS;
}

// One panel of `words` words, of which n columns exist, from b as it is: element (l, j) at b[l * ldb + j].
static void pack_straight(real *to, const real *b, long ldb, long k, int words, long n) {
    for (long l = 0; l < k; l++, b += ldb)
        for (int v = 0; v < words; v++, to += WORD) {
            long left = n - v * WORD;
            *(word *)to = left >= WORD ? word_load(b + v * WORD) : word_part(b + v * WORD, left);
        }
}

#if defined(__AVX512F__)
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

// A 16 x 16 square transposed: four times, rows i and i + 8 are interleaved into rows 2i and 2i + 1.
static inline void turn_square(real *to, long ldto, const real *b, long ldb) {
    word x[16], y[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) x[i] = word_load(b + i * ldb);
#pragma GCC unroll 2
    for (int round = 0; round < 2; round++) {
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++) {
            y[2 * i] = LOW(x[i], x[i + 8]);
            y[2 * i + 1] = HIGH(x[i], x[i + 8]);
        }
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++) {
            x[2 * i] = LOW(y[i], y[i + 8]);
            x[2 * i + 1] = HIGH(y[i], y[i + 8]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) *(word *)(to + i * ldto) = x[i];
}
#else
static inline void turn_square(real *to, long ldto, const real *b, long ldb) {
    for (int i = 0; i < WORD; i++)
        for (int j = 0; j < WORD; j++) to[i * ldto + j] = b[j * ldb + i];
}
#endif

// The same from b transposed: element (l, j) at b[j * ldb + l].
static void pack_turned(real *to, const real *b, long ldb, long k, int words, long n) {
    long width = (long)words * WORD, whole = k / WORD * WORD;
    for (long j = 0; j < width; j += WORD) {
        bool square = n - j >= WORD;
        for (long l = 0; square && l < whole; l += WORD) turn_square(to + l * width + j, width, b + j * ldb + l, ldb);
        for (long l = square ? whole : 0; l < k; l++)
            for (long i = j; i < j + WORD; i++) to[l * width + i] = i < n ? b[i * ldb + l] : 0;
    }
}

typedef struct {
    const real *a;
    long row, step; // element (i, l) of a is a[i * row + l * step]
    real *c;
    long ldc, k;
    bool add;
} Tile;

// rows x words (constants where this is inlined) of c, of which `width` columns exist.
static inline __attribute__((always_inline)) void tile(Tile t, int rows, int words, const real *b, long width) {
    word sum[TILE_M][TILE_WORDS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < words; v++) sum[i][v] = (word){0};
    for (long l = 0; l < t.k; l++, b += words * WORD) {
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            word a = t.a[i * t.row + l * t.step] - (word){0};
#pragma GCC unroll 4
            for (int v = 0; v < words; v++) sum[i][v] += a * word_load(b + v * WORD);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < words; v++) {
            real *c = t.c + i * t.ldc + v * WORD;
            long left = width - v * WORD;
            if (left >= WORD) {
                if (t.add) sum[i][v] += word_load(c);
                *(word *)c = sum[i][v];
            } else if (left > 0) {
                word last = sum[i][v]; // an address of sum itself would keep it out of registers
                if (t.add) last += word_part(c, left);
                memcpy(c, &last, (size_t)left * sizeof *c);
            }
        }
}

// All m rows of c against one panel of b; row or step is the constant 1.
static inline __attribute__((always_inline)) void rows_of(Tile t, long m, int words, const real *b, long width) {
    for (; m >= TILE_M; m -= TILE_M, t.a += TILE_M * t.row, t.c += TILE_M * t.ldc) tile(t, TILE_M, words, b, width);
    for (; m >= 2; m -= 2, t.a += 2 * t.row, t.c += 2 * t.ldc) tile(t, 2, words, b, width);
    if (m) tile(t, 1, words, b, width);
}
static void panel(Tile t, bool a_turned, long m, int words, const real *b, long width) {
    Tile turned = t, straight = t;
    turned.row = straight.step = 1;
    switch (2 * words + a_turned) {
    case 2: rows_of(straight, m, 1, b, width); return;
    case 3: rows_of(turned, m, 1, b, width); return;
    case 4: rows_of(straight, m, 2, b, width); return;
    case 5: rows_of(turned, m, 2, b, width); return;
#if defined(__AVX512F__)
    case 6: rows_of(straight, m, 3, b, width); return;
    case 7: rows_of(turned, m, 3, b, width); return;
#endif
    }
}

// c (m x n) = a b or c += a b.
static void tiled(bool a_turned, bool b_turned, long m, long n, long k, const real *a, long lda, const real *b,
                  long ldb, real *c, long ldc, bool add) {
    for (long from = 0; from < k; from += K_BLOCK) {
        long steps = k - from < K_BLOCK ? k - from : K_BLOCK;
        const real *block = a_turned ? a + from * lda : a + from;
        for (long j = 0; j < n;) {
            int words = panel_words(n - j);
            if (b_turned)
                pack_turned(packed, b + j * ldb + from, ldb, steps, words, n - j);
            else
                pack_straight(packed, b + from * ldb + j, ldb, steps, words, n - j);
            Tile t = {block, lda, lda, c + j, ldc, steps, add || from > 0};
            panel(t, a_turned, m, words, packed, n - j);
            j += words * WORD;
        }
    }
}
