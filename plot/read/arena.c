// arena.c - see arena.h.
#include "arena.h"

#include "ground/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ArenaBlock {
    ArenaBlock *before;
    max_align_t data[];
};

void *arena_get(Arena *a, size_t count, size_t size) {
    size_t limit = (size_t)-1 / 4;
    bool absurd = size && count > limit / size; // let allocate() report it: calloc checks the product
    ArenaBlock *b = absurd ? allocate(count, size) : allocate(1, sizeof *b + count * size);
    b->before = a->last;
    a->last = b;
    return b->data;
}

char *arena_text(Arena *a, const char *text, size_t length) {
    char *copy = arena_get(a, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_format(Arena *a, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_get(a, (size_t)n + 1, 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

void arena_free(Arena *a) {
    for (ArenaBlock *b = a->last, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    a->last = NULL;
}
