// quantity.c - see quantity.h.
#include "quantity.h"

#include "ground/number.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *suffix;
    Unit unit;
    double factor;
} Suffix;

static const Suffix suffixes[] = {
    {"k", UNIT_COUNT, 1e3},           {"K", UNIT_COUNT, 1e3},      {"M", UNIT_COUNT, 1e6},
    {"B", UNIT_COUNT, 1e9},           {"T", UNIT_COUNT, 1e12},     {"FLOP", UNIT_FLOPS, 1},
    {"GFLOP", UNIT_FLOPS, 1e9},       {"TFLOP", UNIT_FLOPS, 1e12}, {"PFLOP", UNIT_FLOPS, 1e15},
    {"EFLOP", UNIT_FLOPS, 1e18},      {"ZFLOP", UNIT_FLOPS, 1e21}, {"YFLOP", UNIT_FLOPS, 1e24},
    {"PF-days", UNIT_FLOPS, 8.64e19}, {"B", UNIT_BYTES, 1},        {"kB", UNIT_BYTES, 1e3},
    {"MB", UNIT_BYTES, 1e6},          {"GB", UNIT_BYTES, 1e9},     {"TB", UNIT_BYTES, 1e12},
    {"KiB", UNIT_BYTES, 0x1p10},      {"MiB", UNIT_BYTES, 0x1p20}, {"GiB", UNIT_BYTES, 0x1p30},
    {"TiB", UNIT_BYTES, 0x1p40},      {"%", UNIT_PERCENT, 1},      {NULL, UNIT_COUNT, 0},
};

static const struct {
    const char *what, *example;
} units[] = {
    [UNIT_COUNT] = {"a count", "7e9, 7B or 15T"},
    [UNIT_FLOPS] = {"FLOPs", "1e22, 10ZFLOP or 100PF-days"},
    [UNIT_BYTES] = {"bytes", "80GB or 640e9"},
    [UNIT_PERCENT] = {"per cent", "0.1 or 0.1%"},
    [UNIT_PRICE] = {"a price in dollars", "0.5"},
    [UNIT_SHARE] = {"a share from 0 to below 1", "0.9"},
    [UNIT_RATIO] = {"a ratio above 0 and at most 1", "0.1"},
};

static Status refuse(const char *option, const char *text, Unit unit, const char *why) {
    return fail(BAD_INPUT, "--%s: '%s' %s; expected %s, such as %s", option, text, why, units[unit].what,
                units[unit].example);
}

Status quantity_parse(const char *option, const char *text, Unit unit, double *x) {
    char number[64], why[64];
    const char *start = unit == UNIT_PRICE && text[0] == '$' ? text + 1 : text;
    size_t length = strspn(start, "0123456789.+-eE");
    // "5EFLOP": the E belongs to the unit when no digit follows it.
    while (length > 0 && strchr("eE+-", start[length - 1])) length--;
    if (length == 0 || length >= sizeof number) return refuse(option, text, unit, "is not a number");
    snprintf(number, sizeof number, "%.*s", (int)length, start);
    if (!parse_number(number, x)) return refuse(option, text, unit, "is not a number");
    const char *suffix = start + length + strspn(start + length, " ");
    double factor = *suffix ? 0 : 1;
    const Suffix *other = NULL;
    for (const Suffix *s = suffixes; s->suffix && *suffix; s++) {
        if (strcmp(s->suffix, suffix)) continue;
        if (s->unit == unit) factor = s->factor;
        if (!other) other = s;
    }
    if (factor == 0) {
        snprintf(why, sizeof why, "is %s", other ? units[other->unit].what : "in no unit known here");
        return refuse(option, text, unit, why);
    }
    *x *= factor;
    if (unit == UNIT_SHARE) return *x >= 0 && *x < 1 ? OK : refuse(option, text, unit, "is no share");
    if (!(*x > 0)) return refuse(option, text, unit, "is not positive");
    if (unit == UNIT_RATIO && *x > 1) return refuse(option, text, unit, "is above 1");
    return OK;
}

Status quantity_list(const char *option, const char *text, Unit unit, double *x, int room, int *n) {
    char item[64];
    *n = 0;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        if (*n == room) return fail(BAD_INPUT, "--%s: more than %d values", option, room);
        if (length >= sizeof item) return fail(BAD_INPUT, "--%s: '%.40s...' is not a number", option, at);
        snprintf(item, sizeof item, "%.*s", (int)length, at);
        TRY(quantity_parse(option, item, unit, &x[(*n)++]));
        at += length;
        if (!*at) return OK;
    }
}
