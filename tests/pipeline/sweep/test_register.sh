# test_register.sh - what is laid down before the first run: complete, true to its files, never overwritten.
. tests/tap.sh
sweep=$BIN/moesweep
cat >"$work/d.yaml" <<'YAML'
holdout: {largest_compute: 0.3}
grid: {d_model: 16, tokens: [2e3, 4e3], seed: [1, 2, 3]}
register:
  laws: [zhao2025, hoffmann2022]
  objective: {kind: huber, delta: 1e-3}
  splits: [trunk, holdout]
  questions:
    - question: where is the minimum of G?
      statistic: its 95 % interval
      decision: inside if the interval excludes 1 and 16, "else" open
YAML
m=$work/m.csv r=$work/r.json
expand() { "$sweep" expand "$work/d.yaml" --corpus-sha abc -o "$m" -q; }
register() { "$sweep" register "$work/d.yaml" "$m" -o "$r" "$@"; }
has() { grep -qF -- "$2" "$r" && ok "$1" || not_ok "$1: $r lacks $2"; }
expand
exits 0 "a design is registered" register
has "with its hash" "\"sha256\": \"$(sha256sum <"$work/d.yaml" | cut -c1-64)\""
has "the manifest's" "\"sha256\": \"$(sha256sum <"$m" | cut -c1-64)\""
has "the laws" '"zhao2025"'
has "numbers as numbers" '"delta": 0.001'
has "the rule as it was written" '"decision": "inside if the interval excludes 1 and 16, \"else\" open"'
held=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $c["holdout"] == "largest" { print $1 }' "$m")
check "three runs are held out" [ "$(wc -w <<<"$held")" = 3 ]
for id in $held; do has "by id" "\"$id\""; done
check "and no other" [ "$(grep -c '^ *"[0-9a-f]\{16\}",\?$' "$r")" = 3 ]
has "nothing was trained before" '"trained_before": 0'
cp "$r" "$work/first.json"
exits 0 "again" register
check "changes nothing" cmp "$r" "$work/first.json"
echo '{"alpha": 0.02}' >"$work/e.json"
exits 1 "expected widths that come later are refused" register --expected "$work/e.json"
says "with the remedy" "--amend REASON"
check "and the register stays" cmp "$r" "$work/first.json"
echo "# another word" >>"$work/d.yaml"
exits 1 "a design that changed is refused" register
check "and the register stays" cmp "$r" "$work/first.json"
exits 0 "a deviation with its reason" register --amend 'the "noise" was larger' --expected "$work/e.json"
has "is appended" '"reason": "the \"noise\" was larger"'
has "with what is expected now" '"alpha": 0.02'
check "what was registered stays as it was" [ "$(sed '/"deviations": \[/,$d' "$r")" = "$(sed '/"deviations": \[/,$d' "$work/first.json")" ]
exits 0 "and holds from then on" register
sed -i 's/seed: \[1, 2, 3\]/seed: [1, 2]/' "$work/d.yaml"
exits 2 "a manifest that is older than its design" register --amend x
says "says so" "is not what"
expand
exits 0 "a second deviation" register --amend "two seeds"
check "comes after the first" [ "$(grep -c '"reason"' "$r")" = 2 ]
printf 'run_id,D,loss\n%s,1,2\n' "$(sed -n 2p "$m" | cut -d, -f1)" >"$work/t.csv"
rm "$r"
exits 2 "nothing to amend" register --amend x
exits 0 "registered after a run" register --table "$work/t.csv"
has "is said" '"trained_before": 1'
cp "$r" "$work/first.json"
for part in laws objective splits questions; do
  sed "/^  $part:/d" "$work/d.yaml" >"$work/bad.yaml"
  [ $part = questions ] && sed '/^  questions:/,$d' "$work/d.yaml" >"$work/bad.yaml"
  exits 2 "without $part" "$sweep" register "$work/bad.yaml" "$m" -o "$r"
done
sed '/statistic:/d' "$work/d.yaml" >"$work/bad.yaml"
exits 2 "a question without a statistic" "$sweep" register "$work/bad.yaml" "$m" -o "$r"
says "names line and what is missing" "bad.yaml:8: questions: a question lacks 'statistic'"
exits 2 "a design without the section" "$sweep" register pipeline/designs/smoke.yaml "$m" -o "$r"
says "says what is expected" "expected laws, objective, splits and questions"
exits 2 "expected widths that are no JSON" register --amend x --expected "$m"
echo '[1]' >"$work/other.json"
exits 2 "a register of something else" "$sweep" register "$work/d.yaml" "$m" -o "$work/other.json"
exits 3 "a full disk" "$sweep" register "$work/d.yaml" "$m" -o "$work/no/such/r.json"
check "none of this touched the register" cmp "$r" "$work/first.json"
