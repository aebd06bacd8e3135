// lock.h - one writer at a time for a file that is read, added to and replaced.
#ifndef MOELAW_LOCK_H
#define MOELAW_LOCK_H

// Waits for the lock of the folder that `path` lies in, since the file itself is replaced; -1 if there is no such
// folder (writing says so). The lock goes with the process at the latest.
int lock_beside(const char *path);
void lock_release(int lock);

#endif
