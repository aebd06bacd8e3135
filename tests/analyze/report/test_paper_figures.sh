# The figures of the four papers and those of training, against closed forms, other commands and hand-made tables.
. tests/tap.sh
moelaw=$BIN/moelaw
fast="--starts 40 --bootstrap 40 -q"

# column FILE NAME [CONDITION]: a column's values, by awk, where `$at["kind"] == ...` or the like holds
column() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } '"${3:-1}"' { print $at[name] }' "$1"
}
near() { # NAME A B RELATIVE
  if awk -v a="$2" -v b="$3" -v r="$4" 'BEGIN { d = a - b; exit !(a != "" && (d < 0 ? -d : d) <= r * (b < 0 ? -b : b)) }'; then
    ok "$1"
  else not_ok "$1: $2 is not $3"; fi
}
figures() { # LAW FOLDER: a planted table and its figures by the published coefficients
  "$moelaw" simulate "$1" --rows 90 --noise 0.002 -q -o "$work/$2.csv"
  "$moelaw" figures "published:$1" "$work/$2.csv" -q -o "$work/$2" 2>"$err"
}
drawn() { check "$2 of $1 is drawn" "$BIN/moeplot" -q "plot/specs/$2.yaml" "$work/$1/$2.csv" -o "$work/$2.svg"; }

figures zhao2025 z
for name in hooks share structure experts serving holistic effects; do drawn z $name; done

# Hooks: minima in closed form, sqrt(f/e) and -n/(2m); the curve is nothing there.
near "the hook of G has its minimum at sqrt(f/e)" "$(column "$work/z/hooks.csv" x '$at["factor"] == "G" && $at["kind"] == "optimum"')" 6.7778 1e-3
near "that of S at -n/(2m)" "$(column "$work/z/hooks.csv" x '$at["factor"] == "S" && $at["kind"] == "optimum"')" 0.31485 1e-3
check "the loss above the least is nowhere below it" \
  [ "$(column "$work/z/hooks.csv" y '$at["kind"] == "curve"' | awk '$1 < 0' | wc -l)" = 0 ]
check "each factor's least is nought" [ "$(column "$work/z/hooks.csv" y '$at["kind"] == "curve" && $at["y"] == 0' | wc -l)" = 3 ]
# At a level the mean is that of the partial residuals of `marginal`, less the same least: all planted on the curve.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  $at["factor"] == "G" && $at["kind"] == "curve" { m++; x[m] = log($at["x"]); y[m] = $at["y"] }
  $at["factor"] == "G" && $at["kind"] == "level" { n++; u = log($at["x"]); for (k = 1; k < m - 1 && x[k + 1] < u; k++);
    c = y[k] + (u - x[k]) / (x[k + 1] - x[k]) * (y[k + 1] - y[k]); if ($at["y"] - c > 0.01 || c - $at["y"] > 0.01) bad++
    if ($at["lo"] > $at["y"] || $at["hi"] < $at["y"]) bad++ }
  END { exit !(n > 4 && !bad) }' "$work/z/hooks.csv"
check "levels lie at the curve and in their intervals" [ $? = 0 ]

# The best share in closed form: 41.600 N^-0.19244 (at G*, S*); with a price of 0.39 it is 9 % at 30B and 5 % at 671B.
awk -F, '$1 == "published" && $2 == "best" { n++; if ($4 / (41.600 * exp(-0.19244 * log($3))) - 1 > 1e-3 ||
  $4 / (41.600 * exp(-0.19244 * log($3))) - 1 < -1e-3) bad++ } END { exit !(n > 20 && !bad) }' "$work/z/share.csv"
check "the best share is the closed form" [ $? = 0 ]
awk -F, '$1 == "published" && $2 == "efficient" && $3 > 29e9 && $3 < 37e9 { a = $4 } $1 == "published" && $2 == "efficient" && $3 > 600e9 && $3 < 740e9 { b = $4 }
  END { exit !(a > 0.085 && a < 0.093 && b > 0.047 && b < 0.053) }' "$work/z/share.csv"
