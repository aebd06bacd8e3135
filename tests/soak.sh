#!/bin/bash
# soak.sh - a long time of trouble: a sweep of 200 tiny runs, again and again, each time by three workers on one folder (two
# moetrain, one the Slurm launcher against an sbatch that loses jobs), while processes of theirs get SIGKILL, SIGTERM and
# SIGSTOP at random, the disk is full at times, and the table is collected on the way. Each round must end with the table of
# the undisturbed sweep and nothing left over. Memory and descriptors of a worker that does all 200 runs must not grow.
# Usage: BUILD=build tests/soak.sh [DURATION]   seconds, default 7200; the round that is under way is finished.
# Exit 1 if a round ended wrong. A full disk needs a small tmpfs, so the right to mount; without, it is left out.
set -u
cd "$(dirname "$0")/.." || exit 3
BUILD=${BUILD:-build} duration=${1:-7200}
BIN=${BIN:-$(realpath -m "$BUILD/bin")} place=$(realpath "$(mktemp -d)")
export BIN place LC_ALL=C OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
mounted=
mkdir "$place/disk"
mount -t tmpfs -o size=32m tmpfs "$place/disk" 2>/dev/null && mounted=yes
trap 'touch "$place/stop"; wait; [ -z "$mounted" ] || umount "$place/disk"; rm -rf "$place"' EXIT

cat >"$place/design.yaml" <<'YAML'
defaults: {n_layers: 1, seq_len: 16, batch: 4, eval_tokens: 512, warmup_tokens: 200, lr: 1e-3, lr_width: 0}
grid: {d_model: [16, 32], n_experts: [1, 2], tokens: [320, 1280], seed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]}
YAML
manifest=$place/manifest.csv
"$BIN/moesweep" expand "$place/design.yaml" --corpus-sha 'markov:vocab=64;branches=4;seed=1' -q -o "$manifest" 2>/dev/null || exit 3
train=("$BIN/moetrain" --backend cpu --manifest "$manifest" --jobs 1 -q)
table() { "$BIN/moesweep" collect -q "$manifest" "$1" "${@:2}" | cut -d, -f1-25; }

# The undisturbed sweep, its worker watched: megabytes and descriptors.
"${train[@]}" --out "$place/disk/good" >/dev/null &
worker=$!
while kill -0 $worker 2>/dev/null; do
  rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$worker/status" 2>/dev/null)
  [ -z "$rss" ] || echo "$rss $(find "/proc/$worker/fd" 2>/dev/null | wc -l)" >>"$place/watched"
  sleep 0.3
done
wait $worker || { echo "soak: the undisturbed sweep fails" >&2; exit 3; }
table "$place/disk/good" >"$place/table"
growth=$(awk '{ rss[NR] = $1; fds[NR] = $2 } END { q = int(NR / 4) + 1
  for (i = 2; i <= q; i++) { if (rss[i] > a) a = rss[i]; if (fds[i] > c) c = fds[i] }
  for (i = NR - q; i < NR; i++) { if (rss[i] > b) b = rss[i]; if (fds[i] > d) d = fds[i] }
  printf "%d samples: %.1f MB and %d descriptors in the first quarter, %.1f MB and %d in the last", NR, a / 1024, c, b / 1024, d
  exit b > a * 1.1 + 1024 || d > c }' "$place/watched")
grown=$?
echo "soak: $(($(wc -l <"$place/table") - 1)) runs undisturbed; $growth"
bad=$grown

