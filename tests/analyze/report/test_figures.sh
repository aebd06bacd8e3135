# The data of figures against what they are said to be: runs once each, partial residuals, open ends, exponents.
. tests/tap.sh
moelaw=$BIN/moelaw
fast="--starts 40 --bootstrap 40 -q"

# column FILE NAME [CONDITION]: a column's values, by awk, where `$at["kind"] == ...` or the like holds
column() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } '"${3:-1}"' { print $at[name] }' "$1"
}

"$moelaw" simulate zhao2025 --rows 60 --noise 0.003 -q -o "$work/z.csv"
"$moelaw" fit "$work/z.csv" --law zhao2025 --cluster run_id $fast -o "$work/z.json" >/dev/null 2>&1
"$moelaw" crossval "$work/z.csv" --law zhao2025,hoffmann2022 --folds 3 --starts 40 --holdout largest:C --holdout 'D<q40' -q \
  -o "$work/cv.json" >/dev/null 2>&1
exits 0 "figures" "$moelaw" figures "$work/z.json" "$work/z.csv" --crossval "$work/cv.json" -o "$work/f"
f=$work/f

# Parity: each run once, a held-out one as the fit that had not seen it said.
check "each run once" [ "$(column $f/parity.csv run_id | sort | uniq -d | wc -l)" = 0 -a "$(column $f/parity.csv run_id | wc -l)" = 60 ]
n_held=$(column $f/parity.csv set | grep -c heldout)
check "some of them held out" [ "$n_held" -ge 5 ]
check "by a split that is named" [ "$(column $f/parity.csv split '$at["set"] == "heldout"' | sort -u)" = "largest C" ]
id=$(column $f/parity.csv run_id '$at["set"] == "heldout"' | head -1)
predicted=$(column $f/parity.csv predicted '$at["run_id"] == "'$id'"' | cut -c1-9)
check "with its unseen prediction" grep -q "$predicted" "$work/cv.json"

# Extrapolation: the same runs, predicted by a fit without them.
check "the same runs lie beyond" [ "$(column $f/extrapolation.csv set | grep -c heldout)" = "$n_held" ]
near() { # NAME A B RELATIVE
  if awk -v a="$2" -v b="$3" -v r="$4" 'BEGIN { d = a - b; exit !((d < 0 ? -d : d) <= r * (b < 0 ? -b : b)) }'; then
    ok "$1"
  else not_ok "$1: $2 is not $3"; fi
}
near "and are predicted as in cross-validation" \
  "$(column $f/extrapolation.csv predicted '$at["run_id"] == "'$id'"')" "$(column $f/parity.csv predicted '$at["run_id"] == "'$id'"')" 2e-3
whole=$("$moelaw" predict "$work/z.json" "$work/z.csv" --json 2>/dev/null | tr -d ' \n')
check "not as by the fit that knows them" sh -c '! echo "$0" | grep -q "$1"' "$whole" "$(column $f/extrapolation.csv predicted '$at["run_id"] == "'$id'"' | cut -c1-12)"
within=$(awk -F, '$1 == "run" && $2 == "heldout" && $9 == 1' $f/extrapolation.csv | wc -l)
check "and counted" grep -q "$within of $n_held held-out runs within their intervals" $f/extrapolation.csv

# Marginal: a partial residual keeps the run's own residual at the curve's other factors.
factor() { column $f/marginal.csv "$1" "\$at[\"factor\"] == \"G\" && $2"; }
held=$(factor text '$at["kind"] == "held"' | tr -d '"')
check "what is held is said" [ -n "$held" ]
check "every run is a point of each factor" [ "$(factor x '$at["kind"] == "partial" || $at["kind"] == "observed"' | wc -l)" = 60 ]
awk -F, 'NR == FNR { if (FNR > 1) { loss[FNR - 1] = $3; fit[FNR - 1] = $4 } next }
  FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  $at["factor"] == "G" && ($at["kind"] == "partial" || $at["kind"] == "observed") { n++
    moved = $at["y"] / loss[n]; if ($at["kind"] == "observed" && (moved > 1 + 1e-9 || moved < 1 - 1e-9)) bad++
    if ($at["kind"] == "partial" && moved < 1 + 1e-9 && moved > 1 - 1e-9) bad++ }
  END { exit !(n == 60 && !bad) }' $f/parity.csv $f/marginal.csv
