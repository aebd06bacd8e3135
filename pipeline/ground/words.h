// words.h - which of the known words was meant: for messages about a key, column or option that is not known.
#ifndef MOELAW_WORDS_H
#define MOELAW_WORDS_H

#include <stdbool.h>

enum { WORD_LIST = 640 };

// Lists end with NULL.
bool word_known(const char *word, const char *const *known);
// " (did you mean 'width'?)" for a word that few mistakes lead to, "" if none is near; lasts until the next call.
const char *nearest_word(const char *word, const char *const *known);
// "width, height, columns", cut with "..." where it grows too long.
const char *word_list(const char *const *known, char list[WORD_LIST]);

#endif
