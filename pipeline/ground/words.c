// words.c - see words.h.
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 40 };

bool word_known(const char *word, const char *const *known) {
    for (; *known; known++)
        if (!strcmp(word, *known)) return true;
    return false;
}

static int least(int a, int b, int c) {
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

// Letters to put in, take out, change or swap with their neighbour (Damerau and Levenshtein).
static int mistakes(const char *a, const char *b) {
    int n = (int)strlen(a), m = (int)strlen(b), d[LONGEST + 1][LONGEST + 1];
    if (n > LONGEST || m > LONGEST) return LONGEST;
    for (int i = 0; i <= n; i++) d[i][0] = i;
    for (int j = 0; j <= m; j++) d[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && d[i - 2][j - 2] + 1 < d[i][j]) d[i][j] = d[i - 2][j - 2] + 1;
        }
    return d[n][m];
}

const char *nearest_word(const char *word, const char *const *known) {
    static _Thread_local char text[LONGEST + 32];
    int best = (int)strlen(word) / 3 + 1; // one mistake in three letters is still the same word
    text[0] = '\0';
    for (; *known; known++) {
        int n = mistakes(word, *known);
        if (n > best || (n == best && text[0])) continue;
        best = n;
        snprintf(text, sizeof text, " (did you mean '%s'?)", *known);
    }
    return text;
}

const char *word_list(const char *const *known, char list[WORD_LIST]) {
    size_t used = 0;
    for (list[0] = '\0'; *known; known++) {
        size_t length = strlen(*known);
        if (used + length + 8 > WORD_LIST) {
            snprintf(list + used, WORD_LIST - used, ", ...");
            break;
        }
        used += (size_t)snprintf(list + used, WORD_LIST - used, "%s%s", used ? ", " : "", *known);
    }
    return list;
}
