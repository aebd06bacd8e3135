#!/bin/bash
# run.sh - each program's main commands with their n-th write, fsync, rename, open, read, mmap or flock failing once in
# every process, for n = 1, 2, ..., and with the first allocation failing of each chain of calls that allocates. Whatever fails, a command ends with status 0, 2 or 3, says why when it is not 0,
# leaves each output as it was or whole, and nothing else; and 0 means that all is there. Prints points tried and violations.
# Usage: BUILD=build JOBS=2 tests/faults/run.sh [MOST [CASE...]]   MOST: points for each command and call, evenly spread
# over all there are (default: all). Exit 1 if anything was violated, 3 without strace.
set -u
cd "$(dirname "$0")/../.." || exit 3
BUILD=${BUILD:-build} JOBS=${JOBS:-2} most=${1:-1000000}
shift $(($# > 0))
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
{
  "$BIN/moesweep" expand "$place/design.yaml" --corpus-sha "$chain" -q -o "$place/manifest.csv" &&
    "$BIN/moetrain" --backend cpu --manifest "$place/manifest.csv" --out "$place/runs" -q &&
    "$BIN/moelaw" simulate hoffmann2022 --noise 0.003 -q -o "$place/table.csv" &&
    "$BIN/moelaw" fit "$place/table.csv" --law hoffmann2022 --starts 5 --bootstrap 5 -q -o "$place/fit.json" &&
    "$BIN/moelaw" crossval "$place/table.csv" --law hoffmann2022 --folds 2 --starts 3 -q -o "$place/cv.json"
} >/dev/null 2>"$place/err" || { cat "$place/err" >&2; exit 3; }
printf 'x,y\n1,2\n2,3\n' >"$place/data.csv"
printf 'marks:\n  - {mark: points, x: x, y: y}\n' >"$place/spec.yaml"

# command_of CASE FOLDER: the command; all that it writes lies in FOLDER.
command_of() {
  local sweep=$BIN/moesweep law=$BIN/moelaw train=("$BIN/moetrain" --backend cpu --manifest "$place/manifest.csv" --jobs 1 -q --out "$2/runs")
  # shellcheck disable=SC2054  # commas of the options
  case $1 in
  expand) command=("$sweep" expand "$place/design.yaml" --corpus-sha "$chain" -q -o "$2/manifest.csv") ;;
  status) command=("$sweep" status "$place/manifest.csv" "$place/runs" --json) ;;
  collect) command=("$sweep" collect -q "$place/manifest.csv" "$place/runs" -o "$2/runs.csv") ;;
  into) command=("$sweep" collect -q "$place/manifest.csv" "$place/runs" --into "$2/kept.csv") ;;
  curves) command=("$sweep" curves -q "$place/manifest.csv" "$place/runs" -o "$2") ;;
  simulate) command=("$law" simulate hoffmann2022 --noise 0.003 -q -o "$2/table.csv") ;;
  fit) command=("$law" fit "$place/table.csv" --law hoffmann2022 --starts 3 --bootstrap 3 --threads 1 -o "$2/fit.json") ;;
  crossval) command=("$law" crossval "$place/table.csv" --law hoffmann2022 --folds 2 --starts 3 --threads 1 -o "$2/cv.json") ;;
  predict) command=("$law" predict "$place/fit.json" --at N=1e9,D=2e10 --json) ;;
  allocate) command=("$law" allocate "$place/fit.json" --flops 1e21 --json) ;;
  tables) command=("$law" tables -q "$place/fit.json" "$place/table.csv" --crossval "$place/cv.json" -o "$2/tables") ;;
  figures) command=("$law" figures -q "$place/fit.json" "$place/table.csv" --crossval "$place/cv.json" -o "$2/figures") ;;
  png | svg | pdf) command=("$BIN/moeplot" -q "$place/spec.yaml" "$place/data.csv" -o "$2/x.$1") ;;
  train) command=("${train[@]}") ;;
  resume) command=("${train[@]}" --checkpoint 0) ;; # from a checkpoint that is there
  esac
}
[ $# -gt 0 ] || set -- expand status collect into curves simulate fit crossval predict allocate tables figures png svg pdf train resume
declare -A errno_of=([write]=ENOSPC [fsync]=EIO [rename]=EACCES [openat]=EMFILE [read]=EIO [mmap]=ENOMEM [flock]=ENOLCK)
calls="write fsync rename openat read mmap flock"

is_training() { [ "$1" = train ] || [ "$1" = resume ]; }
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
# Whether a folder holds what it should, byte for byte or but for times. KIND: good or old.
holds() { # FOLDER KIND CASE
  diff -rq -x '.std*' "$1" "$place/$2-files.$3" >/dev/null || [ "$(contents "$1")" = "$(cat "$place/$2.$3")" ]
}
# traced OPTIONS FOLDER: $command under strace from main on: what the loader does is not the program's.
traced() {
  local pid tracer state='' key value
  LD_PRELOAD=$place/failing.so FAULT_STOP=1 "${command[@]}" >"$2/.stdout" 2>"$2/.stderr" &
  pid=$!
  while [ "$state" != T ]; do read -r _ _ state _ <"/proc/$pid/stat" || return 127; done
  # shellcheck disable=SC2086  # several options
  strace -f -p $pid $1 2>/dev/null &
  tracer=$!
  until [ "${value:-0}" != 0 ]; do
    while read -r key value && [ "$key" != TracerPid: ]; do :; done <"/proc/$pid/status"
    kill -0 $tracer || { kill -KILL $pid; return 127; }
  done
  kill -CONT $pid
  wait $pid
  state=$?
  wait $tracer
  return "$state"
}
# point CASE CALL ERROR N: one run with one fault; prints "violated ..." lines and at the end "tried".
point() {
  local case=$1 call=$2 error=$3 n=$4 folder command code
  folder=$(mktemp -d "$place/at.XXXXXX")
  cp -r "$place/before.$case/." "$folder"
  command_of "$case" "$folder"
  if [ "$call" = malloc ]; then
    FAULT_AT=$n LD_PRELOAD=$place/failing.so "${command[@]}" >"$folder/.stdout" 2>"$folder/.stderr"
  else
    traced "-o /dev/null -e trace=$call -e inject=$call:error=$error:when=$n" "$folder"
  fi
  code=$?
  say() { echo "violated: $case, $call $n: $1"; }
  echo tried
  case $code in 0 | 2 | 3) ;; *) say "ends with status $code: $(tail -1 "$folder/.stderr")" ;; esac
  if [ "$code" = 0 ]; then
    holds "$folder" good "$case" || say "says it is done, but its outputs are not"
    is_training "$case" || cmp -s "$folder/.stdout" "$place/stdout.$case" || say "says it is done, but printed something else"
  elif [ ! -s "$folder/.stderr" ] && ! { is_training "$case" && [ "$call" = write ]; }; then
    # (Of several processes one may fail to write its result and another to write the message.)
    say "ends with status $code without a word"
  fi
  if is_training "$case"; then # what was interrupted goes on
    "${command[@]}" >/dev/null 2>"$folder/.stderr"
    [ "$(contents "$folder" | grep -v left)" = "$(cat "$place/good.$case")" ] || say "does not come to the same result when run again"
  elif [ "$code" != 0 ] && ! holds "$folder" old "$case"; then # each file as before or as it should be, and no other
    contents "$folder" | while read -r file; do
      grep -qxF -- "$file" "$place/good.$case" "$place/old.$case" || say "leaves ${file%% *} behind"
    done
  fi
  rm -rf "$folder"
}
export -f command_of is_training contents holds traced point
export chain

