// version.c - see version.h. The one file that sees the commit, so that a commit compiles it alone.
#include "version.h"

#include <commit.h> // made by make, in BUILD

const char *moelaw_commit(void) {
    return MOELAW_COMMIT;
}
