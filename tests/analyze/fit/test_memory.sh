#!/bin/bash
# test_memory.sh - out of memory, inside our code, GSL or Jansson, ends a fit with status 3 and a word, and leaves no
# half output.
. tests/tap.sh
if ldd "$BIN/moelaw" | grep -q 'asan\|tsan'; then
  skip "allocations that fail" "the sanitizer has its own"
  exit 0
fi
if ! ${CC:-cc} -shared -fPIC -O1 -o "$work/no_memory.so" tests/faults/no_memory.c 2>"$err"; then
  skip "allocations that fail" "no compiler here for the preload"
  exit 0
fi
"$BIN/moelaw" simulate hoffmann2022 --rows 30 -q -o "$work/runs.csv"
fit() {
  LD_PRELOAD="$work/no_memory.so" "$BIN/moelaw" fit "$work/runs.csv" --law hoffmann2022 --starts 4 --bootstrap 20 --threads 1 \
    --profile -q -o "$work/fit.json"
}
COUNT_ALLOCATIONS=1 fit >"$out" 2>"$err"
total=$(sed -n 's/^allocations //p' "$err")
check "allocations are counted" test "${total:-0}" -gt 100
bad=0
for n in $(seq 1 3 "${total:-0}"); do
  rm -f "$work/fit.json"
  FAIL_AT=$n fit >"$out" 2>"$err"
  code=$?
  case $code in
    0) [ "$(tail -c 2 "$work/fit.json")" = "}" ] || { echo "# allocation $n: status 0, no whole fit"; bad=1; } ;;
    2 | 3) [ -s "$err" ] && [ ! -e "$work/fit.json" ] || { echo "# allocation $n: status $code, no word or half a fit"; bad=1; } ;;
    *) echo "# allocation $n: status $code"; bad=1 ;;
  esac
done
if [ $bad = 0 ]; then ok "each third of $total allocations refused: status 3 and a word"; else not_ok "refused allocations"; fi
