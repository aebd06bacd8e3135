// json.c - see json.h.
#include "json.h"

#include <math.h>
#include <stdlib.h>

// jansson's memory comes from allocate(), which ends the program where there is none. (By itself jansson would leave
// out what did not fit, and a file would look whole.)
static void *get(size_t bytes) {
    return allocate(bytes, 1);
}

__attribute__((constructor)) static void take_over(void) {
    json_set_alloc_funcs(get, free);
}

json_t *json_number(double x) {
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *json_range(const double range[2]) {
    return isfinite(range[0]) && isfinite(range[1]) ? json_pack("[f, f]", range[0], range[1]) : json_null();
}

json_t *json_text(const char *text) {
    json_t *string = json_string(text);
    return string ? string : json_string("(not UTF-8)");
}

void json_write(FILE *f, json_t *value) {
    json_dumpf(value, f, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', f);
    json_decref(value);
}

void json_print(json_t *value) {
    json_write(stdout, value);
}

Status json_read(const char *path, json_t **value) {
    json_error_t error;
    *value = json_load_file(path, 0, &error);
    return *value ? OK : fail(BAD_INPUT, "%s:%d: %d: %s", path, error.line, error.column, error.text);
}
