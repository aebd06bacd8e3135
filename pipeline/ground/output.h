// output.h - files that appear whole or not at all.
//
// An Output is written to a temporary neighbour, flushed to disk, and renamed over the target by output_commit().
// Until then an existing target is untouched; on any failure the temporary file is removed. A symbolic link keeps
// pointing where it does, and what it points to is written. What is no file (a pipe, a terminal, /dev/stdout) cannot be
// replaced and is written straight through.
#ifndef MOELAW_OUTPUT_H
#define MOELAW_OUTPUT_H

#include "status.h"

#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *file;      // write here; stdout when the path was NULL or "-"
    char *path;      // NULL: stdout
    char *temporary; // NULL: straight through
} Output;

// CANNOT_FINISH if the folder is missing or not writable.
Status output_open(Output *out, const char *path);
// Makes the file visible. CANNOT_FINISH if any write failed (full disk), the target then stays as it was.
Status output_commit(Output *out);
void output_discard(Output *out);

// Like commit, but an identical existing target keeps its time stamp, so that make redoes nothing.
Status output_commit_if_changed(Output *out);

// Creates `path` and its missing parents.
Status make_folders(const char *path);

// The whole file as a NUL-terminated block to be freed; at most `limit` bytes (0: no limit).
// BAD_INPUT if it is missing, unreadable, a folder or too large.
Status read_file(const char *path, size_t limit, char **text, size_t *length);

// Lines for people, ended by a newline, broken at blanks so that none is wider than TEXT_WIDTH; what goes over is
// indented.
enum { TEXT_WIDTH = 100 };
void write_wrapped(FILE *f, int indent, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The text of a CSV cell, in quotes where it needs them (RFC 4180).
void write_csv_cell(FILE *f, const char *text);

// A JSON string literal with quotes and escapes; invalid UTF-8 bytes become U+FFFD.
void write_json_string(FILE *f, const char *text);
// Text inside XML or HTML, in an attribute in double quotes too; what XML has no place for becomes U+FFFD.
void write_markup(FILE *f, const char *text);
// A number that reads back to the same bits; null when not finite, since JSON knows no NaN.
void write_json_number(FILE *f, double x);

#endif