check "the efficiency-aware rule gives what the paper says" [ $? = 0 ]

# Serving: the loss-optimal models are those of `moelaw serve` at the same budget.
budget=$(column "$work/z/serving.csv" text '$at["kind"] == "held"' | sed 's/.*10^{\([0-9]*\)}.*/1e\1/')
"$moelaw" serve published:zhao2025 --flops "$budget" --json >"$work/serve.json" 2>/dev/null
near "serving costs are those of moelaw serve" "$(column "$work/z/serving.csv" cost '$at["kind"] == "optimal" && $at["series"] == 0.5')" \
  "$(tr -d ' \n' <"$work/serve.json" | sed 's/.*"optimal":\[//; s/\].*//' | grep -o '{[^}]*"value":0.5,[^}]*}' | sed 's/.*"dollars_per_million_tokens":\([^,}]*\).*/\1/')" 1e-6
check "at a bounded loss the reference is 1" [ "$(column "$work/z/serving.csv" cost '$at["kind"] == "bounded loss"' | head -1)" = 1 ]

# Effects: D's range is the difference of two predictions at the medians.
figures ludziejewski2025 l
for name in structure experts serving effects; do drawn l $name; done
awk -F, '$1 == "path" && $2 >= 3.59e19 && !seen { seen = 1; g = $6; if ($2 > 3.59e19) { t = (log(3.59e19) - lx) / (log($2) - lx); g = lg + t * ($6 - lg) } print g } $1 == "path" { lx = log($2); lg = $6 }' \
  "$work/l/structure.csv" >"$work/gap"
near "a dense model of 1e20 FLOPs is matched with 64.1 % less by 32 experts (arXiv 2502.05172)" "$(cat "$work/gap")" 2.7855 0.01

# Granularity: the term is a power, whose exponent is gamma.
figures krajewski2024 k
for name in granularity structure experts serving; do drawn k $name; done
awk -F, '$1 == "term" { n++; x[n] = log($3); y[n] = log($4); s[n] = $2 } END { for (i = 2; i <= n; i++) if (s[i] == s[i - 1]) {
  g = -(y[i] - y[i - 1]) / (x[i] - x[i - 1]); if (g < 0.5795 || g > 0.5805) bad++; m++ } exit !(m > 20 && !bad) }' "$work/k/granularity.csv"
check "the term of granularity falls as G^-0.58" [ $? = 0 ]
check "published coefficients are compared with the published dense ones" grep -q 'a dense model' "$work/k/structure.csv"
awk -F, '$1 == "path" && $2 >= 1e20 && !seen { seen = 1; print $6 }' "$work/k/structure.csv" >"$work/gap"
near "at 1e20 a dense model takes 21 times the compute (arXiv 2402.07871)" "$(cat "$work/gap")" 21.3 0.1

# Ratios of an architecture: M/Na - 6 = 1685 C^-0.1421 is the line through the published ones.
near "M/Na is best where the paper's is" "$(column "$work/z/holistic.csv" x '$at["kind"] == "minimum" && $at["ratio"] == "M/Na" && $at["C"] == 100000000000000000000')" \
  "$(echo '6 + 1685 * e(-0.1421 * l(10^20))' | bc -l)" 0.01

