// quantity.h - numbers with units on the command line: "7B" parameters, "80GB" memory, "3ZFLOP" or "1e22" FLOPs.
#ifndef MOELAW_QUANTITY_H
#define MOELAW_QUANTITY_H

#include "ground/status.h"

typedef enum {
    UNIT_COUNT,   // parameters, tokens: K (k) M B T; G is the number of active experts
    UNIT_FLOPS,   // FLOP with k M G T P E Z Y before it, PF-days
    UNIT_BYTES,   // B kB MB GB TB, KiB MiB GiB TiB
    UNIT_PERCENT, // 0.1 or 0.1%
    UNIT_PRICE,   // 0.5 or $0.5
    UNIT_SHARE,   // from 0 to below 1
    UNIT_RATIO,   // above 0, at most 1
} Unit;

// A positive number (a share may be 0); BAD_INPUT names the option, says what was given instead and shows an example.
Status quantity_parse(const char *option, const char *text, Unit unit, double *x);

enum { QUANTITY_LIST = 32 };
// "1e20,1e21": at most `room` of them, which is what x holds.
Status quantity_list(const char *option, const char *text, Unit unit, double *x, int room, int *n);

#endif
