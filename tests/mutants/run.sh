#!/bin/bash
# run.sh - plants the bugs of tests/mutants/list, one at a time, in a copy of the tree, and runs the test that must catch
# each. Prints survivors; exit 1 if there are any, or lines of the list that fit the source no more. A verdict is kept
# until source, test or line change, so that what was stopped goes on. Usage: BUILD=build tests/mutants/run.sh [WORD]
# (only lines that contain WORD), or tests/mutants/run.sh --stale: only says which lines fit the source no more (lint).
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build} word=${1:-}
place=$(realpath -m "$BUILD/mutants") list=$PWD/tests/mutants/list
tree=$place/tree verdicts=$place/verdicts
only_stale=$([ "$word" != --stale ] || echo yes)
if [ "$only_stale" ]; then word="" tree=. verdicts=/dev/null; fi
if [ -z "$only_stale" ]; then
  mkdir -p "$tree" && touch "$verdicts"
  # The tree as it is, times kept, so that only what changed is compiled; and what may have been left with a bug in it.
  find "$tree" -mindepth 1 -maxdepth 1 ! -name build ! -name .git -exec rm -rf {} +
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t "$tree"
  cd "$tree"
  [ -e .git ] || git init -q .
  cut -sf 1 "$list" | sort -u | xargs touch -c
fi
m() { make --no-print-directory CUDA=0 BUILD=build "$@"; }

# built TEST: compiles what the test needs. passes TEST: runs it.
built() { case $1 in *.sh) m build ;; *) m "build/$1" ;; esac >"$place/make.log" 2>&1; }
passes() {
  (
    ulimit -t 300 # of processor time: a loop without end is caught, a busy machine is not
    case $1 in *.sh) BUILD=build timeout 1h bash "$1" ;; *) timeout 1h "build/$1" ;; esac
  ) >"$place/test.log" 2>&1
  local code=$?
  [ $code = 0 ] && ! grep -q '^not ok' "$place/test.log"
}

caught=0 kept=0 survivors=() stale=()
while IFS=$'\t' read -r file from to test; do
  case $file in '#'* | '') continue ;; esac
  [[ $file$from$test == *"$word"* ]] || continue
  source=$(cat "$file"; echo .) source=${source%.} # the dot keeps the last line's end
  rest=${source#*"$from"}
  if [ "$rest" = "$source" ] || [[ $rest == *"$from"* ]]; then
    stale+=("$file: $from")
    continue
  fi
  if [ ! -e "$test" ] && [ ! -e "$test.c" ]; then
    stale+=("$file: there is no $test")
    continue
  fi
  [ -z "$only_stale" ] || continue
  key=$(printf '%s\n' "$file" "$from" "$to" "$source" "$(cat "$test" "$test.c" 2>/dev/null)" | sha256sum | cut -c1-16)
  verdict=$(sed -n "s/^$key //p" "$verdicts" | tail -1)
  if [ -n "$verdict" ]; then
    kept=$((kept + 1))
  else
    if ! grep -q "^good $test$" "$place/baseline" 2>/dev/null; then # without a bug it must pass
      if ! built "$test" || ! passes "$test"; then
        echo "mutants: $test fails without any bug; see $place" >&2
        exit 3
      fi
      echo "good $test" >>"$place/baseline"
    fi
    printf '%s' "${source%%"$from"*}$to$rest" >"$file"
    verdict=caught
    if ! built "$test"; then verdict=stale; elif passes "$test"; then verdict=survives; fi
    printf '%s' "$source" >"$file"
    echo "$key $verdict" >>"$verdicts"
    echo "$verdict: $file: $from -> $to"
  fi
  case $verdict in
  caught) caught=$((caught + 1)) ;;
  survives) survivors+=("$file: $from -> $to ($test)") ;;
  *) stale+=("$file: $to does not compile") ;;
  esac
done <"$list"
rm -f "$place/baseline"

for line in "${survivors[@]}"; do echo "survives: $line"; done
for line in "${stale[@]}"; do echo "stale: $line"; done
if [ "$only_stale" ]; then [ "${#stale[@]}" = 0 ]; exit; fi
echo "$((caught + ${#survivors[@]})) mutants, $caught caught, ${#survivors[@]} survive, ${#stale[@]} lines are stale ($kept known from before)"
[ "${#survivors[@]}" = 0 ] && [ "${#stale[@]}" = 0 ]
