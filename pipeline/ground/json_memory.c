// json_memory.c - jansson's memory comes from allocate(), which ends the program where there is none. (By itself
// jansson would leave out what did not fit, and a file would look whole.)
#include "status.h"

#include <jansson.h>
#include <stdlib.h>

static void *get(size_t bytes) {
    return allocate(bytes, 1);
}

__attribute__((constructor)) static void take_over(void) {
    json_set_alloc_funcs(get, free);
}
