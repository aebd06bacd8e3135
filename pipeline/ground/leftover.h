// leftover.h - temporary files that go when the program ends before they are whole, for instance where memory is out.
// A child process that ends leaves its parent's alone.
#ifndef MOELAW_LEFTOVER_H
#define MOELAW_LEFTOVER_H

void leftover_add(const char *path);
void leftover_drop(const char *path);

// Removes them now; runs by itself at exit().
void leftover_remove(void);

#endif
