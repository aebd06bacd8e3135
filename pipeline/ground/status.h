// status.h - the one way of reporting success, failure and what went wrong.
//
// A function that can fail returns a Status. Where the failure is detected it says so once:
//     return fail(BAD_INPUT, "%s:%d: D: '%s' is not a number", path, line, cell);
// The text waits in a thread-local buffer; callers pass the Status up unchanged, and main prints it with
// status_report(). Libraries therefore never print errors, and tests can read them.
#ifndef MOELAW_STATUS_H
#define MOELAW_STATUS_H

#include <stdbool.h>
#include <stddef.h>

// A result that must be looked at. (C17 has no such attribute; each compiler takes one of these as an extension.)
#if defined __clang__ && !defined __cplusplus
#define MUST_USE __attribute__((warn_unused_result))
#else
#define MUST_USE [[nodiscard]]
#endif

// Also the exit status of every program.
__extension__ typedef enum MUST_USE {
    OK = 0,
    CHECK_FAILED = 1,  // the program worked; what it was asked to check does not hold
    BAD_INPUT = 2,     // wrong usage or bad input; the message says file, line, column and remedy
    CANNOT_FINISH = 3, // I/O, memory or device
} Status;

// Records the message (truncated at 1 kB) and returns `s`.
Status fail(Status s, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Puts "context: " before the recorded message; returns `s`.
Status fail_within(Status s, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The last recorded message of this thread; "" if none.
const char *status_message(void);

// The last thing main does: prints "program: message" on stderr unless `s` is OK and all of stdout could be written;
// returns the exit status.
int status_report(const char *program, Status s);

// Notes and warnings for people, on stderr. note() is silenced by -q (quiet = true); warn() never is.
extern bool quiet;
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Allocation that cannot fail softly: prints to stderr and exits with CANNOT_FINISH when memory is out. Zeroed.
void *allocate(size_t count, size_t size);
void *reallocate(void *block, size_t count, size_t size);
char *copy_text(const char *text);

// Calls `f` and returns its status from the enclosing function unless it is OK.
#define TRY(f)                                                                                                         \
    do {                                                                                                               \
        Status try_status_ = (f);                                                                                      \
        if (try_status_ != OK) return try_status_;                                                                     \
    } while (0)

#endif
