#!/bin/bash
# run.sh - each program's main commands with their n-th write, fsync, rename, open, read, mmap, flock or allocation failing
# once, for n = 1, 2, ... Whatever fails, a command ends with status 0, 2 or 3, says why when it is not 0, leaves each
# output as it was or whole, and nothing else; and 0 means that all is there. Prints points tried and violations.
# Usage: BUILD=build JOBS=2 tests/faults/run.sh [MOST [CASE]]   MOST: points for each command and call, evenly spread
# over all there are (default: all). Exit 1 if anything was violated, 3 without strace.
set -u
cd "$(dirname "$0")/../.." || exit 3
BUILD=${BUILD:-build} JOBS=${JOBS:-2} most=${1:-1000000} only=${2:-}
BIN=${BIN:-$(realpath -m "$BUILD/bin")} place=$(mktemp -d)
export BIN place LC_ALL=C.UTF-8 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
trap 'rm -rf "$place"' EXIT
command -v strace >/dev/null || { echo "faults: strace is missing: make setup WITH=lint" >&2; exit 3; }
strace -o /dev/null true 2>/dev/null || { echo "faults: tracing is not permitted here" >&2; exit 3; }
${CC:-cc} -O1 -shared -fPIC -o "$place/failing.so" tests/faults/failing.c || exit 3

# What the cases read.
cat >"$place/design.yaml" <<'YAML'
defaults: {n_layers: 1, seq_len: 16, batch: 4, eval_tokens: 256, warmup_tokens: 100, lr: 1e-3, lr_width: 0}
grid: {d_model: 16, n_experts: 2, seed: [1, 2], tokens: [320, 640]}
YAML
chain='markov:vocab=16;branches=2;seed=1'
"$BIN/moesweep" expand "$place/design.yaml" --corpus-sha "$chain" -q -o "$place/manifest.csv" || exit 3
"$BIN/moetrain" --backend cpu --manifest "$place/manifest.csv" --out "$place/runs" -q >/dev/null || exit 3
"$BIN/moelaw" simulate hoffmann2022 --noise 0.003 -q -o "$place/table.csv" || exit 3
"$BIN/moelaw" fit "$place/table.csv" --law hoffmann2022 --starts 5 --bootstrap 5 -q -o "$place/fit.json" >/dev/null || exit 3
"$BIN/moelaw" crossval "$place/table.csv" --law hoffmann2022 --folds 2 --starts 3 -q -o "$place/cv.json" >/dev/null || exit 3
printf 'x,y\n1,2\n2,3\n' >"$place/data.csv"
printf 'marks:\n  - {mark: points, x: x, y: y}\n' >"$place/spec.yaml"

# run_case CASE FOLDER: the command; all that it writes lies in FOLDER.
run_case() {
  case $1 in
  expand) "$BIN/moesweep" expand "$place/design.yaml" --corpus-sha "$chain" -q -o "$2/manifest.csv" ;;
  collect) "$BIN/moesweep" collect -q "$place/manifest.csv" "$place/runs" -o "$2/runs.csv" ;;
  simulate) "$BIN/moelaw" simulate hoffmann2022 --noise 0.003 -q -o "$2/table.csv" ;;
  fit) "$BIN/moelaw" fit "$place/table.csv" --law hoffmann2022 --starts 3 --bootstrap 3 --threads 1 -o "$2/fit.json" ;;
  crossval) "$BIN/moelaw" crossval "$place/table.csv" --law hoffmann2022 --folds 2 --starts 3 --threads 1 -o "$2/cv.json" ;;
  predict) "$BIN/moelaw" predict "$place/fit.json" --at N=1e9,D=2e10 --json ;;
  tables) "$BIN/moelaw" tables -q "$place/fit.json" "$place/table.csv" --crossval "$place/cv.json" -o "$2/tables" ;;
  plot) "$BIN/moeplot" -q "$place/spec.yaml" "$place/data.csv" -o "$2/x.png" ;;
  train) "$BIN/moetrain" --backend cpu --manifest "$place/manifest.csv" --out "$2/runs" --jobs 1 -q ;;
  esac
}
export -f run_case
export chain
cases=${only:-expand collect simulate fit crossval predict tables plot train}
declare -A errno_of=([write]=ENOSPC [fsync]=EIO [rename]=EACCES [openat]=EMFILE [read]=EIO [mmap]=ENOMEM [flock]=ENOLCK)
calls="write fsync rename openat read mmap flock"

