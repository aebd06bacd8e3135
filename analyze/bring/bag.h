// bag.h - what a source says of one run: keys and texts, as they come. Every reader fills bags; row.c makes a row of a
// run table of one.
#ifndef MOELAW_BAG_H
#define MOELAW_BAG_H

#include "ground/status.h"

#include <jansson.h>
#include <stdint.h>

typedef struct {
    char *key;      // as the source has it: "model/hidden_dim"
    char *value;    // text; "" where the source says null, None or NaN
    uint64_t whole; // hash of the key without a leading config/ or summary/, in small letters, . / - and blanks as _
    uint64_t last;  // of what follows the last . or /, 0 where what is before it makes it another thing
} Said;

typedef struct {
    char *origin; // "file:line" or "file", for messages
    char *name;   // what the run is called where the source does not say: the file or its folder; NULL for a row
    int n, room;
    Said *said;   // [n], each key once
    char *config; // text of a config.json that came along, or NULL
} Bag;

typedef struct {
    int n, room;
    Bag *bags;
} Bags;

Bag *bags_add(Bags *b, const char *origin, const char *name);
void bags_free(Bags *b);

// A key that comes again takes the later value. What means unknown (null, NaN, inf) is kept as "".
void bag_add(Bag *b, const char *key, const char *value);
void bag_add_number(Bag *b, const char *key, double value);
// Objects are laid flat, "model/rope/theta"; {"desc": ..., "value": x} is x; lists are their JSON text.
void bag_add_json(Bag *b, const char *prefix, const json_t *value);

// The hash that Said.whole is of.
uint64_t name_hash(const char *name);

// The text of a key exactly as written; NULL if it is absent or unknown.
const char *bag_value(const Bag *b, const char *key);

// What stands under one of the names "a|b|c", the first that is there and known: written so, but for the case and
// separators of names of more than two letters, or at the end of a path through words like model, config, trainer.
// NULL if none is. BAD_INPUT: several keys of one name that disagree.
Status bag_find(const Bag *b, const char *names, const Said **found);

#endif
