// arena.h - memory that lives as long as one drawing: many small blocks, freed together.
#ifndef MOELAW_PLOT_ARENA_H
#define MOELAW_PLOT_ARENA_H

#include <stddef.h>

typedef struct ArenaBlock ArenaBlock;
typedef struct {
    ArenaBlock *last;
} Arena;

// Zeroed, aligned for any type; ends the program when memory is out, as allocate() does.
void *arena_get(Arena *a, size_t count, size_t size);
// The first `length` bytes of text, NUL-terminated.
char *arena_text(Arena *a, const char *text, size_t length);
char *arena_format(Arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(Arena *a);

#endif
