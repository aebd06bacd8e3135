# test_slice.sh - a few points of `make faults` for each command and call.
. tests/tap.sh
if grep -q -- -fsanitize "$BUILD/flags" 2>/dev/null; then
  skip "faults" "sanitizers see to allocation and tracing themselves"
  exit
fi
JOBS=1 tests/faults/run.sh 2 >"$out" 2>"$err"
code=$?
if [ $code = 3 ]; then
  skip "faults" "$(tail -1 "$err")"
  exit
fi
sed -n 's/^violated/# &/p' "$out"
if [ $code = 0 ]; then ok "$(tail -1 "$out")"; else not_ok "$(tail -1 "$out")"; fi
