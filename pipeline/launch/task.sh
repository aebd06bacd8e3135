#!/bin/bash
# task.sh - one task of a job array, on any system. Usage:
#
#   MOELAW_TASK=3 MOETRAIN=bin/moetrain [JOBS=2] task.sh TASKS MANIFEST RUNS CORPUS...
#
# TASKS has a line a task, its runs' ids with commas between them: `moesweep missing MANIFEST RUNS --per-task 8 >TASKS`.
# MOELAW_TASK says which line, from 1; it is all that a queue has to set. Ends with moetrain's status, which resumes what was
# stopped, leaves finished runs alone, and writes a checkpoint on SIGTERM.
set -eu
tasks=$1 manifest=$2 runs=$3
shift 3
only=$(sed -n "${MOELAW_TASK:?which line of $tasks, from 1}p" "$tasks")
[ -n "$only" ] || { echo "task.sh: $tasks has no line $MOELAW_TASK" >&2; exit 2; }
corpora=()
for path in "$@"; do corpora+=(--corpus "$path"); done
echo "task $MOELAW_TASK on $(hostname): $only"
exec "$MOETRAIN" --manifest "$manifest" --out "$runs" --jobs "${JOBS:-1}" --only "$only" "${corpora[@]}"
