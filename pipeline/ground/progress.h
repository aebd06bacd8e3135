// progress.h - how far a long job is, on stderr: one live line on a terminal, plain lines elsewhere.
//
//     Progress p = progress_begin("train");
//     progress_show(&p, "3/12 runs, loss %.3f", loss);   as often as one likes; shown a few times a second, or,
//                                                        not on a terminal, every PROGRESS_PLAIN seconds
//     progress_say(&p, "run %s done", id);               always shown, and stays
//     progress_end(&p);
#ifndef MOELAW_PROGRESS_H
#define MOELAW_PROGRESS_H

#include <stdbool.h>

enum { PROGRESS_PLAIN = 10 };

typedef struct {
    const char *title;
    bool live;    // a terminal
    bool shown;   // a live line stands there
    double next;  // when to show again
    double start; // seconds
} Progress;

Progress progress_begin(const char *title);
void progress_show(Progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_say(Progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_end(Progress *p);

// Seconds since progress_begin(), and those left when `done` of `total` work is done and `before` of it was done at the
// beginning; -1 while nothing can be said.
double progress_elapsed(const Progress *p);
double progress_left(const Progress *p, double before, double done, double total);

#endif
