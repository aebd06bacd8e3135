# test_width.sh - what people read stands in lines of at most 100 columns: a run of each command, and every --help.
. tests/tap.sh
law=$BIN/moelaw
narrow() { # NAME COMMAND...: its standard output has no wider line
  name=$1; shift
  "$@" >"$out" 2>"$err" || { not_ok "$name ends with status $?"; return; }
  wide=$(awk 'length($0) > 100' "$out")
  if [ -s "$out" ] && [ -z "$wide" ]; then ok "$name"; else not_ok "$name: ${wide:0:160}"; fi
}
"$law" simulate zhao2025 --rows 90 --noise 0.002 -q -o "$work/runs.csv"
fit=$work/fit.json
narrow fit "$law" fit "$work/runs.csv" --law zhao2025 --starts 40 --bootstrap 20 --profile -o "$fit"
narrow predict "$law" predict "$fit" "$work/runs.csv"
narrow check "$law" check "$fit" "$work/runs.csv" --max-mape 5
narrow crossval "$law" crossval "$work/runs.csv" --law zhao2025,hoffmann2022 --folds 3 --starts 10
narrow optimum "$law" optimum "$fit" --N 30B --price 0.39 --within 0.5
narrow "optimum at a budget" "$law" optimum "$fit" --flops 1e22 --max-total 30B
narrow allocate "$law" allocate "$fit" --flops 1e20,1e21 --max-total 30B
narrow "allocate, each structure" "$law" allocate published:ludziejewski2025 --flops 1e22 --memory 80GB --context 16k --each
narrow serve "$law" serve published:ludziejewski2025 --flops 1e22 --hardware h200
narrow architecture "$law" architecture "$fit" --flops 1e22 --max-total 30B
narrow next "$law" next "$fit" "$work/runs.csv" --flops 1e19
narrow simulate "$law" simulate hoffmann2022 --rows 40 --starts 10 --bootstrap 20
narrow laws "$law" laws
for name in $("$law" laws | awk 'NR > 1 && /^[a-z]/ { print $1 }'); do narrow "laws $name" "$law" laws "$name"; done
narrow reproduce "$law" reproduce
for program in moelaw moesweep; do
  narrow "$program --help" "$BIN/$program" --help
  for command in $("$BIN/$program" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    narrow "$program $command --help" "$BIN/$program" "$command" --help
  done
done
for command in "moetrain" "moetrain bench" "moetrain corpus" "moeplot"; do
  # shellcheck disable=SC2086
  narrow "$command --help" "$BIN"/$command --help
done
