#!/bin/bash
# test_forecast_commands.sh - forecasts, promotions and paired comparisons from the command line.
. tests/tap.sh
moelaw=$BIN/moelaw
cat >"$work/ladder.csv" <<'END'
run_id,C,loss
g1e18,1e18,3.5273
g3e18,3e18,3.3398
g1e19,1e19,3.1494
g3e19,3e19,3.0066
g1e20,1e20,2.8509
g3e20,3e20,2.7222
END
exits 0 "a fit of a ladder" "$moelaw" fit "$work/ladder.csv" --law frontier --objective l2 -q -o "$work/fit.json"
exits 0 "a forecast" "$moelaw" predict "$work/fit.json" "$work/ladder.csv" --at C=1e23 --floor 1.4,1.5,1.6 --noise 0.0016
prints "with a free floor" "floor free: 1.4293                   2.22132  0.102 %"
prints "with a floor held" "floor held at 1.6                    2.25130  0.124 %"
prints "says what is unknown" "curve, 95 % (bootstrap)            unknown"
prints "and what the runs cannot exclude" "every curve within 0.16 % of noise [2.165"
says "an extrapolation is warned of" "a factor 333.3 above the largest"
exits 0 "the same as JSON" "$moelaw" predict "$work/fit.json" "$work/ladder.csv" --at C=1e23 --floor 1.6 --json -q
prints "has floors" '"floors": ['
prints "and the range" '"within_noise"'
if grep -qi nan "$out"; then not_ok "JSON has no NaN"; else ok "JSON has no NaN"; fi
exits 0 "smaller runs forecast larger ones" "$moelaw" predict "$work/fit.json" "$work/ladder.csv" --leave-out C
prints "by how many were used" "      5        1e+20         3     +0.280"
exits 2 "a floor without runs" "$moelaw" predict "$work/fit.json" --at C=1e23 --floor 1.5
says "needs them" "need the runs of the fit"
exits 2 "a floor that is no number" "$moelaw" predict "$work/fit.json" "$work/ladder.csv" --at C=1e23 --floor 1.4,x
says "is named" "--floor: 'x', expected losses"
exits 2 "published coefficients" "$moelaw" predict published:hoffmann2022 tests/analyze/decide/none.csv --at N=1e9,D=1e10 --noise 0.01
sed 's/2.7222/2.7/' "$work/ladder.csv" >"$work/other.csv"
exits 0 "another table" "$moelaw" predict "$work/fit.json" "$work/other.csv" --at C=1e23
says "is warned of" "is not the table that"

# A recipe that saves a fifth: losses of 1.25 times the compute on the ladder's curve (free fit: E 1.4293, A, a).
awk -F, 'NR == 1 { print "run_id,C,loss" } { }
  END { for (C = 2e18; C < 5e19; C *= 3) printf "n%g,%g,%.6f\n", C, C, 1.42929 + A * (1.25 * C) ^ -a }' \
  A="$(sed -n 's/.*{"name": "A", "value": \([0-9.e+]*\).*/\1/p' "$work/fit.json")" a="$(sed -n 's/.*{"name": "a", "value": \([0-9.e-]*\).*/\1/p' "$work/fit.json")" \
  "$work/ladder.csv" >"$work/new.csv"
exits 0 "a promotion" "$moelaw" promote "$work/ladder.csv" "$work/new.csv"
cp "$out" "$work/promoted"
check "finds the saving" awk '/^the old recipe needs/ { x = $5 } END { exit !(x > 1.22 && x < 1.28) }' "$work/promoted"
exits 0 "as JSON" "$moelaw" promote "$work/ladder.csv" "$work/new.csv" --json
prints "with its interval" '"saving_ci95"'
exits 2 "a law without C" "$moelaw" promote "$work/ladder.csv" "$work/new.csv" --law hoffmann2022
"$moelaw" promote "$work/ladder.csv" "$work/ladder.csv" >"$work/same" 2>"$err"
check "nothing saves nothing" awk '/^the old recipe needs/ { x = $5 } END { exit !(x > 0.9999 && x < 1.0001) }' "$work/same"

printf 'seed,lr,loss\n1,a,2.03\n2,a,2.11\n3,a,2.22\n1,b,2.00\n2,b,2.10\n3,b,2.20\n' >"$work/seeds.csv"
exits 0 "a comparison over seeds" "$moelaw" compare "$work/seeds.csv" "$work/seeds.csv" --a lr=a --b lr=b --difference 0.01
prints "has its difference" "B less A: -0.020000 nats, 95 % [-0.044841, +0.004841]"
prints "and what it takes" "pairs needed to see 0.01 nats in 80 % of trials, at 5 %: 10"
exits 0 "as JSON" "$moelaw" compare "$work/seeds.csv" "$work/seeds.csv" --a lr=a --b lr=b --json
prints "without what was not asked" '"pairs_needed": null'
exits 2 "seeds that come twice" "$moelaw" compare "$work/seeds.csv" "$work/seeds.csv"
says "are named" "is alike to line"
exits 2 "a column that is not there" "$moelaw" compare "$work/seeds.csv" "$work/seeds.csv" --by seeed