check "points that were not moved are called observed, and no others" [ $? = 0 ]
# The curve at the point's own place, times the run's residual, is the point.
"$moelaw" figures "$work/z.json" "$work/z.csv" -q -o "$work/g" 2>/dev/null
awk -F, 'NR == FNR { if (FNR > 1) { residual[FNR - 1] = $3 / $4 } next }
  FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  $at["factor"] == "G" && $at["kind"] == "curve" { s = $at["series"]; m[s]++; cx[s, m[s]] = log($at["x"]); cy[s, m[s]] = $at["y"] }
  $at["factor"] == "G" && ($at["kind"] == "partial" || $at["kind"] == "observed") { n++; s = $at["series"]; u = log($at["x"])
    for (k = 1; k < m[s] && cx[s, k + 1] < u; k++); t = (u - cx[s, k]) / (cx[s, k + 1] - cx[s, k])
    y = (cy[s, k] + t * (cy[s, k + 1] - cy[s, k])) * residual[n]; d = y / $at["y"] - 1; if (d > 5e-4 || d < -5e-4) bad++ }
  END { exit !(n == 60 && !bad) }' "$work/g/parity.csv" "$work/g/marginal.csv"
check "a point is the curve times the run's residual" [ $? = 0 ]

# Starts: each search ends one way.
check "ends add up to the searches" [ "$(column $f/starts.csv count '$at["kind"] == "status"' | paste -sd+ | bc)" = 40 ]

# Cross-validation by name.
check "laws have names" [ "$(column $f/crossval.csv name | sort -u | paste -sd, -)" = "Hoffmann et al. 2022,Zhao et al. 2025" ]
check "splits have names" [ "$(column $f/crossval.csv held_out | sort -u | paste -sd, -)" = "D<q40,largest C,random folds" ]

# Size ~ C^(beta / (alpha + beta)) is a closed form of hoffmann2022.
"$moelaw" simulate hoffmann2022 --rows 60 --noise 0.003 -q -o "$work/h.csv"
"$moelaw" fit "$work/h.csv" --law hoffmann2022 $fast -o "$work/h.json" >/dev/null 2>&1
exits 0 "figures of a dense law" "$moelaw" figures "$work/h.json" "$work/h.csv" -o "$work/h"
says "say what they lack" "no extrapolation.csv: no held-out runs; \`moelaw crossval\` has them"
says "say what they lack" "no best_ratio.csv: the law does not have both N and Na"
check "the exponents of size and data add up to one" [ "$(column "$work/h/allocation.csv" N_opt '$at["kind"] == "exponent"' | head -c1)" = 0 ]
alpha=$(column "$work/h/draws.csv" x '$at["draw"] == 0') beta=$(column "$work/h/draws.csv" y '$at["draw"] == 0')
near "the exponent is beta / (alpha + beta)" "$(column "$work/h/allocation.csv" N_opt '$at["kind"] == "exponent"')" \
  "$(echo "scale=12; $beta / ($alpha + $beta)" | bc)" 1e-4
near "and that of data the rest" "$(column "$work/h/allocation.csv" D_opt '$at["kind"] == "exponent"')" \
  "$(echo "scale=12; $alpha / ($alpha + $beta)" | bc)" 1e-4