# before_of CASE: what is there before: older files of the same names; for training nothing, or a checkpoint.
before_of() {
  local folder=$place/before.$1
  case $1 in
  train) rm -rf "$folder/runs" ;;
  resume)
    rm -rf "$folder/runs"
    for try in 1 2 3 4 5; do # stopped by SIGTERM, somewhere
      "${command[@]}" >/dev/null 2>&1 &
      # (A shell that is ended before it has become the program would clear up here.)
      while [ ! -d "$folder/runs" ] && kill -0 $! 2>/dev/null; do sleep 0.01; done
      sleep "0.0$try"
      kill $! 2>/dev/null
      wait $!
      [ -z "$(find "$folder/runs" -name checkpoint)" ] || break
    done
    ;;
  into) rm -rf "$folder" && mkdir "$folder" ;; # a table of something else would be refused
  *) find "$folder" -type f -exec sh -c 'echo old >"$1"' _ {} \; ;;
  esac
}
points() { # CASE: lines "CASE CALL ERROR N"
  local case=$1 call folder total command
  folder=$(mktemp -d "$place/count.XXXXXX")
  mkdir "$place/before.$case"
  command_of "$case" "$place/before.$case"
  "${command[@]}" >"$place/stdout.$case" 2>"$place/err" || { echo "faults: $case fails by itself: $(tail -1 "$place/err")" >&2; exit 3; }
  contents "$place/before.$case" >"$place/good.$case"
  cp -r "$place/before.$case" "$place/good-files.$case"
  before_of "$case"
  contents "$place/before.$case" >"$place/old.$case"
  cp -r "$place/before.$case" "$place/old-files.$case"
  cp -r "$place/before.$case/." "$folder"
  command_of "$case" "$folder"
  traced "-o $place/trace -e trace=${calls// /,}" "$folder"
  for call in $calls; do
    # As many as the process that makes most of them.
    total=$(awk -v call="$call(" 'index($2, call) == 1 { if (++n[$1] > most) most = n[$1] } END { print most + 0 }' "$place/trace")
    seq "$total" | spread | sed "s/^/$case $call ${errno_of[$call]} /"
  done
  rm -rf "$folder" && mkdir "$folder"
  cp -r "$place/before.$case/." "$folder"
  FAULT_PLACES=$place/places LD_PRELOAD=$place/failing.so "${command[@]}" >/dev/null 2>&1
  sort -nu "$place/places" | spread | sed "s/^/$case malloc - /"
  rm -rf "$folder"
}
spread() { # of its lines, $most at most
  awk -v most="$most" '{ line[NR] = $0 } END { m = NR < most ? NR : most; for (i = 1; i <= m; i++) print line[int((i - 0.5) * NR / m) + 1] }'
}

for case in "$@"; do
  points "$case" >"$place/points" || exit 3
  xargs -P "$JOBS" -n 40 bash -c 'while [ $# -gt 0 ]; do point "${@:1:4}"; shift 4; done' _ <"$place/points" >"$place/out.$case" 2>&1
  grep -v '^tried$' "$place/out.$case"
  echo "$case: $(grep -c '^tried$' "$place/out.$case") points tried, $(grep -c '^violated' "$place/out.$case") violations"
done
tried=$(cat "$place"/out.* | grep -c '^tried$') violated=$(cat "$place"/out.* | grep -c '^violated')
echo "$tried points tried, $violated violations"
[ "$violated" = 0 ] && [ "$tried" -gt 0 ]
