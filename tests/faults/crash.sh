#!/bin/bash
# crash.sh - power cuts: a small sweep is trained and collected once, and every state that a power cut could have left its
# folder in is rebuilt (crash_states.c) and gone on from. What is collected from the state as it is has no wrong row; what
# is collected when the same commands have run again is the table of the undisturbed sweep. Prints states and violations.
# Usage: BUILD=build JOBS=2 tests/faults/crash.sh [EVERY]   EVERY: each so many-th state (default 1)
set -u
cd "$(dirname "$0")/../.." || exit 3
BUILD=${BUILD:-build} JOBS=${JOBS:-2} every=${1:-1}
BIN=${BIN:-$(realpath -m "$BUILD/bin")} place=$(realpath "$(mktemp -d)")
export BIN place LC_ALL=C OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
trap 'rm -rf "$place"' EXIT
strace -o /dev/null true 2>/dev/null || { echo "crash: strace is missing or not permitted" >&2; exit 3; }
${CC:-cc} -O2 tests/faults/crash_states.c -o "$place/crash_states" || exit 3

cat >"$place/design.yaml" <<'YAML'
defaults: {n_layers: 1, seq_len: 16, batch: 4, eval_tokens: 256, warmup_tokens: 100, lr: 1e-3, lr_width: 0}
grid: {d_model: 16, n_experts: 2, seed: [1, 2], tokens: [320, 640]}
YAML
chain='markov:vocab=16;branches=2;seed=1'
"$BIN/moesweep" expand "$place/design.yaml" --corpus-sha "$chain" -q -o "$place/manifest.csv" || exit 3

# sweep FOLDER [ONLY]: what a user types, again after each cut.
sweep() {
  local dir=$1
  shift
  "$BIN/moesweep" expand "$place/design.yaml" --corpus-sha "$chain" -q -o "$dir/manifest.csv" >/dev/null &&
    "$BIN/moetrain" --backend cpu --manifest "$dir/manifest.csv" --jobs 1 -q --out "$dir/runs" "$@" >/dev/null &&
    "$BIN/moesweep" collect -q "$dir/manifest.csv" "$dir/runs" --into "$dir/kept.csv" --partial
}
# results FOLDER: what a sweep found, without times and speeds.
results() {
  "$BIN/moesweep" collect -q "$1/manifest.csv" "$1/runs" | cut -d, -f1-25
  cut -d, -f1-25 "$1/kept.csv"
  gzip -dc "$1/kept-curves.csv.gz" | cut -d, -f1-8
  gzip -dc "$1/kept-blocks.csv.gz" "$1/kept-loads.csv.gz"
}
rows() { tail -n +2 "$1" | cut -d, -f1-25; }
# state N: goes on from one.
state() {
  local dir=$place/states/$1
  say() { echo "violated: state $1, $(cat "$dir.cut"): $2"; }
  mkdir -p "$dir/runs"
  "$BIN/moesweep" collect -q "$place/manifest.csv" "$dir/runs" --partial -o "$place/as-is.$1" >/dev/null 2>&1
  for table in "$place/as-is.$1" "$dir/kept.csv"; do
    [ ! -e "$table" ] || [ -z "$(rows "$table" | grep -vxFf "$place/rows")" ] || say "$1" "a wrong row in ${table##*/}"
  done
  sweep "$dir" 2>"$dir.err" || say "$1" "the sweep does not go on: $(tail -1 "$dir.err")"
  results "$dir" 2>/dev/null | diff - "$place/results" >"$dir.err" || say "$1" "another table than the undisturbed one: $(sed -n 2p "$dir.err")"
  # (Of a collection that was cut a temporary file may stay: who knows whose it is.)
  find "$dir/runs" -name '*.tmp.*' -o -name 'checkpoint*' | grep -q . && say "$1" "leaves $(find "$dir/runs" -name '*.tmp.*' -o -name 'checkpoint*' | head -1)"
  echo tried
  rm -rf "$dir" "$dir".* "$place/as-is.$1"
}
export -f sweep results rows state
export chain

# The sweep in two parts, a checkpoint after each step, into an empty folder.
first=$(sed -n 2p "$place/manifest.csv" | cut -d, -f1)
mkdir "$place/sweep" "$place/states"
strace -ff -ttt -y -xx -s 100000000 -e trace=openat,write,fsync,ftruncate,rename,unlink,mkdir,pwrite64,writev,link,unlinkat,renameat,renameat2 \
  -o "$place/log" bash -c 'sweep "$0" --checkpoint 0 --only "$1" && sweep "$0" --checkpoint 0' "$place/sweep" "$first" || exit 3
cat "$place"/log.* | sort -s -k1,1 >"$place/calls"
rm "$place"/log.*
if grep -qE '^[0-9.]+ (pwrite64|writev|link|unlinkat|renameat2?)\(' "$place/calls"; then echo "crash: a call that is not replayed" >&2; exit 3; fi
results "$place/sweep" >"$place/results"
rows "$place/sweep/kept.csv" >"$place/rows"
"$place/crash_states" "$place/calls" "$place/sweep" "$place/states" || exit 3
diff -r "$place/states/last" "$place/sweep" || { echo "crash: the replay is not the sweep" >&2; exit 3; }
rm -rf "$place/states/last" "$place/calls"

find "$place/states" -name '*.cut' | sed 's|.*/||; s|\.cut||' | sort -n | awk -v every="$every" -v from="${FROM:-0}" -v to="${TO:-1e9}" 'NR % every == 0 && $1 >= from && $1 <= to' |
  xargs -P "$JOBS" -I{} bash -c 'state {}' >"$place/out" 2>&1
grep -v '^tried$' "$place/out"
tried=$(grep -c '^tried$' "$place/out") violated=$(grep -c '^violated' "$place/out")
echo "$tried states after a power cut tried, $violated violations"
[ "$violated" = 0 ] && [ "$tried" -gt 0 ]
