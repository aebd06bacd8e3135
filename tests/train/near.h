// near.h - comparing doubles; the cmocka of Debian 12 has it for floats alone.
#ifndef MOELAW_NEAR_H
#define MOELAW_NEAR_H

#include <math.h>

#define assert_near(a, b, tolerance)                                                                                   \
    do {                                                                                                               \
        double near_a = (a), near_b = (b);                                                                             \
        if (!(fabs(near_a - near_b) <= (tolerance))) fail_msg("%s = %.17g, expected %.17g", #a, near_a, near_b);       \
    } while (0)

#endif
