#!/bin/bash
# test_gate.sh - `check` as a gate: four criteria, each by a table made to break it alone; JUnit, Markdown, state.
. tests/tap.sh
moelaw=$BIN/moelaw
"$moelaw" simulate hoffmann2022 --rows 80 --noise 0.003 -q -o "$work/runs.csv"
"$moelaw" fit "$work/runs.csv" --law hoffmann2022 --starts 20 --bootstrap 100 -q -o "$work/fit.json" >/dev/null
# changed NAME EXPRESSION: the loss of a row n of `rows` as awk makes it of y.
changed() {
  awk -F, -v OFS=, 'NR == FNR { rows = FNR - 1; next } FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "loss") k = i; print; next }
    { n = FNR - 1; y = $k; $k = sprintf("%.17g", '"$2"'); print }' "$work/runs.csv" "$work/runs.csv" >"$work/$1.csv"
}
all=(--max-mape 1 --max-bias 0.5 --min-coverage 85 --max-drift 1)
changed biased 'y * 0.992'
changed rough 'y * (n % 2 ? 1.03 : 0.97)'
changed narrow 'y * (n % 3 ? 1 : n % 2 ? 1.011 : 0.989)'
changed drifting 'y * (0.993 + 0.014 * n / rows)'
exits 0 "the table it was fitted on" "$moelaw" check "$work/fit.json" "$work/runs.csv" "${all[@]}"
prints "holds, and each criterion that was asked is said" "drift holds"
names() { exits 1 "$1" "$moelaw" check "$work/fit.json" "$work/$2.csv" "${@:4}" ; if grep -q "^moelaw: $3: [^;]*$" "$err"; then ok "and $3 alone is named"; else not_ok "and $3 alone is named"; fi; }
names "too much everywhere" biased bias --max-mape 1 --max-bias 0.5 --max-drift 1
says "with its limit" "is beyond --max-bias 0.5"
names "errors without bias" rough error --max-mape 1 --max-bias 0.5 --max-drift 1
names "a third of the runs outside" narrow coverage "${all[@]}"
says "with the chance of so few" "(chance "
names "from too much to too little" drifting drift --max-mape 1 --max-bias 0.5 --max-drift 1
# Closed forms: the drift of least squares, the mean errors, worked out by awk from the rows that --json gives.
"$moelaw" check "$work/fit.json" "$work/drifting.csv" --max-drift 100 --json >"$work/d.json"
agree() {
  awk 'FNR == NR { if (match($0, /"run_id": "[^"]*"/)) { id = substr($0, RSTART + 11, RLENGTH - 12); match($0, /"error_pct": [^,]*/); e[id] = substr($0, RSTART + 13, RLENGTH - 13) }
         if (match($0, /"drift": [^,]*/) && !told) { drift = substr($0, RSTART + 9, RLENGTH - 9); told = 1 } next }
       FNR > 1 { split($0, cell, ","); x[n++] = e[cell[1]] }
       END { for (i = 0; i < n; i++) { t = i / (n - 1) - 0.5; s += t * t; u += t * x[i] } d = u / s / drift - 1; exit !(n == 80 && d * d < 1e-16) }' "$work/d.json" "$work/drifting.csv"
}
check "the drift is that of least squares" agree
{ sed -n 1p "$work/drifting.csv" | sed 's/$/,day/'; tail -n +2 "$work/drifting.csv" | awk '{ print $0 "," sprintf("2026-01-%02d", NR % 28 + 1) }'; } >"$work/days.csv"
exits 0 "in another order" "$moelaw" check "$work/fit.json" "$work/days.csv" --max-drift 1 --order day
exits 2 "of a column that is not there" "$moelaw" check "$work/fit.json" "$work/days.csv" --max-drift 1 --order when
says "it says so" "has no column 'when'"
exits 2 "coverage of a law without intervals" "$moelaw" check published:hoffmann2022 "$work/runs.csv" --min-coverage 90
says "is refused" "has no prediction intervals"

