// memory_file.h - a text in memory, written like a file. Where memory is out the program ends as allocate() ends it:
// that C's own memory streams lose their text without a word is why these are here.
#ifndef MOELAW_MEMORY_FILE_H
#define MOELAW_MEMORY_FILE_H

#include <stdio.h>

typedef struct {
    FILE *file;
    char *text; // after memory_close(): to be freed
    size_t length;
} MemoryFile;

void memory_open(MemoryFile *m);
void memory_close(MemoryFile *m);

#endif
