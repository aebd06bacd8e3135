// gzip.h - whole files, compressed or not.
#ifndef MOELAW_GZIP_H
#define MOELAW_GZIP_H

#include "ground/status.h"

#include <stdio.h>

// The text of a file, compressed or plain, NUL-terminated and to be freed; *text is NULL if there is no such file.
// CANNOT_FINISH if it is there and cannot be read, BAD_INPUT if it is cut or damaged.
Status gzip_read(const char *path, char **text, size_t *length);

// Without name and time, so that the same text gives the same bytes.
Status gzip_write(FILE *f, const char *text, size_t length);

#endif
