// telling.h - a verdict as text, JSON, JUnit XML and Markdown.
#ifndef MOELAW_TELLING_H
#define MOELAW_TELLING_H

#include "seen.h"

typedef struct {
    const Fit *fit;
    const Runs *runs;
    const Verdict *verdict;
    const News *news; // NULL: all is to be said
} Telling;

void tell_text(FILE *f, const Telling *t);
void tell_json(FILE *f, const Telling *t);
// As CI systems read it: a test a criterion; one that cannot be told is skipped, those not asked are left out.
void tell_junit(FILE *f, const Telling *t);
// A summary for a page of a CI system: criteria, then the worst runs (with news: the new ones).
void tell_markdown(FILE *f, const Telling *t);

#endif
