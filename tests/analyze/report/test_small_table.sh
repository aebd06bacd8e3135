#!/bin/bash
# test_small_table.sh - one small table by hand: what figures and tables say of it is worked out here a second time, from the
# printed formulas; a cross-validation by hand comes out as written, split by split, and nothing in it reaches LaTeX raw.
. tests/tap.sh
moelaw=$BIN/moelaw

# holds NAME PROGRAM FILE...: the awk program (fields by name in at[], near() for numbers) exits 0.
holds() {
  local name=$1 program=$2
  shift 2
  if awk -F, -v OFMT=%.12g 'function near(a, b) { d = a - b; if (d < 0) d = -d; s = b < 0 ? -b : b; return d <= 1e-5 * s + 1e-12 }
      function miss(what) { print FILENAME ":" FNR ": " what; bad = 1 }
      FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; if (NR == FNR) next; else if (!keepfirst) next }
      '"$program"'
      END { exit bad || !seen }' "$@" >"$out" 2>"$err"; then ok "$name"; else not_ok "$name"; fi
}

# Six runs of one size; losses are the published law times a known residual.
coefficient() { "$moelaw" laws zhao2025 | tr ' ' '\n' | sed -n "s/^$1=//p" | head -1; }
assign=
for c in alpha beta k h e f m n a b c epsilon; do assign="$assign p_$c = $(coefficient $c);"; done
law="function law(D, N, A, G, S) {
  $assign
  return (p_e * G + p_f / G + p_m * S * S + p_n * S) * (N ^ -p_alpha + p_k * A ^ -p_alpha + p_h * A / N) + p_a * N ^ -p_alpha + p_b * D ^ -p_beta + p_c * A ^ -p_alpha + p_epsilon }"
awk "$law"'
  function run(id, D, N, A, G, S, residual) { printf "%s,%.0f,%.0f,%.0f,%g,%g,%.12g\n", id, D, N, A, G, S, law(D, N, A, G, S) * residual }
  BEGIN { print "run_id,D,N,Na,G,S,loss"
    run("a", 1e10, 1e9, 2e8, 2, 0.1, 1.01); run("b", 1e10, 1e9, 2e8, 4, 0.1, 0.99); run("c", 2e10, 1e9, 2e8, 8, 0.1, 1.02)
    run("d", 2e10, 1e9, 2e8, 8, 0.5, 0.98); run("e", 4e10, 1e9, 3e8, 8, 0.3, 1); run("f", 4e10, 1e9, 3e8, 16, 0.3, 1.005) }' >"$work/z.csv"
exits 0 "figures of published coefficients" "$moelaw" figures published:zhao2025 "$work/z.csv" -q -o "$work/f"
holds "parity: predicted and residual" 'BEGIN { r["a"] = 1.01; r["b"] = 0.99; r["c"] = 1.02; r["d"] = 0.98; r["e"] = 1; r["f"] = 1.005 }
  { id = $at["run_id"]; seen++
    if (!near($at["predicted"] * r[id], $at["observed"])) miss("predicted")
    want = 100 * (1 / r[id] - 1); if (!near($at["residual_pct"] + 1, want + 1)) miss("residual " want) }
  END { if (seen != 6) exit 1 }' "$work/f/parity.csv"
# Medians: D 2e10, Na 2e8, G 8, S 0.2; a point keeps its residual, the rest of it is the base's.
holds "marginal: points along G keep their residual" "$law"'
  BEGIN { r[2] = 1.01; r[4] = 0.99; r[16] = 1.005 }
  $at["factor"] == "G" && $at["kind"] == "partial" && $at["x"] in r { seen++
    if (!near($at["y"], law(2e10, 1e9, 2e8, $at["x"], 0.2) * r[$at["x"]])) miss("point at " $at["x"]) }
  END { if (seen != 3) exit 1 }' "$work/f/marginal.csv"
# Budgets go from that of the smallest run to a hundred times that of the largest.
holds "compute is 6 Na D" '$at["kind"] == "path" { if (!seen++) least = $at["C"]; most = $at["C"] }
  END { if (!near(least, 1.2e19) || !near(most, 7.2e21)) exit 1 }' "$work/f/allocation.csv"

