// tree.h - a YAML text as a tree whose nodes know their line, so that every complaint can name it.
//
// One document; scalars stay text. Anchors and aliases are refused (a small file could unfold to a huge one), and so
// are keys given twice, which YAML readers otherwise drop in silence.
#ifndef MOELAW_PLOT_TREE_H
#define MOELAW_PLOT_TREE_H

#include "arena.h"
#include "ground/status.h"

typedef enum { NODE_TEXT, NODE_LIST, NODE_MAP } NodeKind;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    int line;         // from 1
    const char *text; // NODE_TEXT
    int n;            // items of a list, pairs of a map
    Node **items;     // [n]
    Node **keys;      // [n], NODE_MAP: all NODE_TEXT
};

// The tree lives in the arena. BAD_INPUT: not YAML, not exactly one document, nested deeper than 16.
Status tree_parse(Arena *a, const char *path, const char *text, size_t length, Node **root);

// The value of a map's key, NULL if absent or not a map.
const Node *tree_find(const Node *map, const char *key);

#endif