# Seeds, rates, backbones and ranks, by hand.
cat >"$work/s.csv" <<'T'
run_id,D,N,Na,G,S,num_experts,top_k,d_model,n_layers,lr,batch_tokens,loss,seed
a1,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,2.00,1
a2,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,2.02,2
a3,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,2.04,3
a4,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,2.90,3
b1,4e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,1.80,1
b2,4e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,1.81,2
c1,4e6,1e6,2e5,2,0,8,2,64,4,0.002,1024,1.90,1
c2,4e6,1e6,2e5,2,0,8,2,64,4,0.008,1024,1.85,1
d1,4e6,1.01e6,2.01e5,2,0,8,2,48,8,0.004,1024,1.83,1
T
"$moelaw" figures published:zhao2025 "$work/s.csv" -q -o "$work/s" 2>"$err"
says "fewer than five shared settings are no ranks" "no ranks.csv: no five settings were trained at two widths with the same D"
near "the deviation of three seeds" "$(column "$work/s/noise.csv" y '$at["kind"] == "pooled" && $at["x"] == 1000000')" 0.02 1e-9
near "its interval is chi-square: lower end" "$(column "$work/s/noise.csv" lo '$at["kind"] == "pooled" && $at["x"] == 1000000')" 0.010413 1e-3
near "and its upper end" "$(column "$work/s/noise.csv" hi '$at["kind"] == "pooled" && $at["x"] == 1000000')" 0.125698 1e-3
near "two seeds" "$(column "$work/s/noise.csv" y '$at["kind"] == "pooled" && $at["x"] == 4000000')" 0.0070710678 1e-6
near "the slope in log D" "$(column "$work/s/noise.csv" y '$at["kind"] == "slope"')" -0.75 1e-3
check "three rates, the best at nought" [ "$(column "$work/s/rates.csv" x '$at["kind"] == "mean" && $at["y"] == 0')" = 0.004 ]
near "a worse rate above it" "$(column "$work/s/rates.csv" y '$at["kind"] == "mean" && $at["x"] == 0.008')" 0.045 1e-6
near "the deeper backbone beside the same factors" "$(column "$work/s/effects.csv" y '$at["kind"] == "pairs"')" 0.03 1e-6
for name in noise rates effects; do drawn s $name; done
awk 'BEGIN { print "run_id,D,N,Na,G,S,d_model,loss"; for (i = 0; i < 6; i++) for (w = 64; w <= 128; w *= 2)
  printf "r%d_%d,1e9,%de8,1e8,%d,0,%d,%g\n", i, w, 2 + i, 1 + 2 * i, w, 2 + 0.1 * (i == 2 && w == 128 ? 3.5 : i) + w / 1000 }' >"$work/r.csv"
"$moelaw" figures published:zhao2025 "$work/r.csv" -q -o "$work/r" 2>"$err"
# One of six settings moved by one rank and its neighbour by one: 1 - 6 (1 + 1) / (6 35).
near "the rank correlation" "$(column "$work/r/ranks.csv" x '$at["kind"] == "spearman"')" 0.942857 1e-5
drawn r ranks

# What cannot be is said, and leaves nothing.
"$moelaw" simulate hoffmann2022 --rows 60 --noise 0.003 -q -o "$work/h.csv"
"$moelaw" fit "$work/h.csv" --law hoffmann2022 $fast -o "$work/h.json" >/dev/null 2>&1
"$moelaw" figures "$work/h.json" "$work/h.csv" -o "$work/h" 2>"$err"
says "a dense law has no hooks" "no hooks.csv: the law has neither G, S nor Na beside N"
says "nor structures" "no structure.csv: the law, or its runs, know one structure alone"
says "nor granularity" "no granularity.csv: the law has no term of granularity"
says "a table without seeds has no noise" "no noise.csv: the table has no seeds"
# The same seed twice, and two sources with one seed, are no seeds that differ.
printf '%s\n' run_id,source,D,N,Na,G,S,loss,seed a,x,1e9,2e8,1e8,2,0,2.1,42 b,x,1e9,2e8,1e8,2,0,2.3,42 c,y,1e9,2e8,1e8,2,0,2.4,1 \
  d,x,1e9,3e8,1e8,4,0,2.2,42 >"$work/one.csv"
"$moelaw" figures published:zhao2025 "$work/one.csv" -o "$work/one" 2>"$work/said"
check "one seed has no noise" grep -q "no noise.csv: no run was repeated with another seed" "$work/said"
for name in hooks structure granularity noise rates ranks experts serving; do
  check "no $name.csv is left" [ ! -e "$work/h/$name.csv" ]
done
