#!/bin/bash
# test_moelaw_cli.sh - moelaw from the command line on planted tables: files, messages, exit statuses, bad input.
. tests/tap.sh
moelaw=$BIN/moelaw
fast="--starts 30 --bootstrap 40"

exits 0 "laws are listed" "$moelaw" laws
for law in kaplan2020 hoffmann2022 clark2022 frantar2023 krajewski2024 yun2024 abnar2025 ludziejewski2025 zhao2025; do
  prints "$law is listed" "$law"
done
exits 0 "one law" "$moelaw" laws zhao2025
prints "its formula" "P(G,S) = e G + f/G + m S^2 + n S"
prints "its source" "2509.23678"
exits 2 "an unknown law" "$moelaw" laws nobody1999
exits 2 "no command" "$moelaw"
exits 2 "an unknown command" "$moelaw" guess

# A planted table, fitted, and what follows from the fit.
check "simulate writes a table" "$moelaw" simulate zhao2025 --noise 0.003 -o "$work/z.csv"
check "zhao2025 fits it" "$moelaw" fit "$work/z.csv" --law zhao2025 $fast --bootstrap 200 -o "$work/z.json"
for key in schema program law data objective parameters starts metrics identifiability optimum warnings; do
  if grep -q "\"$key\":" "$work/z.json"; then ok "fit.json has $key"; else not_ok "fit.json lacks $key"; fi
done
inside() { # inside NAME KEY TRUTH: the interval KEY_ci95 of the fit contains TRUTH
  local ci
  ci=$(sed -n "s/.*\"$2_ci95\": \[\([^]]*\)\].*/\1/p" "$work/z.json")
  if awk -v ci="$ci" -v x="$3" 'BEGIN { split(ci, e, ", "); exit !(ci != "" && e[1] <= x && x <= e[2]) }'; then ok "$1 [$ci]"; else not_ok "$1: [$ci] lacks $3"; fi
}
inside "the interval of G* contains 6.778" G 6.778
inside "the interval of S* contains 0.3148" S 0.3148
check "the same seed" "$moelaw" fit "$work/z.csv" --law zhao2025 $fast --bootstrap 200 --threads 1 -q -o "$work/again.json"
check "gives the same file for any number of threads" cmp "$work/z.json" "$work/again.json"
exits 0 "predict a point" "$moelaw" predict "$work/z.json" --at N=1e9,D=2e10,Na=2e8,G=8,S=0.125 --json
for key in loss band95 interval95; do prints "has $key" "\"$key\""; done
exits 0 "predict a table" "$moelaw" predict "$work/z.json" "$work/z.csv"
exits 0 "the law holds" "$moelaw" check "$work/z.json" "$work/z.csv" --max-mape 1 --max-bias 0.5 --json
prints "and says so" '"holds": true'
awk -F, -v OFS=, 'NR > 1 { $13 *= 1.05 } 1' "$work/z.csv" >"$work/drift.csv"
exits 1 "a drift of 5 % is seen" "$moelaw" check "$work/z.json" "$work/drift.csv" --max-mape 50 --max-bias 1 --json
prints "and said" '"holds": false'
says "as bias" "bias"
exits 0 "cross-validation" "$moelaw" crossval "$work/z.csv" --law zhao2025,hoffmann2022,krajewski2024 --folds 4 --starts 30 \
  --holdout largest:C --holdout expand:D --holdout 'N>q80' -o "$work/cv.json"