# hoffmann2022 has its optimum in closed form: N = G (C / 6)^(beta / (alpha + beta)).
printf 'run_id,D,N,loss\na,1e9,1e8,3.5\nb,2e9,1e8,3.3\nc,4e9,2e8,3.1\nd,8e9,4e8,2.9\n' >"$work/h.csv"
exits 0 "tables of published coefficients" "$moelaw" tables published:hoffmann2022 "$work/h.csv" -q -o "$work/t"
holds "optimum: the closed form" 'BEGIN { al = 0.3392; be = 0.2849; A = 406.4; B = 410.7; E = 1.6934; g = (al * A / (be * B)) ^ (1 / (al + be)) }
  { seen++; C = $at["C"]; N = g * (C / 6) ^ (be / (al + be)); D = C / 6 / N
    if (!near($at["N_opt"], N)) miss("N " N); if (!near($at["D_opt"], D)) miss("D " D)
    if (!near($at["loss"], E + A * N ^ -al + B * D ^ -be)) miss("loss")
    if ($at["inside"] != (C <= 1.92e19)) miss("inside") }' "$work/t/optimum.csv"
holds "grid: levels and ends" '$1 == "N" { seen++; if ($2 != 3 || $3 != 1e8 || $4 != 1.5e8 || $5 != 4e8) miss("N") }
  $1 == "D" { seen++; if ($2 != 4 || $3 != 1e9 || $4 != 3e9 || $5 != 8e9) miss("D") }' "$work/t/grid.csv"
macro() { sed -n "s/^\\\\newcommand{\\\\$1}{\(.*\)}\$/\1/p" "$work/t/numbers.tex"; }
is() { if [ "$(macro "$1")" = "$2" ]; then ok "\\$1 is $2"; else not_ok "\\$1 is '$(macro "$1")', expected '$2'"; fi; }
is hoffmannRows 4
is runsNLeast 100M
is runsNMost 400M
is runsDMost '8.00B'
is runsLossLeast '\ensuremath{2.900}'
is hoffmannCoefE '\ensuremath{1.693}'
rmse=$(awk -F, 'NR > 1 { r = 1.6934 + 406.4 * $3 ^ -0.3392 + 410.7 * $2 ^ -0.2849 - $4; s += r * r; n++ } END { printf "%.4g", sqrt(s / n) }' "$work/h.csv")
is hoffmannRmse "\\ensuremath{$rmse}"

# Intervals: low is low and high is high, as in the fit's own file.
"$moelaw" simulate hoffmann2022 --rows 60 --noise 0.004 -q -o "$work/p.csv"
"$moelaw" fit "$work/p.csv" --law hoffmann2022 --starts 30 --bootstrap 60 -q -o "$work/p.json" >"$out" 2>&1
exits 0 "tables of a fit" "$moelaw" tables "$work/p.json" "$work/p.csv" -q -o "$work/t"
number() { macro "$1" | sed 's/\\ensuremath{\(.*\)}/\1/; s/\\times10^{\(.*\)}/e\1/'; }
for c in alpha beta E A; do
  ends=$(tr -d '\n' <"$work/p.json" | sed "s/.*\"name\": *\"$c\"[^}]*\"ci95\": *\[ *\([^]]*\)\].*/\1/")
  if awk -v ends="$ends" -v lo="$(number hoffmannCoef${c}Low)" -v hi="$(number hoffmannCoef${c}High)" -v x="$(number hoffmannCoef$c)" '
      function near(a, b) { return (a - b) ^ 2 <= (0.02 * b) ^ 2 }
      BEGIN { split(ends, e, ","); exit !(lo < x && x < hi && near(lo, e[1]) && near(hi, e[2])) }'; then
    ok "the interval of $c"
  else
    not_ok "the interval of $c: $(number hoffmannCoef${c}Low) $(number hoffmannCoef$c) $(number hoffmannCoef${c}High), fit.json has $ends"
  fi
done

# Ends that are open, and intervals that are not known, are words in macros and table, never nothing.
ends() { sed "s/\(\"name\": *\"$1\"[^}]*\"ci95\": *\)\[[^]]*\]\([^}]*\"ci95_is\": *\)\"[a-z ]*\"/\1[$2]\2\"$3\"/"; }
tr -d '\n' <"$work/p.json" | ends alpha 'null, 0.4' 'at most' | ends beta 'null, null' 'not determined' |
  ends A '300, null' 'at least' | ends B 'null, null' unknown >"$work/open.json"
