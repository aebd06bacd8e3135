// unused.h - variables that differ between runs and that a law does not see.
#ifndef MOELAW_UNUSED_H
#define MOELAW_UNUSED_H

#include "runs.h"

enum { UNUSED_TEXT = 64 };
// "Na/N, G and S": of D, N, Na/N, G, S and num_experts those that the law has not, that stand in the table for every
// used row, and that vary by more than 1 %; "" if there are none. Returns how many.
int unused_variables(const Runs *runs, const Law *law, char text[UNUSED_TEXT]);

// Warns of them.
void tell_unused(const Runs *runs, const Law *law);

#endif
