// memory_file.c - see memory_file.h.
#include "memory_file.h"

#include "status.h"

#include <stdlib.h>

static _Noreturn void memory_is_out(void) {
    fputs("out of memory: a text\n", stderr);
    exit(CANNOT_FINISH);
}

void memory_open(MemoryFile *m) {
    *m = (MemoryFile){0};
    m->file = open_memstream(&m->text, &m->length);
    if (!m->file) memory_is_out();
}

void memory_close(MemoryFile *m) {
    bool whole = !fflush(m->file) && !ferror(m->file);
    // glibc gives no text and no error where the last reallocation fails.
    if (fclose(m->file) || !whole || !m->text) memory_is_out();
    m->file = NULL;
}