exits 0 "tables of a fit with open ends" "$moelaw" tables "$work/open.json" "$work/p.csv" -q -o "$work/t"
# shellcheck disable=SC2016  # dollars are LaTeX's
for case in 'alpha|at most $0.4000$|\mbox{no limit}|\ensuremath{0.4000}' 'beta|not determined|\mbox{no limit}|\mbox{no limit}' \
  'A|at least $300.0$|\ensuremath{300.0}|\mbox{no limit}' 'B|no interval|\mbox{unknown}|\mbox{unknown}'; do
  IFS='|' read -r c words low high <<<"$case"
  is "hoffmannCoef${c}Interval" "$words"
  is "hoffmannCoef${c}Low" "$low"
  is "hoffmannCoef${c}High" "$high"
  [ "$c" = B ] && words="--"
  check "the table says of $c: $words" grep -qF "& $words &" "$work/t/coefficients.tex"
done

# Five coefficients and the noise are k = 6 on 60 runs: AICc - BIC = 2 k + 2 k (k + 1) / (n - k - 1) - k ln n.
metric() { tr -d '\n' <"$work/p.json" | sed "s/.*\"$1\": *\([-0-9.e+]*\).*/\1/"; }
if awk -v a="$(metric aicc)" -v b="$(metric bic)" 'BEGIN { d = a - b - (12 + 84 / 53 - 6 * log(60)); exit !(a != 0 && d * d < 1e-8) }'; then
  ok "AICc and BIC differ as their formulas say"
else
  not_ok "AICc $(metric aicc), BIC $(metric bic)"
fi

# A cross-validation by hand: hoffmann2022 wins one split, loses one, and one is open; a third law has a hostile name.
split() { printf '{"split": "%s", "n": %s, "rmse": %s, "mape": 1, "bias": %s, "folds": [], "heldout": []}' "$@"; }
pair() { printf '{"a": "%s", "b": "%s", "split": "%s", "n": 20, "configurations": 9, "rmse_difference": %s, "ci95": [%s, %s], "told_apart": %s}' "$@"; }
rank() { printf '"rank": %s, "rank_range": [%s, %s], "score": %s, "k": 5, "rmse": %s, "aicc": -100, "delta_aicc": %s, "weight": 0.5, "bic": 1' "$@"; }
evil='x_\\write18{id}~^{}%&#$ <b>'
cat >"$work/cv.json" <<END
{"schema": 1, "kind": "crossval", "data": {"rows_used": 60}, "laws": [
 {"law": "krajewski2024", "variant": "krajewski2024", $(rank 1 1 2 1.1 0.011 0),
  "splits": [$(split folds 60 0.02 0.5), $(split largest:N 20 0.03 -0.5), $(split largest:C 20 0.04 1.5)]},
 {"law": "hoffmann2022", "variant": "hoffmann2022", $(rank 2 1 2 1.2 0.012 3.5),
  "splits": [$(split folds 60 0.01 0.25), $(split largest:N 20 0.035 -0.75), $(split largest:C 20 0.0625 -2.25)]},
 {"law": "evil", "variant": "$evil", $(rank 3 3 3 2 0.02 50),
  "splits": [$(split folds 60 0.05 0), $(split largest:N 20 0.05 0), $(split largest:C 20 0.05 0)]},
 {"law": "yun2024", "variant": "yun2024", "failed": "too few rows"}],
 "differences": [
 $(pair krajewski2024 hoffmann2022 folds 0.01 0.004 0.02 true),
 $(pair krajewski2024 hoffmann2022 largest:N -0.005 -0.02 0.01 false),
 $(pair krajewski2024 hoffmann2022 largest:C -0.0225 -0.03 -0.0125 true),
 $(pair hoffmann2022 "$evil" folds -0.04 -0.05 -0.03 true)]}
