#!/bin/bash
# The decision commands as a user meets them: answers, files, time, and what they say to what cannot be.
. tests/tap.sh
M=$BIN/moelaw

# Prints the value of a top-level "key": number from JSON on stdin.
value() { sed -n "s/^  \"$1\": \\([-0-9.e+]*\\),*$/\\1/p" "$out" | head -1; }
near() { # NAME KEY EXPECTED RELATIVE
  if awk -v a="$(value "$2")" -v b="$3" -v t="$4" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && d <= t * (b < 0 ? -b : b)) }'
  then ok "$1"; else not_ok "$1: $2 is '$(value "$2")', expected $3"; fi
}

# ---- answers
exits 0 "optimum of the five-factor law" $M optimum published:zhao2025 --N 30e9 --json
near "its G" G 6.778 1e-4
near "its S" S 0.31485 1e-4
near "its Na/N" Na_over_N 0.4007 1e-3
near "its Na" Na 12.02e9 1e-3
prints "intervals are null without draws" '"G_ci95": null'
exits 0 "a prediction beyond the paper's runs" $M predict published:zhao2025 --at N=1e13,Na=1e12,D=4e10,G=8,S=0.1 -q --json
says "says so, as optimum does" "N = 10T is a factor 2941 above the largest in the fitted runs (3.4B): extrapolated"
prints "in JSON as well" "N = 10T is a factor 2941 above"
exits 0 "a law shows its range" $M laws zhao2025
prints "with its source" "range (fit set of arXiv 2509.23678)"
exits 0 "all laws as JSON" $M laws --json
exits 0 "price and share of the loss" $M optimum published:zhao2025 --N 200B --price 0.39 --within 0.5 --serving-cost 1
prints "the priced ratio" "0.0627"
says "extrapolation is said, with the factor" "a factor 58.82 above the largest in the fitted runs"
exits 0 "optimum of another law" $M optimum published:krajewski2024 --flops 1.41e21 --json
near "its granularity" granularity 16 0
exits 0 "leverage" $M optimum published:tian2025 --flops 1e22 --activation 0.031 --json
near "leverage at 12" leverage_at_12 7.24 1e-3
near "best granularity" granularity 11.3 5e-3
exits 0 "dense allocation" $M allocate published:hoffmann2022 --flops 5.76e23 --json
near "best N" N 4.03e10 2e-3
near "D/N" D_over_N 59.1 2e-3
exits 0 "wan2026 allocation" $M allocate published:wan2026 --flops 1e20 --json
near "its M" M 3.2681e9 5e-5
near "its D" D 30.5985e9 5e-5
exits 0 "allocation as CSV" $M allocate published:ludziejewski2025 --flops 1e20,1e21 --format csv -o "$work/a.csv"
check "a header and a row a budget" test "$(wc -l <"$work/a.csv")" = 3
exits 0 "allocation as LaTeX" $M allocate published:zhao2025 --flops 1e22,3e22 --max-total 100B --format latex
prints "with booktabs" '\toprule'
prints "and powers" '$3 \times 10^{22}$'
exits 0 "under limits" $M allocate published:ludziejewski2025 --flops 1e23 --memory 24GB --context 16384 --json
near "memory-limited best is dense" num_experts 1 0
prints "and says what binds" '"bound_by": "memory"'
exits 0 "least compute for a loss" $M allocate published:hoffmann2022 --max-loss 2.2954 --json
near "is the budget whose best that is" C 1e21 5e-3
exits 0 "count" $M count tests/analyze/configs/mixtral-8x7b.json --json
near "N of Mixtral 8x7B" N 46702792704 0
exits 0 "count of several" $M count tests/analyze/configs/*.json
prints "latent attention is named" "multi-head latent attention"
exits 0 "serve one model" $M serve --config tests/analyze/configs/mixtral-8x7b.json --hardware h200 --json
prints "has a price" dollars_per_million_tokens
exits 0 "serve one model in words" $M serve --config tests/analyze/configs/mixtral-8x7b.json
prints "what a token is" "a token: one that is generated"
exits 0 "serve a law" $M serve published:ludziejewski2025 --flops 1e21
prints "with both budget problems" "bounded cost"
exits 0 "architecture" $M architecture published:wan2026 --flops 3e20 --json --config "$work/c.json" --megatron "$work/m.args"
prints "its hidden size" '"d_model"'
N=$(value N_all) D=$(value D) Mt=$(value M)
check "C = M D" awk -v m="$Mt" -v d="$D" 'BEGIN { r = m * d / 3e20; exit !(r > 0.999999999 && r < 1.000000001) }'
exits 0 "config.json is read back" $M count "$work/c.json" --json
near "with the same N" N "$N" 0
exits 0 "Megatron arguments are read back" $M count "$work/m.args" --json
near "with the same N too" N "$N" 0
exits 0 "every headline" $M reproduce
prints "none misses" " 0 miss"
prints "printed numbers apart" "printed in the papers: 130 hold, 0 miss"
prints "from our arithmetic" "our arithmetic from their printed coefficients: 136 hold, 0 miss"
exits 0 "headlines as CSV" $M reproduce --paper yun2024 --format csv
prints "qualitative ones with ratios" "23.7-42.8 %"

# ---- from a run table to a config.json
exits 0 "runs" $M simulate zhao2025 --rows 90 --noise 0.002 --seed 3 -o "$work/runs.csv"
exits 0 "fit" $M fit "$work/runs.csv" --law zhao2025 --starts 60 --bootstrap 60 -o "$work/fit.json" -q
exits 0 "optimum of a fit" $M optimum "$work/fit.json" --N 30B --json
prints "has intervals" '"G_ci95": ['
exits 0 "allocation of a fit" $M allocate "$work/fit.json" --flops 1e21 --max-total 10B
prints "has intervals" "95 %:"
exits 0 "next" $M next "$work/fit.json" "$work/runs.csv" --flops 1e20 --quantity G --json
prints "names runs" '"runs": ['
# What is proposed can be built: whole G, top_k, shared, E; every run another one.
exits 0 "the runs as a table" $M next "$work/fit.json" "$work/runs.csv" --flops 1e21 --quantity alpha -o "$work/next.csv"
buildable() { # FILE: whole G and G S, at least one routed, a pool that holds them; no row twice
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; E = col["n_experts"] ? col["n_experts"] : col["num_experts"]; next }
    { G = $col["G"]; K = G * (1 - $col["S"]); key = $col["D"] " " $col["N"] " " $col["Na"] " " G " " $col["S"]
      if (G != int(G) || K < 0.999999 || K - int(K + 1e-6) > 1e-6 || $E != int($E) || $E < K - 1e-6 || seen[key]++) bad++ }
    END { exit bad > 0 || NR < 3 }' "$1"
}
check "can be built, each once" buildable "$work/next.csv"
check "as a planted design can" buildable "$work/runs.csv"
# The interval that is promised is the one that comes: after the runs the bootstrap is about that narrow.
refit() { $M fit "$work/$1.csv" --law zhao2025 --starts 60 --bootstrap 200 -o "$work/$1.json" -q >"$out" 2>"$err"; }
asked() { $M next "$work/$1.json" "$work/$1.csv" --flops 1e21 --quantity alpha --json "${@:2}" 2>/dev/null; }
width() { awk -v k="\"$1\"" '$0 ~ k { getline a; getline b; print b - a; exit }'; }
factors() { cut -d, -f 1,3-5,8,10,11,13 "$1"; }
$M simulate zhao2025 --rows 120 --noise 0.002 --seed 5 -o "$work/had.csv" -q
check "a fit to narrow" refit had
before=$(asked had | width interval_before) promised=$(asked had -o "$work/next.csv" | width interval_after)
exits 0 "runs to come" $M simulate zhao2025 --design "$work/next.csv" --noise 0.002 --seed 15 -o "$work/came.csv"
{ factors "$work/had.csv" | sed 's/^planted/old/'; factors "$work/came.csv" | sed 1d; } >"$work/all.csv"
check "their fit" refit all
came=$(asked all | width interval_before)
if awk -v a="$before" -v b="$promised" -v c="$came" 'BEGIN { exit !(b < 0.8 * a && c / b > 0.7 && c / b < 1.4) }'; then
  ok "alpha's interval: $before before, $promised promised, $came came"
else
  not_ok "alpha's interval: $before before, $promised promised, $came came"
fi
# A fit without a best G says so, and what would show one.
sed 's/"name": "e", "value": [-0-9.e+]*/"name": "e", "value": 0/' "$work/fit.json" >"$work/no_G.json"
exits 2 "next without a best G" $M next "$work/no_G.json" "$work/runs.csv" --flops 1e20 --quantity G --json
says "says so" "not determined: in this fit the loss only falls with G (e is 0); runs with G above"
if [ -s "$out" ]; then not_ok "and prints no JSON"; else ok "and prints no JSON"; fi
exits 0 "but e can be narrowed" $M next "$work/no_G.json" "$work/runs.csv" --flops 1e20 --quantity e --json
if grep -qiE '(nan|inf)\b' "$out"; then not_ok "NaN in the output"; else ok "no NaN in the output"; fi
exits 0 "architecture of a fit" $M architecture "$work/fit.json" --flops 1e21 --max-total 10B --config "$work/config.json"
exits 0 "its counts" $M count "$work/config.json"
exits 0 "the text part of a model of several senses" $M count tests/analyze/configs/llama-4-scout.json
says "is said to be counted alone" "the text part alone is counted"
sed 's/"mixtral"/"novelty"/' tests/analyze/configs/mixtral-8x7b.json >"$work/novel.json"
exits 2 "an unknown model_type" $M count "$work/novel.json"
says "is refused by name" "model_type 'novelty' is not known here"
exits 0 "unless it is assumed" $M count "$work/novel.json" --assume mixtral --json
prints "and marked so" '"counted_as": "mixtral"'
says "and warned of" "counted as if it were mixtral"
sed 's/"num_local_experts"/"shared_blocks_size": 4, "num_local_experts"/' tests/analyze/configs/mixtral-8x7b.json >"$work/novel.json"
exits 2 "a key that would change the count" $M count "$work/novel.json"
says "is refused by name too" "novel.json: shared_blocks_size:"

