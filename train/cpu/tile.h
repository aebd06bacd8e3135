// tile.h - matrix products of the sizes that experts have: a few hundred rows by widths up to a few hundred.
//
// A library packs both operands for every product; at these sizes that costs a fifth of the time. Here b is packed, in
// panels as wide as a tile, transposed or not, and a is read in place, one number spread over a register at a time. c
// is kept in registers, a tile at a time, over K_BLOCK steps.
#if VEC_BYTES == 64
enum { TILE_M = 8, TILE_WORDS = 3 };
#elif VEC_BYTES == 32
enum { TILE_M = 6, TILE_WORDS = 2 };
#else
enum { TILE_M = 4, TILE_WORDS = 2 };
#endif
enum { K_BLOCK = 192 };

// The panel of b that is being worked on, [k][its width], filled up with zeros.
static _Alignas(64) _Thread_local real packed[K_BLOCK * TILE_WORDS * LANES];

// Beyond this the library's blocking for caches counts more than its packing.
static bool tiles_fit(long n) {
    return n < 1024;
}

// Words of the next panel when n columns are left: as many as a tile has, but two and two rather than three and one.
static int panel_words(long n) {
    long words = (n + LANES - 1) / LANES;
    if (words == 4 && TILE_WORDS == 3) return 2;
    return words < TILE_WORDS ? (int)words : TILE_WORDS;
}

// One panel of `words` words, of which n columns exist, from b as it is: element (l, j) at b[l * ldb + j].
static void pack_straight(real *to, const real *b, long ldb, long k, int words, long n) {
    for (long l = 0; l < k; l++, b += ldb)
        for (int v = 0; v < words; v++, to += LANES) {
            long left = n - v * LANES;
            *(vec *)to = left >= LANES ? load(b + v * LANES) : load_part(b + v * LANES, (int)left, 0);
        }
}

// The same from b transposed: element (l, j) at b[j * ldb + l].
static void pack_turned(real *to, const real *b, long ldb, long k, int words, long n) {
    long width = (long)words * LANES, whole = k / LANES * LANES;
    for (long j = 0; j < width; j += LANES) {
        bool square = n - j >= LANES;
        for (long l = 0; square && l < whole; l += LANES) turn_square(to + l * width + j, width, b + j * ldb + l, ldb);
        for (long l = square ? whole : 0; l < k; l++)
            for (long i = j; i < j + LANES; i++) to[l * width + i] = i < n ? b[i * ldb + l] : 0;
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
    vec sum[TILE_M][TILE_WORDS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < words; v++) sum[i][v] = (vec){0};
    for (long l = 0; l < t.k; l++, b += words * LANES) {
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            vec a = t.a[i * t.row + l * t.step] - (vec){0};
#pragma GCC unroll 4
            for (int v = 0; v < words; v++) sum[i][v] += a * load(b + v * LANES);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < words; v++) {
            real *c = t.c + i * t.ldc + v * LANES;
            long left = width - v * LANES;
            if (left >= LANES) {
                if (t.add) sum[i][v] += load(c);
                *(vec *)c = sum[i][v];
            } else if (left > 0) {
                vec last = sum[i][v]; // an address of sum itself would keep it out of registers
                if (t.add) last += load_part(c, (int)left, 0);
                store_part(c, last, (int)left);
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
            j += words * LANES;
        }
    }
}
