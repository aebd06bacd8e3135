#!/bin/bash
# slurm.sh - trains a manifest on a Slurm cluster and waits for it. Usage:
#
#   MOETRAIN=bin/moetrain MOESWEEP=bin/moesweep JOBS=2 [TABLE=runs.csv] slurm.sh MANIFEST RUNS CORPUS...
#
# Runs that are not finished, and do not stand in TABLE, are cut into tasks of RUNS_PER_TASK (default 8) runs, tasks into job arrays of at most
# ARRAY_LIMIT (default 1000, a common limit), of which THROTTLE (default 50) run at a time. Array job and task number find the
# task's runs in RUNS/.slurm/NAME.tasks, one line a task. Jobs may be requeued at any time: moetrain checkpoints on
# SIGTERM, which --signal sends before the time is up, and goes on where it stopped. SBATCH_OPTIONS is handed on
# ("--partition=gpu --gres=gpu:1 --time=4:00:00"). Calling it again submits only what is still missing.
set -eu
if [ "${1:-}" = task ]; then # inside an array job: task TASKS MANIFEST RUNS CORPUS...
  tasks=$2 manifest=$3 runs=$4
  shift 4
  only=$(sed -n "${SLURM_ARRAY_TASK_ID}p" "$tasks")
  corpora=()
  for path in "$@"; do corpora+=(--corpus "$path"); done
  echo "job ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID on $(hostname): $only"
  exec "$MOETRAIN" --manifest "$manifest" --out "$runs" --jobs "$JOBS" --only "$only" "${corpora[@]}"
fi

manifest=$1 runs=$2
shift 2
missing=("$MOESWEEP" missing "$manifest" "$runs" ${TABLE:+--table "$TABLE"})
per_task=${RUNS_PER_TASK:-8} limit=${ARRAY_LIMIT:-1000} throttle=${THROTTLE:-50}
command -v sbatch >/dev/null || { echo "slurm.sh: no sbatch here; use LAUNCH=local" >&2; exit 2; }
mkdir -p "$runs/.slurm"
stem=$runs/.slurm/$(date +%Y%m%d-%H%M%S)-$$
# Rows of one stable phase stand together in a manifest, and tasks keep that order, so that they still share it.
"${missing[@]}" | paste -sd, | tr ',' '\n' | xargs -r -n "$per_task" | tr ' ' ',' |
  split -l "$limit" -d -a 4 --additional-suffix=.tasks - "$stem-"
waiting=()
for tasks in "$stem"-*.tasks; do
  [ -s "$tasks" ] || continue
  n=$(wc -l <"$tasks")
  # shellcheck disable=SC2086  # a list of options
  job=$(MOETRAIN=$MOETRAIN JOBS=$JOBS sbatch --parsable --requeue --signal=B:TERM@90 --export=ALL \
    --job-name=moelaw --output="$runs/.slurm/%A_%a.log" --open-mode=append --array="1-$n%$throttle" \
    ${SBATCH_OPTIONS:-} "$0" task "$tasks" "$manifest" "$runs" "$@")
  echo "slurm.sh: job ${job%%;*}: $n tasks, $throttle at a time" >&2
  waiting+=("${job%%;*}")
done
for job in "${waiting[@]}"; do
  while [ -n "$(squeue --noheader --jobs="$job" 2>/dev/null)" ]; do sleep "${POLL_SECONDS:-20}"; done
done
left=$("${missing[@]}" | wc -l)
[ "$left" = 0 ] || { echo "slurm.sh: $left runs are not finished; logs are in $runs/.slurm, call it again" >&2; exit 3; }