END
exits 0 "tables of a cross-validation" "$moelaw" tables "$work/p.json" "$work/p.csv" --crossval "$work/cv.json" -q -o "$work/t"
lines() { if grep -qxF -- "$3" "$work/t/$2"; then ok "$1"; else not_ok "$1: $2 lacks: $3"; fi; }
lines "laws: a law" laws.csv 'hoffmann2022,5,60,0.012,-100,3.5,0.5,0.01,0.0625,-2.25,1.2,2,1,2'
lines "splits: won, seen from the law that ranks second" splits.csv 'folds,20,9,hoffmann2022,krajewski2024,0.01,0.02,-0.01,-0.02,-0.004,won'
lines "splits: undecided" splits.csv 'largest:N,20,9,hoffmann2022,krajewski2024,0.035,0.03,0.005,-0.01,0.02,undecided'
lines "splits: lost" splits.csv 'largest:C,20,9,hoffmann2022,krajewski2024,0.0625,0.04,0.0225,0.0125,0.03,lost'
lines "splits: lost in LaTeX too" splits.tex 'largest:C & 20 (9) & krajewski2024 & 0.0625 & 0.0400 & $+0.0225$ [$+0.0125$, $+0.0300$] & \textbf{lost} \\'
is cvBest krajewski2024
is cvLaws 4
is cvContests 4
is cvWon 2
is cvLost 1
is cvUndecided 1
is hoffmannCvRmse '\ensuremath{0.01000}'
is hoffmannHeldBias '\ensuremath{-2.250}'
is hoffmannCvPlaces 1--2
harmless='x\_\textbackslash{}write18\{id\}\textasciitilde{}\textasciicircum{}\{\}\%\&\#\$ $<$b$>$'
is cvVerdicts "\\global\\let\\cvVerdictsShown\\relax Against krajewski2024, hoffmann2022 is better on folds (by 0.0100 nats [0.0040, 0.0200]); is worse on largest:C (by 0.0225 nats [0.0125, 0.0300]); cannot be told apart from it on largest:N. Against $harmless, hoffmann2022 is better on folds (by 0.0400 nats [0.0300, 0.0500])."
if grep -F 'write18' "$work"/t/*.tex | grep -vqF '\textbackslash{}write18\{id\}'; then not_ok "nothing reaches LaTeX raw"; else ok "nothing reaches LaTeX raw"; fi

# A table that cannot be put into place leaves nothing of itself behind.
mkdir -p "$work/blocked/laws.csv"
exits 2 "a folder where a table goes" "$moelaw" tables "$work/p.json" "$work/p.csv" --crossval "$work/cv.json" -q -o "$work/blocked"
mkdir -p "$work/blocked2/laws.tex"
exits 2 "a folder where its LaTeX goes" "$moelaw" tables "$work/p.json" "$work/p.csv" --crossval "$work/cv.json" -q -o "$work/blocked2"
(ulimit -f 0; trap '' XFSZ; exec "$moelaw" tables "$work/p.json" "$work/p.csv" --crossval "$work/cv.json" -q -o "$work/limited" >"$out" 2>"$err")
if [ $? = 3 ]; then ok "a full disk is reported"; else not_ok "a full disk is not reported"; fi
left=$(find "$work" -name '*.tmp*' | head -3)
if [ -z "$left" ]; then ok "no temporary file is left"; else not_ok "left behind: $left"; fi

# A text that quotes the comparison and leaves out the splits is no text.
if command -v pdflatex >/dev/null; then
  page() { # page NAME BODY: status of LaTeX on a document that takes numbers and this body
    printf '\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs,amsmath}\\input{numbers}\\begin{document}%s\\end{document}\n' "$2" >"$work/t/$1.tex"
    (cd "$work/t" && pdflatex -interaction=nonstopmode -halt-on-error "$1.tex" >"$out" 2>&1)
  }
  if page whole '\cvBest{} \cvVerdicts{} \input{splits} \input{laws}'; then ok "a text with every split is set"; else not_ok "a text with every split is set"; fi
  if page wordless '\cvBest{} \input{splits}'; then not_ok "a text without the verdicts stops"; else ok "a text without the verdicts stops"; fi
  if grep -q "leaves out" "$out"; then ok "and says what it leaves out"; else not_ok "and says what it leaves out"; fi
  if page tableless '\cvBest{} \cvVerdicts{}'; then not_ok "a text without the table stops"; else ok "a text without the table stops"; fi
else
  skip "a text that leaves splits out stops" "no pdflatex here"
fi
