// version.c - see version.h. The one file that sees the commit, so that a commit compiles it alone.
#include "version.h"

#include "commit.h"

const char *moelaw_commit(void) {
    return MOELAW_COMMIT;
}
