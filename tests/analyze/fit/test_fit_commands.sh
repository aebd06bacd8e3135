#!/bin/bash
# test_fit_commands.sh - what `fit` writes is what `tables` and `figures` work on, and what is not known is not printed.
. tests/tap.sh

# A table with weights and groups, and a fit that uses them, a bound and a held coefficient.
"$BIN/moelaw" simulate hoffmann2022 --rows 60 --noise 0.01 -q -o "$work/plain.csv"
awk -F, 'NR == 1 { print $0 ",w,trunk" } NR > 1 { print $0 "," 0.1 + NR % 7 "," int(NR / 2) }' "$work/plain.csv" >"$work/runs.csv"
check "fit with weights, clusters, a bound and a held coefficient" "$BIN/moelaw" fit "$work/runs.csv" --law hoffmann2022 \
  --starts 20 --bootstrap 40 --weight w --cluster trunk --bound alpha=0.1:0.3 --fix E=1.5 -q -o "$work/fit.json"
check "tables of it" "$BIN/moelaw" tables "$work/fit.json" "$work/runs.csv" -o "$work/tables" -q
value=$(sed -n 's/.*"objective".*"value": \([^}]*\)}.*/\1/p' "$work/fit.json")
macro=$(sed -n 's/.*\\hoffmannObjective}{\\ensuremath{\(.*\)}}/\1/p' "$work/tables/numbers.tex")
if awk -v a="$value" -v b="$macro" 'BEGIN { sub(/\\times10\^{/, "e", b); sub(/}/, "", b); exit !(b != "" && (a / b - 1) ^ 2 < 1e-6) }'; then
  ok "the tables' objective is the fit's"
else
  not_ok "the tables' objective is the fit's: $macro, not $value"
fi
check "figures of it" "$BIN/moelaw" figures "$work/fit.json" "$work/runs.csv" -o "$work/figures" -q
check "no profile goes below the optimum or beyond the bound" awk -F, '$1 == "alpha" && $2 == "curve" {
  if ($4 < 0 || $3 < 0.1 || $3 > 0.3) exit 1; if ($4 == 0) zero++ } END { exit zero < 1 }' "$work/figures/profile.csv"
if grep -q '^E,' "$work/figures/profile.csv"; then not_ok "a held coefficient has no profile"; else ok "a held coefficient has no profile"; fi

# A bound of the search is never printed as the end of an interval, nor as the best value of a factor.
"$BIN/moelaw" fit "$work/plain.csv" --law hoffmann2022 --starts 20 --bootstrap 40 --bound alpha=0.05:0.2 -q >"$work/bound.txt" 2>"$err"
check "a coefficient at its bound has no interval of width nothing" grep -Eq '^alpha .* not determined .*at its bound' "$work/bound.txt"