if sed -n 2p "$out" | grep -q zhao2025; then ok "ranks the planted law first"; else not_ok "ranks another law first"; fi
for split in folds largest:C expand:D 'N>q80'; do prints "every split is listed: $split" "$split: "; done
if awk 'length > 100 { exit 1 }' "$out"; then ok "in 100 columns"; else not_ok "wider than 100 columns"; fi
says "what a law does not see is warned of" "hoffmann2022 does not see Na/N, G, S and num_experts"
# Splits of one run or of one configuration judge nothing.
(head -1 "$work/z.csv"; sed -n '2,40p' "$work/z.csv") >"$work/few.csv"
most=$(awk -F, 'NR > 1 && $3 > x { x = $3 } END { print x }' "$work/few.csv")
awk -F, -v OFS=, -v d="$most" 'NR == 9 { $3 = 3 * d } 1' "$work/few.csv" >"$work/lone.csv"
exits 0 "a lone largest run" "$moelaw" crossval "$work/lone.csv" --law hoffmann2022 --starts 20 --folds 3 --holdout "D>$most"
says "is skipped, with a word" "is skipped: it has 1 run of one configuration"
if grep -q "^D>" "$out"; then not_ok "and judges nothing"; else ok "and judges nothing"; fi
exits 2 "nor is it enough alone" "$moelaw" crossval "$work/lone.csv" --law hoffmann2022 --folds 0 --holdout "D>$most"
# All laws on a dense table: those of experts are left out.
awk -F, -v OFS=, 'NR == 1 { print "D,N,loss"; next } { print $3, $4, $13 }' "$work/few.csv" >"$work/dense.csv"
exits 0 "all laws on a dense table" "$moelaw" crossval "$work/dense.csv" --law all --folds 3 --starts 20 --holdout none
says "clark2022 is left out, with a word" "clark2022 is left out: "
prints "the others are judged" hoffmann2022
# Runs marked beforehand.
awk -F, -v OFS=, 'NR == 1 { print $0, "holdout"; next } { print $0, (NR % 5 ? "" : "largest") }' "$work/few.csv" >"$work/marked.csv"
exits 0 "a column of marks" "$moelaw" crossval "$work/marked.csv" --law hoffmann2022 --folds 0 --starts 20
prints "is held out unasked" "column:holdout:largest: 8 runs"
exits 0 "a fit" "$moelaw" fit "$work/marked.csv" --law hoffmann2022 --starts 20 --bootstrap 0 -o "$work/marked.json"
says "leaves them out, with a word" "8 of 39 runs are marked in the column holdout and left out"
prints "and counts without them" "31 of 39 rows"
exits 0 "if asked, a fit" "$moelaw" fit "$work/marked.csv" --law hoffmann2022 --starts 20 --bootstrap 0 --held-out -o "$work/asked.json"
prints "takes them" "39 of 39 rows"
exits 0 "a check of the fit" "$moelaw" check "$work/marked.json" "$work/marked.csv" --max-mape 50
prints "judges them too" "on 39 runs"
exits 0 "parity" "$moelaw" figures "$work/marked.json" "$work/marked.csv" -o "$work/marked"
check "shows them as held out" [ "$(grep -c 'heldout.*marked: largest' "$work/marked/parity.csv")" = 8 ]
check "extrapolation as well" [ "$(grep -c '^run,heldout' "$work/marked/extrapolation.csv")" = 8 ]
exits 0 "an equal column" "$moelaw" crossval "$work/marked.csv" --law hoffmann2022 --folds 0 --starts 20 --holdout holdout=largest --json
prints "is held out as asked" '"split": "holdout=largest"'
exits 0 "a held asymptote is compared with a free one" "$moelaw" crossval "$work/z.csv" --law hoffmann2022 --asymptote 1.8 \
  --folds 3 --starts 20 --holdout none
prints "by name" "hoffmann2022[E=1.8]"
check "figures" "$moelaw" figures "$work/z.json" "$work/z.csv" --crossval "$work/cv.json" -o "$work/figures"
for f in parity marginal crossval isoflop allocation contour best_ratio extrapolation draws profile starts; do
  if [ "$(wc -l <"$work/figures/$f.csv")" -gt 3 ] && ! grep -qi nan "$work/figures/$f.csv"; then ok "$f.csv"; else not_ok "$f.csv"; fi