# ---- files
head -4 "$work/drifting.csv" | sed '2s/^[^,]*/a|b <"\&">/' >"$work/three.csv"
exits 1 "with files" "$moelaw" check "$work/fit.json" "$work/three.csv" --max-mape 0.1 --max-bias 100 --max-drift 1 --junit "$work/j.xml" --markdown "$work/s.md"
well_formed() { ! command -v xmllint >/dev/null || xmllint --noout "$1"; }
check "JUnit is XML" well_formed "$work/j.xml"
check "of three tests, one failed, one skipped" grep -q '<testsuite name="moelaw check" tests="3" failures="1" errors="0" skipped="1">' "$work/j.xml"
check "the failure is named" grep -q '<failure type="criterion" message="MAPE .* is above --max-mape 0.1"/>' "$work/j.xml"
check "three runs say nothing of a drift" grep -q '<skipped message="fewer than 4 runs"/>' "$work/j.xml"
check "Markdown has the verdict" grep -q 'does \*\*not\*\* hold' "$work/s.md"
check "and no name breaks its table" grep -qF '| a\|b &lt;"&amp;"> | ' "$work/s.md"
exits 3 "a folder that is not there" "$moelaw" check "$work/fit.json" "$work/three.csv" --junit "$work/none/j.xml"

# ---- only what is new
watch() { "$moelaw" check "$work/fit.json" "$work/grow.csv" --max-mape 1 --max-bias 0.5 --state "$work/seen.json"; }
head -41 "$work/runs.csv" >"$work/grow.csv"
exits 0 "the first call" watch
prints "has all to say" "hoffmann2022 on 40 runs"
exits 0 "nothing new" watch
check "is nothing said" [ ! -s "$out" ]
head -43 "$work/runs.csv" >"$work/grow.csv"
exits 0 "two more runs" watch
check "are shown alone" [ "$(grep -c '\[.*\]' "$out")" = 2 ]
changed far 'y * 0.97'
{ head -41 "$work/runs.csv"; sed -n '42,81p' "$work/far.csv"; } >"$work/grow.csv"
exits 1 "runs that break it" watch
prints "are news" "bias: holds before, now FAILS"
exits 1 "and it is broken still" watch
check "which is no news" [ ! -s "$out" ]
head -41 "$work/runs.csv" >"$work/grow.csv"
exits 0 "runs that went" watch
prints "are counted" "40 runs are there no more"
"$moelaw" fit "$work/runs.csv" --law hoffmann2022 --starts 20 --bootstrap 0 --fix E=1.7 -q -o "$work/fit.json" >/dev/null
"$moelaw" check "$work/fit.json" "$work/grow.csv" --max-mape 100 --state "$work/seen.json" >"$out" 2>"$err"
says "of another fit all runs are new" "is of another fit"
echo '{"schema": 2}' >"$work/seen.json"
before=$(cat "$work/seen.json")
exits 2 "a state that is none" watch
check "stays as it is" [ "$(cat "$work/seen.json")" = "$before" ]

# ---- docs/ci.md: the job's shell lines and the cron line are run as they stand
job=$(sed -n '/moelaw\/build\/bin\/moelaw check/,/STEP_SUMMARY/p' docs/ci.md)
mkdir -p "$work/job/moelaw/build/bin"
ln -s "$(realpath "$moelaw")" "$work/job/moelaw/build/bin/moelaw"
"$moelaw" fit "$work/runs.csv" --law hoffmann2022 --starts 20 --bootstrap 0 -q -o "$work/job/fit.json" >/dev/null
cp "$work/runs.csv" "$work/job/runs.csv"
exits 0 "the line of the GitHub job" env -C "$work/job" GITHUB_STEP_SUMMARY="$work/job/summary.md" bash -euc "$job"
check "fills the job's summary" grep -q '^## moelaw check: hoffmann2022 holds' "$work/job/summary.md"
line=$(grep '^    7 \* \* \* \*' docs/ci.md | sed 's/^    7 \* \* \* \*  //')
mkdir -p "$work/home/runs/logs"
cp tests/analyze/import/megatron.log "$work/home/runs/logs/a.out"
head -41 "$work/runs.csv" >"$work/home/runs/runs.csv"
cp "$work/job/fit.json" "$work/home/runs/fit.json"
cron() { env HOME="$work/home" PATH="$(dirname "$(realpath "$moelaw")"):$PATH" sh -c "$line"; }
cron >"$out" 2>"$err"
prints "the cron line says what is new" "a                           3.47092"
cron >"$out" 2>"$err"
check "and then is silent" [ ! -s "$out" ]
