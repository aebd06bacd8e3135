// lock.c - see lock.h.
#include "lock.h"

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int lock_beside(const char *path) {
    char *copy = copy_text(path);
    int lock = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (lock < 0) return -1;
    while (flock(lock, LOCK_EX))
        if (errno != EINTR) {
            warn("%s: cannot lock its folder (%s); do not write it from two places at a time", path, strerror(errno));
            break;
        }
    return lock;
}

void lock_release(int lock) {
    if (lock >= 0) close(lock);
}
