#!/bin/sh
# local.sh - trains a manifest on this machine. Usage:
#
#   MOETRAIN=bin/moetrain MOESWEEP=bin/moesweep JOBS=2 [TABLE=runs.csv] local.sh MANIFEST RUNS CORPUS...
#
# Finished runs are left alone; what was stopped goes on from its checkpoint. Runs that stand in TABLE are not trained:
# the trainer is given RUNS/left.csv, the manifest's rows of the others.
set -eu
manifest=$1 runs=$2
shift 2
for path in "$@"; do
  set -- "$@" --corpus "$path"
  shift
done
if [ -n "${TABLE:-}" ]; then
  mkdir -p "$runs"
  "$MOESWEEP" missing "$manifest" "$runs" --table "$TABLE" >"$runs/left.$$"
  [ -s "$runs/left.$$" ] || { rm "$runs/left.$$"; exit 0; }
  awk -F, 'NR == FNR { left[$1]; next } FNR == 1 || $1 in left' "$runs/left.$$" "$manifest" >"$runs/left.$$.csv"
  rm "$runs/left.$$"
  mv "$runs/left.$$.csv" "$runs/left.csv"
  manifest=$runs/left.csv
fi
exec "$MOETRAIN" --manifest "$manifest" --out "$runs" --jobs "$JOBS" "$@" >/dev/null
