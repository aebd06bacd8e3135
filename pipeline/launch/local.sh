#!/bin/sh
# local.sh - trains a manifest on this machine. Usage: MOETRAIN=bin/moetrain JOBS=2 local.sh MANIFEST RUNS CORPUS...
# Finished runs are left alone; what was stopped goes on from its checkpoint.
set -eu
manifest=$1 runs=$2
shift 2
for path in "$@"; do
  set -- "$@" --corpus "$path"
  shift
done
exec "$MOETRAIN" --manifest "$manifest" --out "$runs" --jobs "$JOBS" "$@" >/dev/null