done
bad=$(for file in "$work"/figures/*.csv; do sed 's/"[^"]*"//g' "$file" | awk -F, 'NR == 1 { n = NF } NF != n'; done | wc -l)
if [ "$bad" = 0 ]; then ok "every row has the header's cells"; else not_ok "$bad ragged rows"; fi
check "tables" "$moelaw" tables "$work/z.json" "$work/z.csv" --crossval "$work/cv.json" -o "$work/tables"
for f in coefficients laws splits grid optimum; do
  if [ -s "$work/tables/$f.csv" ] && grep -q bottomrule "$work/tables/$f.tex"; then ok "table $f"; else not_ok "table $f"; fi
done
if grep -vE '^%|^\\newcommand\{\\[A-Za-z]+\}\{.*\}$|^\\AtEndDocument' "$work/tables/numbers.tex" | grep -q .; then not_ok "macro names are letters"; else ok "macro names are letters"; fi
if cut -d'}' -f1 "$work/tables/numbers.tex" | sort | uniq -d | grep -q newcommand; then not_ok "a macro is defined twice"; else ok "no macro is defined twice"; fi
touch -d '2001-01-01' "$work/tables/numbers.tex"
"$moelaw" tables "$work/z.json" "$work/z.csv" --crossval "$work/cv.json" -o "$work/tables" -q
if [ "$(date -r "$work/tables/numbers.tex" +%Y)" = 2001 ]; then ok "unchanged output keeps its time"; else not_ok "unchanged output is rewritten"; fi

# Bad input: a message with file and line, status 2, no output, never a NAN.
head -31 "$work/z.csv" >"$work/good.csv"
refused() { # refused NAME TEXT COMMAND...
  local name=$1 text=$2
  shift 2
  echo untouched >"$work/target.json"
  exits 2 "$name" "$@" -o "$work/target.json"
  says "$name, in words" "$text"
  if [ "$(cat "$work/target.json")" = untouched ]; then ok "$name leaves the output alone"; else not_ok "$name wrote an output"; fi
}
fit="$moelaw fit $work/bad.csv --law hoffmann2022 $fast"
for value in inf -inf 0 -5 1e308 1e400 0x10 abc '1 2'; do
  for column in 3 4 13; do
    awk -F, -v OFS=, -v v="$value" -v c=$column 'NR == 5 { $c = v } 1' "$work/good.csv" >"$work/bad.csv"
    exits 2 "'$value' in column $column" $fit
    says "'$value' in column $column has its line" "bad.csv:5: "
  done
done
awk -F, -v OFS=, 'NR == 5 { $13 = "" } 1' "$work/good.csv" >"$work/bad.csv"
exits 0 "a blank loss is left out" $fit
says "and counted" "1 lack loss"
awk -F, -v OFS=, 'NR == 5 { $13 = "NaN" } NR == 6 { $4 = "null" } 1' "$work/good.csv" >"$work/bad.csv"
exits 0 "words for unknown are blanks" $fit
says "and counted likewise" "2 of 30 rows left out: 1 lack loss, 1 lack N"

# The same table compressed, from standard input, or with tabs gives the same fit.
fitted() { "$moelaw" fit "$@" --law hoffmann2022 $fast -q 2>&1; }
plain=$(fitted "$work/good.csv")
gzip -c "$work/good.csv" >"$work/good.csv.gz"
tr , '\t' <"$work/good.csv" >"$work/good.tsv"
same() { if [ "$2" = "$plain" ]; then ok "$1 gives the same fit"; else not_ok "$1 gives another fit"; fi; }
same "a compressed table" "$(fitted "$work/good.csv.gz")"
same "standard input" "$(fitted - <"$work/good.csv")"
same "compressed standard input" "$(fitted - <"$work/good.csv.gz")"
same "a table with tabs" "$(fitted "$work/good.tsv")"
same "a condition in billions" "$(fitted "$work/good.csv" --where 'D<=1000B')"
exits 0 "a point in billions" "$moelaw" predict published:hoffmann2022 --at N=70B,D=1.4T
at=$(cat "$out")
exits 0 "is the point" "$moelaw" predict published:hoffmann2022 --at N=7e10,D=1.4e12
if [ "$at" = "$(cat "$out")" ]; then ok "in plain numbers"; else not_ok "70B is not 7e10"; fi

# Units that are hardly meant are warned of, and runs that no law can tell apart.
awk -F, -v OFS=, 'NR > 1 { $3 /= 1e6 } 1' "$work/good.csv" >"$work/bad.csv"
exits 0 "tokens in millions" $fit
says "are warned of" "D is below N in every row"
awk -F, -v OFS=, 'NR == 7 { $13 = 20.5 } 1' "$work/good.csv" >"$work/bad.csv"
exits 0 "a perplexity" $fit
says "is warned of" "bad.csv:7: loss 20.5 is above"
awk -F, -v OFS=, 'NR == 4 { $5 = $4 * 2 } 1' "$work/good.csv" >"$work/bad.csv"
exits 2 "more active parameters than there are" "$moelaw" fit "$work/bad.csv" --law zhao2025
says "are an error with its line" "bad.csv:4: Na: is"
awk -F, -v OFS=, 'NR == 1 { print $0, "lr"; next } { print $0, 1e-3; $1 = $1 "b"; $13 *= 1.02; print $0, 2e-3 }' "$work/good.csv" >"$work/lr.csv"
exits 0 "a search of learning rates" "$moelaw" fit "$work/lr.csv" --law hoffmann2022 $fast
says "is warned of" "60 of 60 rows differ from others in lr or batch_tokens alone"
"$moelaw" fit "$work/lr.csv" --law hoffmann2022 $fast --best-per N,Na,D,G,S -q -o "$work/best.json" >/dev/null 2>&1
"$moelaw" tables "$work/best.json" "$work/lr.csv" -q -o "$work/best" 2>/dev/null
if grep -qF 'hoffmannRows}{30}' "$work/best/numbers.tex"; then ok "tables of that fit take the same rows"; else not_ok "tables of that fit take other rows"; fi
same "the best of each" "$(fitted "$work/lr.csv" --best-per N,Na,D,G,S | sed 's/of 60 rows/of 30 rows/')"
(cat "$work/good.csv"; sed -n 3p "$work/good.csv") >"$work/bad.csv"
refused "a doubled run_id" "stands on line 3 as well" $fit
awk -F, -v OFS=, '{ $1 = NR == 1 ? $1 : NR } 1' "$work/bad.csv" >"$work/twice.csv"
exits 0 "a repeated row" "$moelaw" fit "$work/twice.csv" --law hoffmann2022 $fast
says "is warned of" "repeat another row"
head -4 "$work/good.csv" >"$work/bad.csv"
refused "fewer rows than coefficients" "3 rows cannot tell 5 coefficients" $fit
head -1 "$work/good.csv" >"$work/bad.csv"
refused "no rows" "no rows" $fit
: >"$work/bad.csv"
refused "an empty file" "empty" $fit
cut -d, -f1,3,13 "$work/good.csv" >"$work/bad.csv"
refused "a missing column" "--column N=COLUMN" $fit
awk -F, -v OFS=, 'NR > 1 { $3 = 1e10; $4 = 1e9; $6 = 1e9 } 1' "$work/good.csv" >"$work/bad.csv"
exits 0 "constant columns" $fit --json
says "are named" "N and D are constant here"
if grep -qi 'nan' "$out"; then not_ok "constant columns print NAN"; else ok "constant columns print no NAN"; fi
awk -F, -v OFS=, 'NR > 1 { $13 = 3 } 1' "$work/good.csv" >"$work/bad.csv"
exits 0 "constant losses" $fit
if grep -qwi 'nan' "$out"; then not_ok "constant losses print NAN"; else ok "constant losses print no NAN"; fi
cp "$work/good.csv" "$work/bad.csv"
refused "an unknown law" "no law 'nobody'" "$moelaw" fit "$work/bad.csv" --law nobody
refused "a condition on nothing" "has no column 'Q'" $fit --where 'Q>3'
refused "a condition without sense" "expected COLUMN" $fit --where 'D'
refused "a condition that leaves nothing" "leaves none" $fit --where 'D>1e30'
refused "an unknown coefficient" "no coefficient 'q'" $fit --fix q=3
refused "a coefficient on the wrong side" "must be positive" $fit --fix E=-1
refused "an unknown objective" "expected huber" $fit --objective cubic
refused "an unknown variable" "expected VAR=COLUMN" $fit --column Q=N
exits 2 "an unreadable table" "$moelaw" fit "$work/none.csv" --law hoffmann2022
exits 3 "an output folder that is not there" $fit -o "$work/none/f.json"
exits 2 "a table is not a fit" "$moelaw" predict "$work/good.csv" --at N=1e9,D=1e9
exits 2 "a point that lacks a variable" "$moelaw" predict published:zhao2025 --at N=1e9
says "which is named" "needs D"
exits 2 "a hold-out of nothing" "$moelaw" crossval "$work/good.csv" --law hoffmann2022 --holdout 'N>1e15'
exits 2 "unpublished coefficients" "$moelaw" predict published:yun2024 --at N=1e9,D=1e10,E=8
if [ -w /dev/full ]; then
  exits 3 "a full disk" "$moelaw" fit "$work/good.csv" --law hoffmann2022 $fast -q -o /dev/full/x.json
fi

# No second way of writing LaTeX or CSV.
exits 0 "reproduce as LaTeX" "$moelaw" reproduce --paper zhao2025 --format latex
if grep -qE '[^\\][%_&#]' <(grep -v '^\\' "$out" | sed 's/ & //g; s/ \\\\$//'); then not_ok "reproduce escapes its LaTeX"; else ok "reproduce escapes its LaTeX"; fi
# Nothing for people is wider than 100 columns: helps, laws, published numbers, counts.
narrow() {
  local name=$1
  shift
  "$@" >"$out" 2>"$err"
  if awk 'length > 100 { exit 1 }' "$out" && [ -s "$out" ]; then ok "$name in 100 columns"; else not_ok "$name is wider than 100 columns"; fi
}
for c in laws fit predict check crossval count simulate tables figures reproduce next serve optimum allocate architecture; do
  narrow "$c --help" "$moelaw" $c --help
done
narrow "laws" "$moelaw" laws
for l in zhao2025 hoffmann2022 clark2022 krajewski2024 ludziejewski2025; do narrow "laws $l" "$moelaw" laws $l; done
narrow "reproduce" "$moelaw" reproduce
narrow "count" "$moelaw" count tests/analyze/configs/*.json
# A count in G is no count: G is the number of active experts.
exits 2 "a count in G" "$moelaw" optimum published:zhao2025 --N 30G
exits 0 "a count in B" "$moelaw" optimum published:zhao2025 --N 30B

# --json -o FILE writes the JSON there, whatever the command; a file that cannot be written is no success.
to_file() { # to_file NAME COMMAND...: the file is what is printed without -o
  local name=$1
  shift
  "$moelaw" "$@" --json -q >"$work/printed.json" 2>"$err"
  rm -f "$work/written.json"
  "$moelaw" "$@" --json -q -o "$work/written.json" >"$out" 2>"$err"
  if cmp -s "$work/printed.json" "$work/written.json"; then ok "$name --json -o FILE"; else not_ok "$name --json -o FILE"; fi
}
to_file allocate allocate published:hoffmann2022 --flops 1e22
to_file reproduce reproduce --paper hoffmann2022
to_file fit fit "$work/good.csv" --law hoffmann2022 $fast
to_file crossval crossval "$work/good.csv" --law hoffmann2022 --starts 20 --folds 3 --holdout none
exits 3 "no folder for the JSON" "$moelaw" allocate published:hoffmann2022 --flops 1e22 --json -o "$work/none/x.json"

# Few runs: laws that too few runs are left for say so, without a NAN.
exits 0 "laws with too few runs left" "$moelaw" crossval "$work/good.csv" --law zhao2025,hoffmann2022 --starts 20 \
  --holdout 'D<q70' --folds 3
prints "are said not to be fitted" "fitted"
if grep -qwi nan "$out"; then not_ok "crossval prints NAN"; else ok "crossval prints no NAN"; fi

# The marked minimum of an IsoFLOP curve is no higher than the curve, also for models far below 1e5 parameters.
"$BIN/moelaw" fit artifacts/runs/quick.csv --law zhao2025 --starts 100 --bootstrap 20 -q -o "$work/quick.json" >/dev/null 2>&1
"$BIN/moelaw" figures "$work/quick.json" artifacts/runs/quick.csv -q -o "$work/quick" 2>/dev/null
lowest() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["kind"] == "curve" && (!($at["series"] in low) || $at["y"] < low[$at["series"]]) { low[$at["series"]] = $at["y"] }
    $at["kind"] == "minimum" { mark[$at["series"]] = $at["y"]; n++ }
    END { for (s in mark) if (mark[s] > low[s] + 1e-6) bad++; exit !(n > 0 && !bad) }' "$1"
}
check "minima of IsoFLOP curves lie on their lowest point" lowest "$work/quick/isoflop.csv"

# A planted table leaves blank what its design did not know.
printf 'D,N,Na,G,S\n1e9,1e8,2e7,4,0\n2e9,1e8,2e7,4,0.25\n' >"$work/design.csv"
exits 0 "a design without granularity" "$BIN/moelaw" simulate zhao2025 --design "$work/design.csv" -o "$work/planted.csv"
if grep -qi 'nan\|inf' "$work/planted.csv"; then not_ok "planted table has no NAN"; else ok "planted table has no NAN"; fi
