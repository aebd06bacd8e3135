// loose.h - JSON as training programs write it: with NaN and Infinity, which JSON has not, or as Python prints a dict.
#ifndef MOELAW_LOOSE_H
#define MOELAW_LOOSE_H

#include "ground/status.h"

#include <jansson.h>
#include <stddef.h>

// NaN and infinities become null; True, False, None and 'single quotes' are read as Python means them. NULL with
// BAD_INPUT recorded, naming `path` and the line (the first of the text is `line`).
json_t *loose_json(const char *path, int line, const char *text, size_t length);

#endif
