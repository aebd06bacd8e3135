#!/bin/bash
# slurm.sh - trains a manifest on a Slurm cluster and waits for it. Usage:
#
#   MOETRAIN=bin/moetrain MOESWEEP=bin/moesweep JOBS=2 [TABLE=runs.csv] slurm.sh [OPTION...] MANIFEST RUNS CORPUS...
#
#   --partition P  --account A  --qos Q  --time T  --gpus N  --mem M   handed to sbatch, --gpus as --gpus-per-task
#   --dependency D         of the first jobs alone: what is tried again has waited already
#   --throttle N           tasks at a time (default 50)
#   --runs-per-task N      (default 8)
#   --array-limit N        tasks of one array (default 1000, a common limit)
#   --retries N            how often runs that died without getting further are tried again (default 2; 0: no second try at all)
#   --sbatch "OPTIONS"     anything else
#
# Runs that are not finished and do not stand in TABLE are cut into tasks (task.sh), tasks into job arrays. Jobs may be requeued at
# any time: moetrain writes a checkpoint on SIGTERM, which --signal sends before the time is up, and goes on where it stopped. What
# was submitted stands in RUNS/.slurm, so that a second call waits for it and does not submit it again. docs/slurm.md says more.
set -eu
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
say() { echo "slurm.sh: $*" >&2; }

throttle=${THROTTLE:-50} per_task=${RUNS_PER_TASK:-8} limit=${ARRAY_LIMIT:-1000} retries=${RETRIES:-2} poll=${POLL_SECONDS:-20}
options=() dependency=()
while [[ ${1:-} == --* ]]; do
  [ $# -ge 2 ] || { say "$1 needs a value"; exit 2; }
  case $1 in
    --partition | --account | --qos | --time | --mem) options+=("$1=$2") ;;
    --gpus) options+=("--ntasks=1" "--gpus-per-task=$2") ;;
    --dependency) dependency=("--dependency=$2") ;;
    --throttle) throttle=$2 ;;
    --runs-per-task) per_task=$2 ;;
    --array-limit) limit=$2 ;;
    --retries) retries=$2 ;;
    --sbatch) SBATCH_OPTIONS="${SBATCH_OPTIONS:-} $2" ;;
    *) say "no option $1; there are --partition --account --qos --time --gpus --mem --dependency --throttle --runs-per-task" \
      "--array-limit --retries --sbatch"; exit 2 ;;
  esac
  shift 2
