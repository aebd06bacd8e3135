# test_collect.sh - moesweep on the command line: plans, states of runs, the run table, and what happens when things go wrong.
. tests/tap.sh
sweep=$BIN/moesweep
cat >"$work/d.yaml" <<'YAML'
grid: {d_model: [16, 24], tokens: [2e3, 4e3], n_experts: 4, top_k: 2, n_shared: 1}
YAML
m=$work/m.csv runs=$work/runs
exits 0 "expand writes a manifest" "$sweep" expand "$work/d.yaml" --corpus-sha abc -o "$m"
says "and tells the plan" "4 runs, 2 stable phases"
exits 0 "the plan as JSON" "$sweep" expand "$work/d.yaml" --json -q
prints "has runs" '"runs": 4'
prints "and total_flops" '"total_flops": '
before=$(stat -c %Y.%i "$m")
exits 0 "expand again" "$sweep" expand "$work/d.yaml" --corpus-sha abc -o "$m" -q
check "leaves an identical manifest alone" [ "$before" = "$(stat -c %Y.%i "$m")" ]

# Records as the trainer writes them.
mapfile -t ids < <(tail -n +2 "$m" | cut -d, -f1)
record() { # ID LOSS
  mkdir -p "$runs/$1"
  {
    echo "{\"event\": \"config\", \"run_id\": \"$1\", \"device\": \"cpu\", \"commit\": \"c0ffee\"}"
    echo '{"event": "step", "step": 1, "loss": 5.5}'
    echo "{\"event\": \"result\", \"status\": \"done\", \"loss\": $2, \"loss_se\": 0.002, \"tokens_per_s\": 1e4, \"wall_s\": 3, \"epochs\": 0.5, \"time\": {\"routing\": 0.1}}"
  } >"$runs/$1/record.jsonl"
  (cd "$runs/$1" && sha256sum record.jsonl >DONE)
}
exits 0 "status before anything ran" "$sweep" status "$m" "$runs"
prints "all is pending" "4 runs: 4 pending"
exits 1 "collect waits for what is missing" "$sweep" collect "$m" "$runs" -o "$work/t.csv"
check "and writes no table" [ ! -e "$work/t.csv" ]
record "${ids[0]}" 2.5
record "${ids[1]}" 2.25
mkdir -p "$runs/${ids[2]}" && echo "diverged: loss is not a number, at step 7" >"$runs/${ids[2]}/FAILED"
mkdir -p "$runs/${ids[3]}" && printf '{"event": "config"}\n{"event": "step", "step": 3}\n{"ev' >"$runs/${ids[3]}/record.jsonl"
exits 0 "status on the way" "$sweep" status "$m" "$runs"
prints "counts" "4 runs: 1 running 2 done 1 failed"
prints "why one failed" "diverged: loss is not a number, at step 7"
prints "how far one is" "step 3 of"
exits 0 "missing" "$sweep" missing "$m" "$runs"
check "names the one that is left" [ "$(cat "$out")" = "${ids[3]}" ]
exits 0 "missing with the failed ones" "$sweep" missing "$m" "$runs" --failed --commas
check "names both" [ "$(cat "$out")" = "${ids[2]},${ids[3]}" ]
exits 0 "a partial table" "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv"
says "lists the failed run with its reason" "run ${ids[2]} failed: diverged"
check "holds the finished runs alone" [ "$(wc -l <"$work/t.csv")" = 3 ]
check "has the contract's columns first" grep -q '^run_id,source,D,N,Na,N_nonemb,Na_nonemb,num_experts,top_k,num_shared,shared_ratio,granularity,G,S,d_model,n_layers,n_heads,d_ff_expert,d_ff_shared,batch_tokens,lr,loss,seed' "$work/t.csv"
check "keeps what has no column as notes" grep -q 'epochs=0.5;time.routing=0.1$' "$work/t.csv"
check "G counts the shared expert" awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR > 1 && $c["G"] != 3 { bad = 1 } END { exit bad }' "$work/t.csv"
before=$(stat -c %i "$work/t.csv")
exits 0 "collecting again" "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv" -q
check "leaves an identical table alone" [ "$before" = "$(stat -c %i "$work/t.csv")" ]
sed -i 's/"loss": 2.25/"loss": 1.25/' "$runs/${ids[1]}/record.jsonl"
exits 0 "a record changed after DONE" "$sweep" status "$m" "$runs"
prints "does not count as done" "1 done"

# What goes wrong.
cp "$work/t.csv" "$work/keep.csv"
exits 2 "no such design" "$sweep" expand "$work/none.yaml"
says "names the file" "none.yaml: cannot read"
exits 2 "no such manifest" "$sweep" status "$work/none.csv" "$runs"
exits 2 "a manifest without run_id" "$sweep" status <(echo D,N; echo 1,2) "$runs"
says "says what is missing" "expected a manifest"
sed '2s/^[^,]*/0000000000000000/' "$m" >"$work/bad.csv"
exits 2 "an id that does not follow" "$sweep" collect "$work/bad.csv" "$runs" -o "$work/t.csv"
says "names the line" "bad.csv:2: run_id"
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "tokens") c = i } NR == 3 { $c = "-5" } 1' "$m" >"$work/bad.csv"
exits 2 "negative tokens" "$sweep" collect "$work/bad.csv" "$runs" -o "$work/t.csv"
says "names line and field" "bad.csv:3: tokens = -5"
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "d_model") c = i } NR == 2 { $c = "wide" } 1' "$m" >"$work/bad.csv"
exits 2 "text in a number" "$sweep" collect "$work/bad.csv" "$runs" -o "$work/t.csv"
says "says what it takes" "bad.csv:2: d_model = 'wide', expected a whole number"
{ cat "$m"; sed -n 2p "$m"; } >"$work/bad.csv"
exits 2 "an id that comes twice" "$sweep" collect "$work/bad.csv" "$runs" -o "$work/t.csv"
says "names both lines" "bad.csv:6: run_id: ${ids[0]} stands already on line 2"
: >"$work/empty.csv"
exits 2 "an empty manifest" "$sweep" collect "$work/empty.csv" "$runs" -o "$work/t.csv"
says "says that it is empty" "is empty"
exits 3 "a folder that is not there" "$sweep" collect "$m" "$runs" --partial -o "$work/no/such/t.csv"
exits 3 "a full disk" bash -c "$sweep collect $m $runs --partial >/dev/full"
says "says so" "No space left"
check "none of this touched the table that was there" cmp "$work/t.csv" "$work/keep.csv"
check "nor left a temporary file" [ -z "$(find "$work" -name '*.tmp.*')" ]
exits 2 "unknown command" "$sweep" nonsense
exits 2 "unknown option" "$sweep" expand "$work/d.yaml" --nonsense
exits 0 "help" "$sweep" expand --help
prints "has examples" "moesweep expand pipeline/designs/quick.yaml"
exits 0 "curves" "$sweep" curves "$m" "$runs" -o "$work/curves"
check "loss over steps" grep -q '^N = [0-9.]*k G = 3,1,,,5.5,,$' "$work/curves/training.csv"
check "and the rest of the figures' data" [ -s "$work/curves/cost.csv" -a -s "$work/curves/load.csv" ]
