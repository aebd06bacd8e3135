// json.h - what all JSON of programs that link jansson has in common. (Those that do not: write_json_string() and
// write_json_number() of output.h.)
#ifndef MOELAW_JSON_H
#define MOELAW_JSON_H

#include "status.h"

#include <jansson.h>
#include <stdio.h>

// null for what is not finite: JSON knows no NaN.
json_t *json_number(double x);
// [low, high], null unless both are finite.
json_t *json_range(const double range[2]);
// Text from a table or a command line; bytes that are no UTF-8 are not worth losing the file.
json_t *json_text(const char *text);

// Prints the value, in lines (json_print: on stdout), and frees it.
void json_write(FILE *f, json_t *value);
void json_print(json_t *value);

// BAD_INPUT with line and column.
Status json_read(const char *path, json_t **value);

#endif
