#!/bin/bash
# test_law_yaml.sh - a law in YAML goes the whole way: laws, simulate, fit, predict, check, allocate, next, crossval, figures, tables.
. tests/tap.sh
moelaw=$BIN/moelaw
law=tests/analyze/laws/twins/zhao2025.yaml
cp $law "$work/my.yaml"
law=$work/my.yaml
"$moelaw" simulate zhao2025 --rows 90 --noise 0.003 -q -o "$work/runs.csv"

exits 0 "laws shows it" "$moelaw" laws "$law"
prints "its formula" "bracket = N^-alpha + k*Na^-alpha + h*Na/N"
exits 0 "a fit" "$moelaw" fit "$work/runs.csv" --law "$law" --starts 40 --bootstrap 30 -q -o "$work/my.json"
"$moelaw" fit "$work/runs.csv" --law zhao2025 --starts 40 --bootstrap 30 -q -o "$work/c.json" >/dev/null 2>&1
objective() { sed -n 's/.*"objective".*"value": \([^}]*\)}.*/\1/p' "$1"; }
if awk -v a="$(objective "$work/my.json")" -v b="$(objective "$work/c.json")" 'BEGIN { exit !(a > 0 && (a / b - 1) ^ 2 < 1e-18) }'; then
  ok "whose objective is that of the compiled law to nine digits"
else not_ok "whose objective is that of the compiled law: $(objective "$work/my.json"), $(objective "$work/c.json")"; fi
rm "$law" # from here on the fit alone knows the law
exits 0 "predict" "$moelaw" predict "$work/my.json" --at N=1e9,Na=2e8,D=2e10,G=8,S=0.125
first=$(cut -d' ' -f1 "$out")
"$moelaw" predict "$work/c.json" --at N=1e9,Na=2e8,D=2e10,G=8,S=0.125 >"$out" 2>"$err"
check "as the compiled law does" [ "$first" = "$(cut -d' ' -f1 "$out")" ]
exits 0 "check" "$moelaw" check "$work/my.json" "$work/runs.csv" --max-mape 5
exits 0 "allocate" "$moelaw" allocate "$work/my.json" --flops 1e20 --max-total 5e9 -q
exits 0 "next" "$moelaw" next "$work/my.json" "$work/runs.csv" --flops 1e20 --quantity alpha --runs 2 -q
exits 0 "figures" "$moelaw" figures "$work/my.json" "$work/runs.csv" -o "$work/figures" -q
exits 0 "tables" "$moelaw" tables "$work/my.json" "$work/runs.csv" -o "$work/tables" -q
exits 0 "simulate of the fit" "$moelaw" simulate "$work/my.json" --rows 40 --starts 10 --bootstrap 0 -q
cp tests/analyze/laws/twins/*.yaml "$work"
exits 0 "crossval beside compiled laws" "$moelaw" crossval "$work/runs.csv" --law "zhao2025,$work/zhao2025.yaml,$work/hoffmann2022.yaml" \
  --folds 3 --holdout none --starts 20 -q -o "$work/cv.json"
check "with the same errors" [ "$(grep -o '"rmse": [0-9.]\{9\}' "$work/cv.json" | sort | uniq -c | awk '$1 >= 2' | wc -l)" -ge 3 ]
exits 0 "figures of it" "$moelaw" figures "$work/my.json" "$work/runs.csv" --crossval "$work/cv.json" -o "$work/more" -q

sed 's/G\*bracket/G*brackt/' "$work/zhao2025.yaml" >"$work/bad.yaml"
exits 2 "a mistake" "$moelaw" fit "$work/runs.csv" --law "$work/bad.yaml"
says "with line, column and remedy" "bad.yaml:12: column 3 of 'G*brackt': 'brackt' is unknown (did you mean 'bracket'?)"
exits 2 "a file that is not there" "$moelaw" fit "$work/runs.csv" --law "$work/none.yaml"
sed 's/-twin//' "$work/zhao2025.yaml" >"$work/same.yaml"
exits 2 "the name of a compiled law" "$moelaw" laws "$work/same.yaml"
says "is refused" "there is another law 'zhao2025'"

# The example in the docs is a law.
awk '/^```yaml/ { inside = 1; next } /^```/ { inside = 0 } inside' docs/laws.md >"$work/docs.yaml"
exits 0 "the example of docs/laws.md" "$moelaw" simulate "$work/docs.yaml" --rows 60 -q -o "$work/docs.csv"
exits 0 "fits" "$moelaw" fit "$work/docs.csv" --law "$work/docs.yaml" --starts 20 --bootstrap 0 -q
for file in docs/laws/*.yaml; do exits 0 "$file is a law" "$moelaw" laws "$file"; done
