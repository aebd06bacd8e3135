// turn.h - matrices transposed, in squares of registers; which lane of a register is which.
#if !PLAIN

#if VEC_BYTES == 64
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif VEC_BYTES == 32
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

// LANES x LANES numbers: log LANES times, rows i and i + LANES / 2 are interleaved into rows 2i and 2i + 1.
static inline void turn_square(real *to, long ldto, const real *from, long ldfrom) {
    vec x[LANES], y[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) x[i] = load(from + i * ldfrom);
#pragma GCC unroll 4
    for (int n = LANES; n > 1; n /= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) y[i] = x[i];
#pragma GCC unroll 8
        for (int i = 0; i < LANES / 2; i++) {
            x[2 * i] = LOW(y[i], y[i + LANES / 2]);
            x[2 * i + 1] = HIGH(y[i], y[i + LANES / 2]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) store(to + i * ldto, x[i]);
}

// to[c][r] = from[r][c]
static void turn(real *to, long ldto, const real *from, long ldfrom, long rows, long columns) {
    for (long r = 0; r < rows; r += LANES)
        for (long c = 0; c < columns; c += LANES) {
            if (rows - r >= LANES && columns - c >= LANES) {
                turn_square(to + c * ldto + r, ldto, from + r * ldfrom + c, ldfrom);
                continue;
            }
            for (long j = c; j < columns && j < c + LANES; j++)
                for (long i = r; i < rows && i < r + LANES; i++) to[j * ldto + i] = from[i * ldfrom + j];
        }
}

static inline ivec lane_number(void) {
    ivec lane;
    for (int i = 0; i < LANES; i++) lane[i] = i;
    return lane;
}
#endif