awk -F, 'NR == FNR { if (FNR == 1) for (i = 1; i <= NF; i++) at[$i] = i
    else { s = $at["N"]; d = $at["D"]; if (FNR == 2 || s < n0) n0 = s; if (FNR == 2 || s > n1) n1 = s
      if (FNR == 2 || d < d0) d0 = d; if (FNR == 2 || d > d1) d1 = d } next }
  FNR == 1 { delete at; for (i = 1; i <= NF; i++) at[$i] = i; next }
  $at["kind"] == "curve" { x = $at["x"]; d = $at["series"] / (6 * x); seen[$at["inside"]]++
    in_runs = x >= n0 && x <= n1 && d >= d0 && d <= d1; if (in_runs != $at["inside"]) bad++ }
  END { exit !(seen[0] && seen[1] && !bad) }' "$work/h.csv" "$work/h/isoflop.csv"
check "isoFLOP curves say where runs were" [ $? = 0 ]

# A law without compute: named, left out, and no older file stays as if it were new.
"$moelaw" simulate clark2022 --rows 60 --noise 0.003 -q -o "$work/c.csv"
"$moelaw" fit "$work/c.csv" --law clark2022 $fast -o "$work/c.json" >/dev/null 2>&1
cp -r "$work/h" "$work/c"
exits 0 "figures of a law without D" "$moelaw" figures "$work/c.json" "$work/c.csv" -o "$work/c"
says "say why there is no isoFLOP" "no isoflop.csv: the law does not use D, so its runs have no compute"
for name in isoflop allocation contour extrapolation best_ratio crossval; do
  check "no $name.csv is left" [ ! -e "$work/c/$name.csv" ]
done
for law in zhao2025:z hoffmann2022:h clark2022:c; do
  folder=$work/${law#*:}
  [ -d "$folder" ] || folder=$f
  [ "${law%%:*}" = zhao2025 ] && folder=$f
  for figure in parity marginal draws profile starts; do
    check "$figure of ${law%%:*} can be drawn" "$BIN/moeplot" -q plot/specs/$figure.yaml "$folder/$figure.csv" -o "$work/$figure.svg"
  done
done
check "no empty figure data" [ "$(wc -l "$f"/*.csv "$work"/[hc]/*.csv | awk '$1 < 2' | wc -l)" = 0 ]

# The best share: at most one, up to ten times the largest run; where a dense model is best there is no optimum to draw.
r=$f/best_ratio.csv
largest=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["N"] > n { n = $at["N"] } END { print n }' "$work/z.csv")
near "sizes end at ten times the largest run" "$(column $r N '$at["N"] > 0' | tail -1)" "$(echo "10 * $largest" | bc)" 1e-6
check "no share and no interval goes above one" [ "$(awk -F, 'NR > 1 && ($2 > 1 || $4 > 1.0000001 || $6 > 1)' $r | wc -l)" = 0 ]
check "a best share lies in its interval and its band" [ "$(awk -F, 'NR > 1 && $2 > 0 && ($2 < $3 || $2 > $4 || ($5 > 0 && ($2 < $5 || $2 > $6)))' $r | wc -l)" = 0 ]
if awk -F, 'NR > 1 && $1 > 0 && $2 == ""' $r | grep -q .; then
  check "sizes without one are said" grep -q 'no share below 1 is best' $r
fi
# All of a table of small models are best dense.
"$moelaw" fit artifacts/runs/quick.csv --law zhao2025 --cluster run_id $fast -o "$work/q.json" >/dev/null 2>&1
"$moelaw" figures "$work/q.json" artifacts/runs/quick.csv -q -o "$work/q" 2>/dev/null
check "no best share is drawn at the end of what was searched" [ "$(awk -F, 'NR > 1 && $2 > 0.999' "$work/q/best_ratio.csv" | wc -l)" = 0 ]
check "open ends are open" grep -q ',inf,' "$work/q/marginal.csv"
check "and no end of a search stands in their place" [ "$(grep -cE ',(1000|999\.99[0-9]*|0\.99899[0-9]*),' "$work/q/marginal.csv")" = 0 ]
