#!/bin/bash
# test_fit_numbers.sh - reference answers on public run tables (in ../shared/data, which is not part of the repository).
. tests/tap.sh
data=$shared/data

# objective FILE ARGS...: the value of the objective
objective() { "$BIN/moelaw" fit "$@" --bootstrap 0 --json -q 2>"$err" | sed -n 's/.*"objective".*"value": \([^}]*\)}.*/\1/p'; }
# at_most NAME LIMIT VALUE
at_most() {
  if awk -v x="$3" -v limit="$2" 'BEGIN { exit !(x != "" && x + 0 <= limit + 0) }'; then ok "$1 ($3 <= $2)"; else not_ok "$1: $3 > $2"; fi
}
# within NAME VALUE LO HI
within() {
  if awk -v x="$2" -v lo="$3" -v hi="$4" 'BEGIN { exit !(x != "" && x >= lo && x <= hi) }'; then ok "$1"; else not_ok "$1: $2 outside $3..$4"; fi
}

if [ ! -d "$data" ]; then
  skip "reference answers on public tables" "no ../shared/data"
  exit 0
fi

chinchilla="$data/chinchilla_epoch.csv --law hoffmann2022 --starts 100"
at_most "240 Chinchilla points, Huber" 1.018275e-3 "$(objective $chinchilla --where notes.published_fit=1)"
at_most "240 points, absolute residuals" 1.129495 "$(objective $chinchilla --where notes.published_fit=1 --objective l1)"
at_most "all 245 points" 1.826011e-3 "$(objective $chinchilla)"

for seed in 2 3 4 5 6; do
  at_most "240 points from seed $seed" 1.018275e-3 "$(objective $chinchilla --where notes.published_fit=1 --seed $seed)"
done

clark() {
  objective "$data/deepmind_routing.csv" --law clark2022 --column N=notes.N_dense --objective l2 --starts 100 \
    --where notes.routing_frequency=0.5 --where notes.k_field=1 --where seed=42 --where "notes.router=$1|Dense"
}
# The mean over rows in squared log10, from the sum in squared natural logs.
mean10() { awk -v x="$1" -v n="$2" 'BEGIN { printf "%.8g", x / n / log(10)^2 }'; }
at_most "Clark, S-Base" 1.0418e-5 "$(mean10 "$(clark S-Base)" 58)"
at_most "Clark, RL-R" 1.0429e-5 "$(mean10 "$(clark RL-R)" 59)"
at_most "Clark, Hash" 8.8904e-6 "$(mean10 "$(clark Hash)" 56)"

at_most "Step-Law MoE, 16 rows" 3.7012e-5 "$(objective "$data/steplaw_moe.csv" --law hoffmann2022 --column N=Na)"
check "zhao2025 on Step-Law MoE" "$BIN/moelaw" fit "$data/steplaw_moe.csv" --law zhao2025 --bootstrap 0 --starts 100
says "names what is constant" "N and S are constant here"
says "names what is not identified" "not identified"
for name in a e f h; do
  if grep 'are not identified' "$err" | grep -qw "$name"; then ok "$name is named"; else not_ok "$name is not named"; fi
done

"$BIN/moelaw" fit "$data/chinchilla_epoch.csv" --law hoffmann2022 --where notes.published_fit=1 --starts 100 --bootstrap 400 \
  -q -o "$work/fit.json" >/dev/null 2>"$err"
e=$(sed -n 's/.*"name": "E", "value": \([^,]*\),.*/\1/p' "$work/fit.json")
within "E of the 240 points" "$e" 1.815 1.820
check "the published loss of 70B on 1.4T tokens" "$BIN/moelaw" predict published:besiroglu2024 --at N=70e9,D=1.4e12
prints "is 1.9739" "1.97388"
exits 0 "the fit holds on its own data" "$BIN/moelaw" check "$work/fit.json" "$data/chinchilla_epoch.csv" \
  --where notes.published_fit=1 --max-mape 0.6 --max-bias 0.2
exits 1 "and not within 0.1 %" "$BIN/moelaw" check "$work/fit.json" "$data/chinchilla_epoch.csv" --max-mape 0.1
exits 2 "D = 0 is refused with its line" "$BIN/moelaw" fit "$data/deepmind_routing_curves.csv" --law hoffmann2022
says "and a remedy" "--where"
check "and left out with --where" "$BIN/moelaw" fit "$data/deepmind_routing_curves.csv" --law hoffmann2022 --where 'D>0' \
  --where notes.router=Dense --starts 20 --bootstrap 0
says "rows without a loss are counted" "lack loss"
