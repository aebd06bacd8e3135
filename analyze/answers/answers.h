// answers.h - the questions that a design registered before its first run, answered from the table alone: a statistic,
// its interval, and what the registered rule makes of it.
#ifndef MOELAW_ANSWERS_H
#define MOELAW_ANSWERS_H

#include "contrast.h"
#include "fit/fit_file.h"
#include "floor.h"

#include <jansson.h>

typedef struct {
    Planned planned;  // and the runs of a design that tells the seeds apart, which are of no block that is asked about
    FitReport report; // of the first law, on the runs that are not marked
    json_t *crossval, *registered;
    Runs runs; // all of the table, marked ones too, as the law takes them
    Point *points;
    Floor floor, initialisation, order;
} Findings;

typedef struct {
    const char *table, *fit, *crossval, *registered;
    const char
        *seeds; // a table of runs in which initialisation or order alone differ from cells of `table`; may be NULL
} FindingFiles;

// BAD_INPUT if one of the files is not what its name says.
Status findings_open(const FindingFiles *files, Findings *f);
void findings_close(Findings *f);

// One registered question. `answer` is "yes", "no", "cannot tell" or "reported"; `says` is the statistic in words.
enum { ANSWER_ROOM = 1200 };
typedef struct {
    const char *question, *statistic, *decision; // as registered
    const char *answer;
    char says[ANSWER_ROOM];
} Answer;

enum { MOST_QUESTIONS = 32 };
// In the order of the register; one that no statistic here belongs to is "cannot tell", and says so.
int answers_of(const Findings *f, Answer answers[MOST_QUESTIONS]);

#endif
