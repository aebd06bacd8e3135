// seen.h - what a check had seen when it was last called (--state), so that the next one says only what is new.
#ifndef MOELAW_SEEN_H
#define MOELAW_SEEN_H

#include "verdict.h"

#include <jansson.h>

typedef struct {
    bool first;                  // there was no state, or one of another fit
    int n_fresh, n_gone;         // runs that are new or have another loss; that are there no more
    int *fresh;                  // [n_fresh] used rows of the table, in its order
    Standing before[N_CRITERIA]; // NOT_ASKED where it was not
} News;

// `path` may not be there yet. BAD_INPUT: it is no state of ours.
Status seen_read(const char *path, const Fit *fit, const Runs *runs, News *news);
void news_free(News *news);
// Is there anything to say? Runs, or a criterion that stands otherwise.
bool news_any(const News *news, const Verdict *v);

Status seen_write(const char *path, const Fit *fit, const Runs *runs, const Verdict *v);

#endif
