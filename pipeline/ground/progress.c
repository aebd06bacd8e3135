// progress.c - see progress.h.
#include "progress.h"

#include "clock.h"
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const double LIVE_SECONDS = 0.2;

Progress progress_begin(const char *title) {
    const char *terminal = getenv("TERM");
    Progress p = {.title = title, .start = clock_seconds()};
    p.live = isatty(STDERR_FILENO) && !(terminal && !strcmp(terminal, "dumb"));
    p.next = p.live ? 0 : p.start + PROGRESS_PLAIN;
    return p;
}

static int width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 20 ? 80 : size.ws_col;
}

static void clear(Progress *p) {
    if (p->shown) fputs("\r\033[K", stderr);
    p->shown = false;
}

void progress_show(Progress *p, const char *format, ...) {
    double time = clock_seconds();
    if (quiet || time < p->next) return;
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    clear(p);
    if (p->live)
        fprintf(stderr, "%s: %.*s", p->title, width() - 3 - (int)strlen(p->title), text);
    else
        fprintf(stderr, "%s: %s\n", p->title, text);
    fflush(stderr);
    p->shown = p->live;
    p->next = time + (p->live ? LIVE_SECONDS : PROGRESS_PLAIN);
}

void progress_say(Progress *p, const char *format, ...) {
    if (quiet) return;
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    clear(p);
    fprintf(stderr, "%s: %s\n", p->title, text);
    p->next = p->live ? 0 : p->next;
}

void progress_end(Progress *p) {
    clear(p);
    fflush(stderr);
}

double progress_elapsed(const Progress *p) {
    return clock_seconds() - p->start;
}

double progress_left(const Progress *p, double before, double done, double total) {
    if (!(done > before)) return -1;
    return progress_elapsed(p) * (total - done) / (done - before);
}
