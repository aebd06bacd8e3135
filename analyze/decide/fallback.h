// fallback.h - what to hold where a fit decides nothing: poor fits (coefficients at 0) still give an answer, and say
// so.
#ifndef MOELAW_FALLBACK_H
#define MOELAW_FALLBACK_H

#include "allocation.h"
#include "decision.h"

// For a five-factor law: where the fit has no best G or S, the better edge of the fitted range; where it has no best
// Na/N and no limit sets N, the middle of the fitted range. One warning each (none if `w` is NULL).
void budget_fall_back(Budget *b, const Fit *fit, Warnings *w);

#endif
