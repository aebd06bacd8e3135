#!/bin/sh
# with_corpus.sh - runs a command with the paths that CORPUS_PATHS names after its arguments: one path, whatever its name
# holds, or several, divided by blanks. Usage: CORPUS_PATHS=... with_corpus.sh COMMAND...
set -euf
if [ -e "$CORPUS_PATHS" ]; then exec "$@" "$CORPUS_PATHS"; fi
for path in $CORPUS_PATHS; do set -- "$@" "$path"; done
exec "$@"