# ---- one question, one answer: every command that has a budget gives what allocate gives
same() { # NAME KEY...: the keys of $work/one.json and of $out agree
  name=$1; shift
  for key; do
    a=$(sed -n "s/^ *\"$key\": \([-0-9.e+]*\),*$/\1/p" "$work/one.json" | head -1)
    b=$(sed -n "s/^ *\"$key\": \([-0-9.e+]*\),*$/\1/p" "$out" | head -1)
    if awk -v a="$a" -v b="$b" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && b != "" && d <= 1e-9 * a) }'; then
      ok "$name: $key"
    else
      not_ok "$name: $key is $b, allocate says $a"
    fi
  done
}
for question in "hoffmann2022 --flops 1e22" "krajewski2024 --flops 1e22 --max-total 20B" "abnar2025 --flops 1e22" \
  "ludziejewski2025 --flops 1e22 --memory 80GB" "zhao2025 --flops 1e22 --max-total 29.1B" "zhao2025 --flops 1e21 --ratio 0.1"; do
  $M allocate published:$question --json >"$work/one.json" 2>/dev/null
  exits 0 "optimum $question" $M optimum published:$question --json
  same "optimum $question" N Na D loss
done
$M allocate published:zhao2025 --flops 1e21 --ratio 0.1 --max-total 50B --json >"$work/one.json" 2>/dev/null
exits 0 "serve of that" $M serve published:zhao2025 --flops 1e21 --ratio 0.1 --max-total 50B --json
same "serve" N Na D loss
# Tables go along the runs' middle Na/N, G and S; the spread of simulate is one of low discrepancy.
printf 'run_id,D,N,Na,G,S,loss\n' >"$work/flat.csv"
for i in 1 2 3 4 5 6 7 8 9; do echo "r$i,${i}e9,1e9,2e8,8,0.125,2.$i"; done >>"$work/flat.csv"
exits 0 "a table of optima" $M tables published:zhao2025 "$work/flat.csv" -o "$work/tables"
awk -F, 'NR == 4 { printf "  \"C\": %s,\n  \"Na\": %s,\n  \"D\": %s,\n  \"loss\": %s\n", $1, $3, $6, $7 }' "$work/tables/optimum.csv" >"$work/one.json"
C=$(awk -F, 'NR == 4 { print $1 }' "$work/tables/optimum.csv")
exits 0 "allocate of that" $M allocate published:zhao2025 --flops "$C" --ratio 0.2 --at G=8,S=0.125 --json
same "tables" Na D loss
exits 2 "N without bounds" $M allocate published:zhao2025 --flops 1e22
says "is said" "unbounded in N: give --max-total, --memory, --ratio or --serve-tokens"
for c in optimum architecture; do
  exits 2 "$c without bounds" $M $c published:zhao2025 --flops 1e22
  says "is said" "unbounded in N"