# What a folder holds, file by file; times, speeds and process numbers are no result.
contents() {
  (cd "$1" && find . -type f ! -name '.std*' ! -name lock | LC_ALL=C sort | while read -r f; do
    case $f in
    *.jsonl) printf '%s %s\n' "$f" "$(grep -o '"event": "result".*' "$f" | grep -o '"loss": [^,]*' | tail -1)" ;;
    */DONE) echo "$f" ;; # seals a record, whose times differ
    *) printf '%s %s\n' "$f" "$(sed -E 's/"(program|seconds|wall_s)": *[^,}]*//g' "$f" | sha256sum)" ;;
    esac
  done)
}
# point CASE CALL ERROR N: one run with one fault; prints "violated ..." lines and at the end "tried".
point() {
  local case=$1 call=$2 error=$3 n=$4 folder
  folder=$(mktemp -d "$place/at.XXXXXX")
  cp -r "$place/before.$case/." "$folder"
  if [ "$call" = malloc ]; then
    (FAULT_AT=$n LD_PRELOAD=$place/failing.so run_case "$case" "$folder") >"$folder/.stdout" 2>"$folder/.stderr"
  else
    strace -f -o /dev/null -e trace="$call" -e inject="$call:error=$error:when=$n" \
      bash -c 'run_case "$0" "$1"' "$case" "$folder" >"$folder/.stdout" 2>"$folder/.stderr"
  fi
  local code=$?
  say() { echo "violated: $case, $call $n: $1"; }
  echo tried
  # The shell and the loader may be what was hit; a library that ends the program itself (GLib) is not ours to mend.
  if grep -qE 'error while loading shared|cannot allocate memory|bash: |GLib-ERROR' "$folder/.stderr" || [ $code = 127 ]; then code=other; fi
  case $code in 0 | 2 | 3 | other) ;; *) say "ends with status $code: $(tail -1 "$folder/.stderr")" ;; esac
  if [ "$code" = 0 ]; then
    [ "$(contents "$folder")" = "$(cat "$place/good.$case")" ] || say "says it is done, but its outputs are not"
    [ "$case" = train ] || cmp -s "$folder/.stdout" "$place/stdout.$case" || say "says it is done, but printed something else"
  elif [ "$code" != other ] && [ ! -s "$folder/.stderr" ]; then
    say "ends with status $code without a word"
  fi
  if [ "$case" = train ]; then # what was interrupted goes on
    (run_case train "$folder") >/dev/null 2>"$folder/.stderr"
    [ "$(contents "$folder" | grep -v left)" = "$(cat "$place/good.train")" ] || say "does not come to the same result when run again"
  elif [ "$code" != 0 ]; then # each file as before or as it should be, and no other
    contents "$folder" | while read -r file; do
      grep -qxF -- "$file" "$place/good.$case" "$place/old.$case" || say "leaves ${file%% *} behind"
    done
  fi
  rm -rf "$folder"
}
export -f point contents

points() { # CASE: lines "CASE CALL ERROR N"
  local case=$1 call folder total
  folder=$(mktemp -d "$place/count.XXXXXX")
  mkdir "$place/before.$case"
  (run_case "$case" "$place/before.$case") >"$place/stdout.$case" 2>/dev/null || { echo "faults: $case fails by itself" >&2; exit 3; }
  contents "$place/before.$case" >"$place/good.$case"
  # What was there before: older files of the same names; for training, nothing.
  find "$place/before.$case" -type f -exec sh -c 'echo old >"$1"' _ {} \;
  [ "$case" != train ] || rm -rf "$place/before.train/runs"
  contents "$place/before.$case" >"$place/old.$case"
  cp -r "$place/before.$case/." "$folder"
  strace -f -o "$place/trace" -e trace="${calls// /,}" bash -c 'run_case "$0" "$1"' "$case" "$folder" >/dev/null 2>&1
  for call in $calls; do
    total=$(grep -cE "^[0-9]+ +$call\(" "$place/trace")
    spread "$total" | sed "s/^/$case $call ${errno_of[$call]} /"
  done
  # (GLib, Pango and fontconfig end a program that is out of memory, or crash.)
  [ "$case" = plot ] && return
  cp -r "$place/before.$case/." "$folder"
  (FAULT_COUNT=$place/count LD_PRELOAD=$place/failing.so run_case "$case" "$folder") >/dev/null 2>&1
  spread "$(cat "$place/count")" | sed "s/^/$case malloc - /"
  rm -rf "$folder"
}
spread() { # TOTAL: at most $most numbers of 1..TOTAL
  awk -v n="$1" -v most="$most" 'BEGIN { m = n < most ? n : most; for (i = 1; i <= m; i++) print int((i - 0.5) * n / m) + 1 }'
}

for case in $cases; do
  points "$case" >"$place/points" || exit 3
  xargs -P "$JOBS" -L 1 bash -c 'point "$@"' _ <"$place/points" >"$place/out.$case" 2>&1
  grep -v '^tried$' "$place/out.$case"
  echo "$case: $(grep -c '^tried$' "$place/out.$case") points tried, $(grep -c '^violated' "$place/out.$case") violations"
done
tried=$(cat "$place"/out.* | grep -c '^tried$') violated=$(cat "$place"/out.* | grep -c '^violated')
echo "$tried points tried, $violated violations"
[ "$violated" = 0 ] && [ "$tried" -gt 0 ]
