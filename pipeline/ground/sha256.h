// sha256.h - FIPS 180-4, for the identity of corpora, tables and runs. Here and not from a library because moetrain
// builds on a bare cluster node.
#ifndef MOELAW_SHA256_H
#define MOELAW_SHA256_H

#include "status.h"

#include <stddef.h>
#include <stdint.h>

enum { SHA256_TEXT = 65 };

typedef struct {
    uint32_t h[8];
    uint64_t length; // bytes so far
    unsigned char block[64];
} Sha256;

void sha256_begin(Sha256 *s);
void sha256_add(Sha256 *s, const void *data, size_t length);
// 64 lower-case hex digits and a NUL.
void sha256_end(Sha256 *s, char hex[SHA256_TEXT]);

// BAD_INPUT if the file cannot be read.
Status sha256_file(const char *path, char hex[SHA256_TEXT]);

#endif