done
exits 0 "a pool of experts is a bound" $M architecture published:zhao2025 --flops 1e22 --experts 64 --top-k 6
sparsities=0$(seq -s '' -f ',%g' 0.02 0.02 0.64)
exits 0 "33 sparsities" $M allocate published:abnar2025 --flops 1e21 --sparsity "$sparsities"
exits 2 "70 sparsities" $M allocate published:abnar2025 --flops 1e21 --sparsity "$sparsities,$sparsities,$sparsities"
says "are too many" "more than 64 values"

# ---- what cannot be
exits 2 "wrong unit" $M allocate published:zhao2025 --flops 80GB
says "is named" "'80GB' is bytes; expected FLOPs"
exits 2 "no budget" $M allocate published:zhao2025
exits 2 "loss below the asymptote" $M allocate published:hoffmann2022 --max-loss 1.5
says "says what is reachable" "out of reach"
exits 2 "loss beyond the budget" $M allocate published:hoffmann2022 --max-loss 2.0 --flops 1e20
says "says what it takes" "needs at least"
exits 2 "memory for nothing" $M allocate published:ludziejewski2025 --flops 1e22 --memory 100B
says "names memory" "--memory 100"
exits 2 "a law without tokens" $M allocate published:clark2022 --flops 1e22
exits 2 "serving beyond the budget" $M allocate published:ludziejewski2025 --flops 1e18 --serve-tokens 1000000T
says "names serving" "--serve-tokens"
exits 2 "serving a model that fits no node" $M optimum published:zhao2025 --N 10T --serving-cost 1
says "names memory" "memory binds"
exits 2 "serving cost of nothing" $M optimum published:zhao2025 --N 100B --serving-cost 1e-9
says "names it" "--serving-cost"
exits 2 "a model for no node" $M serve published:hoffmann2022 --flops 1e29
says "names memory" "memory binds"
exits 2 "experts for that ratio" $M architecture published:krajewski2024 --flops 1e20 --experts 8 --top-k 2
says "names experts" "--experts"
exits 2 "coarse multiples" $M architecture published:wan2026 --flops 1e18 --ff-multiple 4096
exits 2 "unknown hardware" $M serve published:hoffmann2022 --flops 1e21 --hardware abacus
says "lists the known" "a100, a100-40, h100, h200"
printf 'name: x\nsource: y\nflops: fast\n' >"$work/h.yaml"
exits 2 "bad hardware file" $M serve published:hoffmann2022 --flops 1e21 --hardware "$work/h.yaml"
says "has a line" "h.yaml:"
exits 2 "no such fit" $M optimum published:nobody2020
exits 2 "both N and flops" $M optimum published:zhao2025 --N 1B --flops 1e21
exits 2 "no such paper" $M reproduce --paper nobody
exits 2 "a quantity no law has" $M next published:zhao2025 "$work/runs.csv" --flops 1e20 --quantity beauty
exits 2 "no budget for a run" $M next published:zhao2025 "$work/runs.csv" --flops 1e9
says "names the cheapest" "cheapest candidate"
exits 3 "nowhere to write" $M architecture published:wan2026 --flops 1e20 --config /nonexistent/c.json

