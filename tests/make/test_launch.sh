# test_launch.sh - the Slurm launcher against an sbatch that runs tasks here, and setup on systems that lack things.
. tests/tap.sh
mkdir "$work/bin"
# sbatch: runs every task of the array at once, and fails task 2 of the first job as a node that dies would.
cat >"$work/bin/sbatch" <<'EOS'
#!/bin/bash
for a in "$@"; do
  case $a in --array=*) array=${a#--array=} ;; --output=*) ;; --*) ;; *) break ;; esac
  shift
done
job=$(($(cat "$FAKE/job" 2>/dev/null || echo 100) + 1))
echo $job >"$FAKE/job"
echo "$job $array $*" >>"$FAKE/submitted"
n=${array#1-} n=${n%%%*}
for t in $(seq 1 "$n"); do
  [ "$job.$t" = 101.2 ] && continue
  SLURM_ARRAY_JOB_ID=$job SLURM_ARRAY_TASK_ID=$t bash "$@" >>"$FAKE/log" 2>&1
done
echo "$job;cluster"
EOS
printf '#!/bin/sh\nexit 0\n' >"$work/bin/squeue"
chmod +x "$work/bin/"*
cat >"$work/d.yaml" <<'YAML'
defaults: {n_layers: 1, seq_len: 16, batch: 4, eval_tokens: 512, warmup_tokens: 200, lr: 1e-3, lr_width: 0}
grid: {d_model: 16, n_experts: 2, seed: [1, 2, 3, 4, 5], tokens: [640, 1280]}
YAML
"$BIN/moesweep" expand "$work/d.yaml" --corpus-sha 'markov:vocab=64;branches=4;seed=1' -q -o "$work/m.csv"
launch() {
  env FAKE="$work" PATH="$work/bin:$PATH" MOETRAIN="$BIN/moetrain" MOESWEEP="$BIN/moesweep" JOBS=1 RUNS_PER_TASK=4 ARRAY_LIMIT=2 \
    THROTTLE=7 POLL_SECONDS=0 RETRIES="${RETRIES:-0}" pipeline/launch/slurm.sh "$work/m.csv" "$work/runs"
}
exits 3 "a sweep whose node dies is not finished" launch
says "says how many are left" "4 runs are not finished"
check "ten runs in tasks of four, arrays of two: two jobs" [ "$(wc -l <"$work/submitted")" = 2 ]
check "throttled" grep -q '^101 1-2%7 ' "$work/submitted"
check "the rest is done" [ "$("$BIN/moesweep" missing "$work/m.csv" "$work/runs" | wc -l)" = 4 ]
exits 0 "calling it again" launch
check "submits what is missing alone" grep -q '^103 1-1%7 ' "$work/submitted"
check "and finishes" [ -z "$("$BIN/moesweep" missing "$work/m.csv" "$work/runs")" ]
exits 0 "a finished sweep" launch
check "submits nothing" [ "$(wc -l <"$work/submitted")" = 3 ]
# The same sweep where what died is tried again, as it is unless told otherwise.
mv "$work/runs" "$work/first"
mv "$work/job" "$work/job.first"
mv "$work/submitted" "$work/submitted.first"
RETRIES=2 exits 0 "a node that dies, and a second try" launch
says "is said" "4 runs did not finish; trying them again"
check "the second try is of what is left" grep -q '^103 1-1%7 ' "$work/submitted"
rm -r "$work/runs"
mv "$work/first" "$work/runs"
mv "$work/job.first" "$work/job"
mv "$work/submitted.first" "$work/submitted"
# A worker that was killed: its run is no result, and the next call submits it again.
victim=$(sed -n 3p "$work/m.csv" | cut -d, -f1)
rm "$work/runs/$victim/DONE"
sed -i '$d' "$work/runs/$victim/record.jsonl"
echo "died: killed by signal 9" >"$work/runs/$victim/FAILED"
exits 1 "a run that died is not collected over" "$BIN/moesweep" collect -q "$work/m.csv" "$work/runs" -o "$work/t.csv"
exits 0 "the launcher" launch
check "submits it again" [ "$(wc -l <"$work/submitted")" = 4 ]
check "and it finishes" [ -z "$("$BIN/moesweep" missing "$work/m.csv" "$work/runs")" ]

# A table that is kept: what stands in it is not trained again, here or on a cluster.
"$BIN/moesweep" collect -q "$work/m.csv" "$work/runs" --into "$work/kept.csv"
sed -i '2,8d' "$work/kept.csv"
env FAKE="$work" PATH="$work/bin:$PATH" MOETRAIN="$BIN/moetrain" MOESWEEP="$BIN/moesweep" JOBS=1 RUNS_PER_TASK=4 POLL_SECONDS=0 TABLE="$work/kept.csv" \
  pipeline/launch/slurm.sh "$work/m.csv" "$work/elsewhere" 2>/dev/null
check "Slurm: seven of ten runs in two tasks" [ "$(tail -1 "$work/submitted" | cut -d' ' -f2)" = 1-2%50 ]
check "Slurm: the others are not trained" [ "$(ls "$work/elsewhere" | wc -l)" = 7 ]
local_with_table() { env MOETRAIN="$BIN/moetrain" MOESWEEP="$BIN/moesweep" JOBS=2 TABLE="$work/kept.csv" pipeline/launch/local.sh "$work/m.csv" "$work/$1"; }
exits 0 "the local launcher with a table" local_with_table here
check "trains the others alone" [ "$(find "$work/here" -mindepth 1 -maxdepth 1 -name '[0-9a-f]*' | wc -l)" = 7 ]
exits 0 "collecting them" "$BIN/moesweep" collect -q "$work/m.csv" "$work/here" --into "$work/kept.csv"
check "makes the table whole" [ "$(wc -l <"$work/kept.csv")" = 11 ]
exits 0 "a machine without any record" local_with_table empty
check "trains nothing" [ -z "$(ls "$work/empty")" ]

cp -r "$work/runs" "$work/apart" && rm -r "$work/runs"
exits 0 "the local launcher" env MOETRAIN="$BIN/moetrain" MOESWEEP="$BIN/moesweep" JOBS=2 pipeline/launch/local.sh "$work/m.csv" "$work/runs"
table() { "$BIN/moesweep" collect -q "$work/m.csv" "$1" | cut -d, -f1-23; }
check "gives the same losses" [ "$(table "$work/runs")" = "$(table "$work/apart")" ]
exits 2 "no Slurm here" env PATH="$work/nowhere" MOETRAIN="$BIN/moetrain" MOESWEEP="$BIN/moesweep" JOBS=1 /bin/bash pipeline/launch/slurm.sh "$work/m.csv" "$work/runs"
says "says what to do" "LAUNCH=local"

# The contract for other queues: lines of runs, and one variable that says which line is this task's.
"$BIN/moesweep" missing "$work/m.csv" "$work/others" --per-task 4 >"$work/tasks"
check "ten runs in lines of four" [ "$(awk -F, '{ printf "%d ", NF }' "$work/tasks")" = "4 4 2 " ]
for task in 3 1 2; do
  exits 0 "task $task of three" env MOELAW_TASK=$task MOETRAIN="$BIN/moetrain" pipeline/launch/task.sh "$work/tasks" "$work/m.csv" "$work/others"
done
check "and all is done" [ -z "$("$BIN/moesweep" missing "$work/m.csv" "$work/others")" ]
exits 2 "a line that is not there" env MOELAW_TASK=4 MOETRAIN="$BIN/moetrain" pipeline/launch/task.sh "$work/tasks" "$work/m.csv" "$work/others"
exits 1 "no variable" env -u MOELAW_TASK MOETRAIN="$BIN/moetrain" pipeline/launch/task.sh "$work/tasks" "$work/m.csv" "$work/others"

# setup where things are missing: a PATH with what it needs and no apt.
mkdir "$work/path"
for tool in sh awk sed sort tr wc id dirname cat; do ln -s "$(command -v $tool)" "$work/path/$tool"; done
exits 2 "setup without apt" env -i PATH="$work/path" sh pipeline/make/setup.sh build paper
says "lists what is needed" "libgsl-dev"
says "and what for" "least squares"
exits 2 "setup of a group that is none" sh pipeline/make/setup.sh games
# dpkg-query that knows everything but libgsl-dev, apt-get that tells what it was asked.
printf '#!/bin/sh\nfor p; do :; done\n[ "$p" = libgsl-dev ] || echo installed\n' >"$work/path/dpkg-query"
printf '#!/bin/sh\necho "apt-get $*" >>%s/apt\n' "$work" >"$work/path/apt-get"
printf '#!/bin/sh\necho 0\n' >"$work/path/id.new" && rm "$work/path/id" && mv "$work/path/id.new" "$work/path/id"
ln -s "$(command -v env)" "$work/path/env"
chmod +x "$work/path/dpkg-query" "$work/path/apt-get" "$work/path/id"
exits 0 "setup with apt" env -i PATH="$work/path" sh pipeline/make/setup.sh build
prints "says what it is about to do" "will install libgsl-dev"
check "installs what is missing and nothing else" grep -q 'install.* libgsl-dev$' "$work/apt"
printf '#!/bin/sh\necho installed\n' >"$work/path/dpkg-query" && rm "$work/apt"
exits 0 "setup when all is there" env -i PATH="$work/path" sh pipeline/make/setup.sh build
check "calls no apt" [ ! -e "$work/apt" ]
