// version.h - which moelaw this is. The number stands here alone; a release is the commit that is tagged v0.2.0.
#ifndef MOELAW_VERSION_H
#define MOELAW_VERSION_H

#define MOELAW_VERSION "0.2.0"

// Twelve digits of the commit that the sources are of, "unknown" where neither git nor a tarball says it.
const char *moelaw_commit(void);

#endif
