// saturation.h - the saturated expert count that three laws share (arXiv 2202.01169):
//     1/Ehat = 1/(E - 1 + 1/(1/E_start - 1/E_max)) + 1/E_max
#ifndef MOELAW_SATURATION_H
#define MOELAW_SATURATION_H

#include <math.h>

#define SATURATION_TEX                                                                                                 \
    "\\hat{E}^{-1} &= \\left(E - 1 + \\left(E_{start}^{-1} - E_{max}^{-1}\\right)^{-1}\\right)^{-1} + E_{max}^{-1}"

// Returns log Ehat; d[0], d[1] are its derivatives to E_start and E_max (unless d is NULL). NAN unless E_start < E_max.
static inline double saturated_log_experts(double experts, double start, double max, double *d) {
    double gap = 1 / start - 1 / max;
    if (!(gap > 0)) {
        if (d) d[0] = d[1] = NAN;
        return NAN;
    }
    double shifted = experts - 1 + 1 / gap, inverse = 1 / shifted + 1 / max;
    if (d) {
        // d shifted/d start = 1/(gap start)^2, d shifted/d max = -1/(gap max)^2; log Ehat = -log inverse.
        double pull = 1 / (shifted * shifted * inverse);
        d[0] = pull / (gap * start * gap * start);
        d[1] = -pull / (gap * max * gap * max) + 1 / (max * max * inverse);
    }
    return -log(inverse);
}

#endif