done
[ $# -ge 2 ] || { say "expected MANIFEST RUNS CORPUS..."; exit 2; }
manifest=$1 runs=$2
shift 2
command -v sbatch >/dev/null || { say "no sbatch here; use LAUNCH=local"; exit 2; }
mkdir -p "$runs/.slurm"
table=(${TABLE:+--table "$TABLE"})
missing() { "$MOESWEEP" missing "$manifest" "$runs" "${table[@]}"; }

# Jobs of ours that are in the queue, "ID NAME" a line. Silence of Slurm is no answer: it is asked until it gives one.
look() {
  local silent=0
  until queue=$(squeue --noheader --user="$(id -un)" --format='%F %j' 2>"$runs/.slurm/squeue.err"); do
    [ $silent = 1 ] || say "Slurm does not answer ($(head -1 "$runs/.slurm/squeue.err")); waiting for it"
    silent=1
    sleep "$poll"
  done
}
# Tasks of this or an earlier call whose job is in the queue.
watched() {
  local job
  for job in "$runs"/.slurm/*.tasks.job; do
    if [ -e "$job" ] && grep -q "^$(cat "$job") " <<<"$queue"; then echo "${job%.job}"; fi
  done
}
cancelled() { scontrol --oneliner show job "$1" 2>/dev/null | grep -q 'JobState=CANCELLED'; }

# submit TASKS CORPUS...: one array. An sbatch that fails may have been heard all the same: the queue is looked at before it counts
# as refused.
submit() {
  local tasks=$1 name n job
  shift
  name=moelaw-$(basename "$tasks" .tasks)
  n=$(wc -l <"$tasks")
  # shellcheck disable=SC2086  # a list of options
  if ! job=$(MOETRAIN=$MOETRAIN JOBS=$JOBS sbatch --parsable --requeue --signal=B:TERM@90 --export=ALL --job-name="$name" \
    --output="$runs/.slurm/%A_%a.log" --open-mode=append --array="1-$n%$throttle" "${options[@]}" "${dependency[@]}" \
    ${SBATCH_OPTIONS:-} "$here/slurm_task.sh" "$here/task.sh" "$tasks" "$manifest" "$runs" "$@" 2>"$tasks.err"); then
    look
    job=$(awk -v name="$name" '$2 == name { print $1; exit }' <<<"$queue")
    [ -n "$job" ] || return 1
  fi
  job=${job%%;*}
  echo "$job" >"$tasks.job"
  jobs+=("$job")
  say "job $job: $n tasks, $throttle at a time"
}

# Cuts runs that are left and in no job into tasks, `pending`. Rows of one stable phase stand together in a manifest, and tasks keep
# that order, so that they still share it.
cut_tasks() {
  local stem
  stem=$runs/.slurm/$(date +%Y%m%d-%H%M%S)-$$-$round
  for tasks in $(watched); do tr ',' '\n' <"$tasks"; done >"$stem.taken"
  missing | awk 'FILENAME == ARGV[1] { taken[$1]; next } !($1 in taken)' "$stem.taken" - | xargs -r -n "$per_task" | tr ' ' ',' |
    split -l "$limit" -d -a 4 --additional-suffix=.tasks - "$stem-"
  rm "$stem.taken"
  pending=("$stem"-*.tasks)
  [ -e "${pending[0]}" ] || pending=()
}

# Submits what is pending and waits until nothing of it is in the queue. A refusal is tried again, as long as jobs of ours run and
# five times after.
work_off() {
  local refusals=0
  while :; do
    look
    while [ ${#pending[@]} -gt 0 ]; do
      submit "${pending[0]}" "$@" || { say "sbatch refuses: $(head -1 "${pending[0]}.err")"; refusals=$((refusals + 1)); break; }
      pending=("${pending[@]:1}") refusals=0
    done
    look
    if [ -z "$(watched)" ]; then
      [ ${#pending[@]} -gt 0 ] || return 0
      [ $refusals -le 5 ] || { stopped=1; return 0; }
    fi
    sleep "$poll"
  done
}

# What is left, in runs and in seconds: another text when any run got further.
how_far() { "$MOESWEEP" status "$manifest" "$runs" "${table[@]}" --json 2>/dev/null | sed 's/.*"left": \([0-9]*, "left_s": [^,]*\),.*/\1/'; }

round=0 idle=0 stopped=0
while left=$(missing | wc -l) && [ "$left" != 0 ]; do
  [ $round = 0 ] || say "$left runs did not finish; trying them again"
  before=$(how_far) jobs=()
  look
  for tasks in $(watched); do
    jobs+=("$(cat "$tasks.job")")
    say "job ${jobs[-1]} of an earlier call is in the queue; waiting for it"
  done
  cut_tasks
  work_off "$@"
  for job in "${jobs[@]}"; do
    if cancelled "$job"; then
      say "job $job was cancelled"
      stopped=1
    fi
  done
  dependency=() round=$((round + 1)) idle=$((idle + 1))
  [ "$(how_far)" = "$before" ] || idle=0
  if [ $stopped = 1 ] || [ "$retries" = 0 ] || [ $idle -gt "$retries" ]; then break; fi
done
left=$(missing | wc -l)
[ "$left" = 0 ] || { say "$left runs are not finished; logs are in $runs/.slurm, call it again"; exit 3; }