# An sbatch that now and then refuses, and whose tasks may never start; the launcher is told by squeue when all have ended.
mkdir "$place/bin"
cat >"$place/bin/sbatch" <<'SH'
#!/bin/bash
[ $((RANDOM % 5)) != 0 ] || exit 1
for a in "$@"; do
  case $a in --array=*) array=${a#--array=1-} ;; --*) ;; *) break ;; esac
  shift
done
for t in $(seq 1 "${array%%%*}"); do
  [ $((RANDOM % 4)) = 0 ] || SLURM_ARRAY_JOB_ID=$$ SLURM_ARRAY_TASK_ID=$t bash "$@" >/dev/null 2>&1
done
echo $$
SH
printf '#!/bin/bash\nexit $((RANDOM %% 2))\n' >"$place/bin/squeue"
chmod +x "$place"/bin/*

left() { "$BIN/moesweep" missing "$manifest" "$runs" 2>/dev/null | grep -c .; }
# Whatever ends them, workers are begun again until nothing is left.
worker_loop() { while [ ! -e "$place/stop" ] && [ "$(left)" != 0 ]; do "${train[@]}" --checkpoint 0 --out "$runs" >/dev/null 2>>"$place/said"; done; }
slurm_loop() {
  while [ ! -e "$place/stop" ] && [ "$(left)" != 0 ]; do
    PATH=$place/bin:$PATH MOETRAIN=$BIN/moetrain MOESWEEP=$BIN/moesweep JOBS=1 RUNS_PER_TASK=10 POLL_SECONDS=0.1 \
      pipeline/launch/slurm.sh "$manifest" "$runs" >/dev/null 2>>"$place/said"
    sleep 0.2
  done
}
collect_loop() {
  while [ ! -e "$place/stop" ] && [ "$(left)" != 0 ]; do
    "$BIN/moesweep" collect -q "$manifest" "$runs" --partial --into "$runs/../kept.csv" >/dev/null 2>>"$place/said"
    sleep 1
  done
}
# The processes of this round's workers: those whose arguments name its folder.
victim() { pgrep -f "^$BIN/moetrain .*--out $runs( |\$)" | shuf -n 1; }
trouble_loop() {
  local pid
  while [ ! -e "$place/calm" ]; do
    sleep "0.$((RANDOM % 9 + 1))"
    pid=$(victim)
    case $((RANDOM % 5)) in
    0) [ -z "$pid" ] || { kill -KILL "$pid" && echo KILL; } ;;
    1) [ -z "$pid" ] || { kill -TERM "$pid" && echo TERM; } ;;
    2) [ -z "$pid" ] || { kill -STOP "$pid" && sleep 0.5 && kill -CONT "$pid" && echo STOP; } ;;
    3) [ -z "$mounted" ] || { head -c 100m /dev/zero >"$place/disk/full"; echo FULL; sleep 0.3; rm -f "$place/disk/full"; } ;;
    4) ;;
    esac 2>/dev/null
  done >>"$place/troubles"
}

round=0
while [ "$SECONDS" -lt "$duration" ]; do
  round=$((round + 1)) runs=$place/disk/round-$round/runs started=$SECONDS
  mkdir -p "$runs"
  rm -f "$place/calm"
  : >"$place/troubles"
  worker_loop & a=$!
  worker_loop & b=$!
  slurm_loop & c=$!
  collect_loop & d=$!
  trouble_loop & e=$!
  # After a while without an end the troubles cease.
  (sleep "${ROUND:-600}" && touch "$place/calm") & clock=$!
  wait $a $b $c $d
  touch "$place/calm"
  wait $e
  kill $clock 2>/dev/null
  rm -f "$place/disk/full"
  "${train[@]}" --out "$runs" >/dev/null 2>>"$place/said"
  verdict=good
  table "$runs" | cmp -s - "$place/table" || verdict="another table than the undisturbed sweep"
  "$BIN/moesweep" collect -q "$manifest" "$runs" --into "$runs/../kept.csv" && cut -d, -f1-25 "$runs/../kept.csv" | sort | cmp -s - <(sort "$place/table") ||
    verdict="another kept table"
  [ -z "$(find "$runs" -name 'checkpoint*' -o -name '*.tmp.*' -o -name FAILED)" ] || verdict="left over: $(find "$runs" -name 'checkpoint*' -o -name '*.tmp.*' -o -name FAILED | head -1)"
  echo "round $round: $((SECONDS - started)) s, $(sort "$place/troubles" | uniq -c | awk '{ printf "%s%d %s", (NR > 1 ? ", " : ""), $1, $2 }'): $verdict"
  [ "$verdict" = good ] || bad=1
  [ "$verdict" != good ] && [ -n "${KEEP:-}" ] && cp -r "$runs" "$KEEP"
  rm -rf "$place/disk/round-$round"
done
echo "soak: $round rounds in $SECONDS s${mounted:+, with a full disk at times}: $([ "$bad" = 0 ] && echo good || echo BAD)"
exit "$bad"
