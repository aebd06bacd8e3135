// leftover.c - see leftover.h.
#include "leftover.h"

#include "status.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Left {
    struct Left *next;
    pid_t owner;
    char *name;
} Left;
static Left *left;
static pthread_mutex_t left_lock = PTHREAD_MUTEX_INITIALIZER;

void leftover_remove(void) {
    for (Left *l = left; l; l = l->next)
        if (l->owner == getpid()) unlink(l->name);
}

void leftover_add(const char *name) {
    static bool at_exit;
    Left *l = allocate(1, sizeof *l);
    *l = (Left){.owner = getpid(), .name = copy_text(name)};
    pthread_mutex_lock(&left_lock);
    if (!at_exit) at_exit = !atexit(leftover_remove);
    l->next = left;
    left = l;
    pthread_mutex_unlock(&left_lock);
}

void leftover_drop(const char *name) {
    pthread_mutex_lock(&left_lock);
    for (Left **at = &left; *at; at = &(*at)->next) {
        if (strcmp((*at)->name, name)) continue;
        Left *found = *at;
        *at = found->next;
        free(found->name);
        free(found);
        break;
    }
    pthread_mutex_unlock(&left_lock);
}