# ---- time: processor seconds, best of three, since others may use the machine
fast() {
  name=$1; shift
  best=9
  for _ in 1 2 3; do
    t=$( { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }')
    best=$(awk -v a="$best" -v b="$t" 'BEGIN { print a < b ? a : b }')
  done
  if awk -v t="$best" 'BEGIN { exit !(t < 0.1) }'; then ok "$name in $best s"; else not_ok "$name took $best s"; fi
}
if nm "$M" 2>/dev/null | grep -q __asan; then
  skip "under 0.1 s" "sanitizers are slow"
else
  fast "optimum" $M optimum published:zhao2025 --N 30B --price 0.39 --within 0.5 --serving-cost 1
  fast "allocate" $M allocate published:ludziejewski2025 --flops 1e20,1e21,1e22,1e23 --memory 80GB
  fast "serve" $M serve published:ludziejewski2025 --flops 1e22
  fast "architecture" $M architecture published:zhao2025 --flops 1e24 --max-total 1T
  fast "architecture of wan2026" $M architecture published:wan2026 --flops 1e24
  fast "next" $M next published:zhao2025 "$work/runs.csv" --flops 1e20
  fast "count" $M count tests/analyze/configs/deepseek-v3.json
  fast "reproduce" $M reproduce
fi

# ---- fits repeated on public runs
if [ -r "$shared/data/chinchilla_epoch.csv" ]; then
  $M fit "$shared/data/steplaw_moe.csv" --law zhao2025 --starts 30 --bootstrap 30 -o "$work/poor.json" -q >"$out" 2>"$err"
  for c in "optimum --flops 1e20 --max-total 5B" "allocate --flops 1e20 --max-total 5B" "serve --flops 1e20" "architecture --flops 1e21 --max-total 5B"; do
    # Four configurations do not fix the optimum, so either an answer says what it holds or there is none, in words. (A shape has
    # whole experts, so architecture holds nothing.)
    # shellcheck disable=SC2086  # words on purpose
    $M ${c%% *} "$work/poor.json" ${c#* } >"$out" 2>"$err"
    case $? in
    0) [ "${c%% *}" = architecture ] || says "${c%% *} of a fit that decides nothing says what it holds" "the fit gives no best" ;;
    2) says "${c%% *} of a fit that decides nothing says why there is no answer" "no best size" ;;
    *) not_ok "${c%% *} of a fit that decides nothing" ;;
    esac
    if grep -qiE '(nan|inf)\b' "$out"; then not_ok "${c%% *}: NaN in the output"; else ok "and prints no NaN"; fi
  done
  exits 0 "fits of others come back from their public runs" $M reproduce --data "$shared/data"
  prints "none misses" " 0 miss"
else
  skip "fits repeated on public runs" "no shared data here"
fi
