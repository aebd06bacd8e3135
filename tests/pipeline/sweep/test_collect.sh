# test_collect.sh - moesweep on the command line: plans, states of runs, the run table, and what happens when things go wrong.
. tests/tap.sh
sweep=$BIN/moesweep
cat >"$work/d.yaml" <<'YAML'
grid: {d_model: [16, 24], tokens: [2e3, 4e3], n_experts: 4, top_k: 2, n_shared: 1}
YAML
m=$work/m.csv runs=$work/runs
exits 0 "expand writes a manifest" "$sweep" expand "$work/d.yaml" --corpus-sha abc -o "$m"
says "and tells the plan" "4 runs of 2 cells, 2 stable phases"
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
    echo "{\"event\": \"result\", \"status\": \"done\", \"loss\": $2, \"loss_se\": 0.002, \"tokens_per_s\": 1e4, \"wall_s\": 3, \"cpu_s\": 2, \"tokens_per_cpu_s\": 1.5e4, \"epochs\": 0.5, \"time\": {\"routing\": 0.1}}"
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
# A value under the wrong name would be believed by every fit: all columns of a row against its manifest and record.
cat >"$work/values.awk" <<'AWK'
NR == FNR { # the manifest
  if (FNR == 1) { for (i = 1; i <= NF; i++) m[$i] = i } else for (k in m) row[$1, k] = $m[k]
  next
}
FNR == 1 { for (i = 1; i <= NF; i++) t[$i] = i; next }
function same(name, want) {
  if ($t[name] == want || $t[name] + 0 == want + 0 && want != "") return
  print FILENAME ": " $1 ": " name " is " $t[name] ", expected " want
  bad = 1
}
{
  split("D N Na N_nonemb Na_nonemb granularity G S d_model n_layers n_heads d_ff_expert d_ff_shared lr seed M trunk cell block holdout", plain, " ")
  for (i in plain) same(plain[i], row[$1, plain[i]])
  same("num_experts", row[$1, "n_experts"]); same("top_k", row[$1, "top_k"]); same("num_shared", row[$1, "n_shared"])
  same("shared_ratio", row[$1, "d_ff_shared"] / row[$1, "d_ff_expert"]); same("batch_tokens", row[$1, "batch"] * row[$1, "seq_len"])
  same("loss_se", 0.002); same("tokens_per_s", 10000); same("wall_s", 3); same("cpu_s", 2); same("tokens_per_cpu_s", 15000)
  same("device", "cpu"); same("commit", "c0ffee"); same("source", "moelaw"); same("loss", $1 == first ? 2.5 : 2.25)
  # no two of these may be equal here, or a swap would pass
  if ($t["N"] == $t["Na"] || $t["N"] == $t["N_nonemb"] || $t["Na"] == $t["Na_nonemb"] || $t["N_nonemb"] == $t["Na_nonemb"]) bad = 1
  rows++
}
END { exit bad || rows != want }
AWK
check "every value stands under its name" awk -F, -v first="${ids[0]}" -v want=2 -f "$work/values.awk" "$m" "$work/t.csv"
check "G counts the shared expert" awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR > 1 && $c["G"] != 3 { bad = 1 } END { exit bad }' "$work/t.csv"
before=$(stat -c %i "$work/t.csv")
exits 0 "collecting again" "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv" -q
check "leaves an identical table alone" [ "$before" = "$(stat -c %i "$work/t.csv")" ]

# A table that is kept: rows are added, sorted, never changed, never lost.
kept=$work/kept.csv
exits 1 "collecting into a table says what is not finished" "$sweep" collect "$m" "$runs" --into "$kept"
says "and that the rest is there" "1 of 4 runs are not finished"
check "which it is" [ "$(wc -l <"$kept")" = 3 ]
check "with the same values" awk -F, -v first="${ids[0]}" -v want=2 -f "$work/values.awk" "$m" "$kept"
cp "$kept" "$work/before.csv"
exits 0 "again" "$sweep" collect "$m" "$runs" --into "$kept" --partial -q
check "changes nothing" cmp "$kept" "$work/before.csv"
mkdir "$work/none"
exits 0 "without any record" "$sweep" collect "$m" "$work/none" --into "$kept" --partial
check "no row is lost" cmp "$kept" "$work/before.csv"
exits 0 "what is missing" "$sweep" missing "$m" "$work/none" --table "$kept"
check "leaves out what is kept" [ "$(cat "$out")" = "${ids[2]}
${ids[3]}" ]
exits 0 "status with a table" "$sweep" status "$m" "$runs" --table "$kept"
prints "says what is kept" "4 runs: 2 in $kept 1 running 1 failed"
prints "and how long the rest takes at the table's speed" "1 left: about"
prints "which is from processor time" "a second of processor time"
exits 0 "status as JSON" "$sweep" status "$m" "$runs" --table "$kept" --json --gflops 2 --jobs 2
check "too" grep -qF '"runs": 4, "in_table": 2, "pending": 0, "running": 1, "stopped": 0, "done": 0, "failed": 1, "left": 1, "left_s": ' <<<"$(tr -s ' \n' ' ' <"$out")"
json=$work/status.json && "$sweep" status "$m" "$runs" --table "$kept" --json --gflops 2 --jobs 2 >"$json"
left() { awk -F, -v id="${ids[3]}" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $1 == id { print ($c["flops"] + $c["M"] * $c["eval_tokens"] / 3) / 4e9 }' "$m"; }
check "the time is FLOPs over speed" awk -v t="$(sed -n 's/.*"left_s": \([^,]*\),.*/\1/p' "$json")" -v want="$(left)" 'BEGIN { exit !(t > want * 0.9999 && t < want * 1.0001) }'
# On another machine: other runs, other records, a column of its own, and rows in another order.
{ sed -n 1p "$kept"; sed 1d "$kept" | tac; } | sed '1s/$/,remark/; 1!s/$/,"good, I think"/' >"$work/other.csv"
record "${ids[3]}" 2.125
mkdir "$work/apart" && cp -r "$runs/${ids[3]}" "$work/apart/"
exits 0 "more runs from another folder" "$sweep" collect "$m" "$work/apart" --into "$work/other.csv" --partial
check "come beside those that are there" [ "$(wc -l <"$work/other.csv")" = 4 ]
check "a column of one's own stays" [ "$(grep -c ',"good, I think"$' "$work/other.csv")" = 2 ]
check "and is blank for new rows" grep -q "^${ids[3]}.*,$" "$work/other.csv"
check "rows that were there are as they were" [ "$(grep 'good' "$work/other.csv" | sed 's/,"good, I think"//' | sort)" = "$(sed 1d "$work/before.csv" | sort)" ]
exits 0 "all into one" "$sweep" collect "$m" "$runs" --into "$kept"
check "the order does not depend on the way" [ "$(cut -d, -f1 "$kept")" = "$(cut -d, -f1 "$work/other.csv")" ]
cp "$kept" "$work/before.csv"
sed "s/^\(${ids[0]},.*\),2.5,/\1,2.5000001,/" "$work/before.csv" >"$kept"
cp "$kept" "$work/false.csv"
exits 1 "another loss for an id that is there" "$sweep" collect "$m" "$runs" --into "$kept" --partial
says "names the row" "$kept:$(grep -n "^${ids[0]}" "$kept" | cut -d: -f1): loss: run ${ids[0]} has 2.5000001"
says "and what the record has" "its record in the runs folder has 2.5"
check "and the table is left alone" cmp "$kept" "$work/false.csv"
exits 2 "a table with an id twice" "$sweep" missing "$m" "$runs" --table <(cat "$work/before.csv"; tail -1 "$work/before.csv")
says "names it" "stands already on line"
exits 2 "a table of something else" "$sweep" collect "$m" "$runs" --into <(echo a,b; echo 1,2)
exits 2 "--into and -o" "$sweep" collect "$m" "$runs" --into "$kept" -o "$work/x.csv"
# Eight collect at a time, each with one run of its own: all rows arrive.
cat >"$work/d8.yaml" <<'YAML'
grid: {d_model: 16, tokens: 2e3, seed: [1, 2, 3, 4, 5, 6, 7, 8]}
YAML
"$sweep" expand "$work/d8.yaml" -q -o "$work/m8.csv"
mapfile -t ids8 < <(tail -n +2 "$work/m8.csv" | cut -d, -f1)
one=0
for id in "${ids8[@]}"; do
  one=$((one + 1))
  keep=$runs runs=$work/r8.$one
  record "$id" 3.5
  runs=$keep
  "$sweep" collect "$work/m8.csv" "$work/r8.$one" --into "$work/t8.csv" --partial -q &
done
wait
check "eight at a time lose no row" [ "$(wc -l <"$work/t8.csv")" = 9 ]
rm -r "${runs:?}/${ids[3]}"
mkdir -p "$runs/${ids[3]}" && printf '{"event": "config"}\n' >"$runs/${ids[3]}/record.jsonl"

# A run that died is tried again; only one that diverged is a result.
echo "died: killed by signal 9" >"$runs/${ids[3]}/FAILED"
exits 0 "a run that died" "$sweep" status "$m" "$runs"
prints "is not failed" "1 stopped 2 done 1 failed"
prints "and its reason is told" "died: killed by signal 9"
exits 0 "it is missing" "$sweep" missing "$m" "$runs"
check "so that it is trained again" [ "$(cat "$out")" = "${ids[3]}" ]
exits 1 "and collect waits for it" "$sweep" collect "$m" "$runs" -o "$work/none.csv"
rm "$runs/${ids[3]}/FAILED"

# What cannot be read is no result: the table stays, whatever it would have lacked.
cp "$work/t.csv" "$work/keep.csv"
mv "$runs/${ids[1]}/record.jsonl" "$work/aside" && mkdir "$runs/${ids[1]}/record.jsonl"
exits 3 "a record that cannot be read" "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv"
says "is named" "${ids[1]}/record.jsonl: is no regular file"
check "and the table stays" cmp "$work/t.csv" "$work/keep.csv"
rmdir "$runs/${ids[1]}/record.jsonl" && mkfifo "$runs/${ids[1]}/record.jsonl"
exits 3 "status of a FIFO does not wait" timeout 5 "$sweep" status "$m" "$runs"
rm "$runs/${ids[1]}/record.jsonl" && mv "$work/aside" "$runs/${ids[1]}/record.jsonl"
if command -v strace >/dev/null; then
  export ASAN_OPTIONS=detect_leaks=0 # leaks cannot be looked for in a traced process
  for error in EIO EMFILE EACCES ENOMEM; do
    exits 3 "$error where a record is opened" strace -f -o /dev/null -P "$runs/${ids[1]}/record.jsonl" -e inject=openat:error=$error \
      "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv"
    check "$error: the table stays" cmp "$work/t.csv" "$work/keep.csv"
  done
  exits 3 "EIO while a record is read" strace -f -o /dev/null -P "$runs/${ids[1]}/record.jsonl" -e inject=read:error=EIO \
    "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv"
  exits 3 "EIO while DONE is read" strace -f -o /dev/null -P "$runs/${ids[1]}/DONE" -e inject=read:error=EIO \
    "$sweep" collect "$m" "$runs" --partial -o "$work/t.csv"
  check "EIO: the table stays" cmp "$work/t.csv" "$work/keep.csv"
  unset ASAN_OPTIONS
else
  skip "faults of the disk" "no strace"
fi

# Memory that is out, at every allocation: the right table or status 3, never a shorter table.
cat >"$work/failing.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
static long left = -1;
static int out(void) {
    if (left < 0) left = atol(getenv("FAIL_AT"));
    return left > 0 && --left == 0;
}
void *malloc(size_t n) { static void *(*next)(size_t); if (!next) *(void **)&next = dlsym(RTLD_NEXT, "malloc"); return out() ? 0 : next(n); }
void *realloc(void *p, size_t n) { static void *(*next)(void *, size_t); if (!next) *(void **)&next = dlsym(RTLD_NEXT, "realloc"); return out() ? 0 : next(p, n); }
void *calloc(size_t k, size_t n) { static void *(*next)(size_t, size_t); if (!next) *(void **)&next = dlsym(RTLD_NEXT, "calloc"); return out() ? 0 : next(k, n); }
C
if [ ! -e "${BUILD}/flags" ] || ! grep -q fsanitize "$BUILD/flags" && ${CC:-cc} -shared -fPIC -o "$work/failing.so" "$work/failing.c" 2>/dev/null; then
  wrong=0 failed=0 n=1
  while [ $n -lt 1500 ]; do
    FAIL_AT=$n LD_PRELOAD=$work/failing.so "$sweep" collect "$m" "$runs" --partial -q -o "$work/o.csv" 2>/dev/null
    status=$?
    case $status in
      2 | 3) failed=$((failed + 1)); [ ! -e "$work/o.csv" ] || wrong=$((wrong + 1)) ;;
      0) cmp -s "$work/o.csv" "$work/t.csv" || { wrong=$((wrong + 1)); echo "# allocation $n: another table"; } ;;
      *) wrong=$((wrong + 1)); echo "# allocation $n: status $status" ;;
    esac
    rm -f "$work/o.csv"
    n=$((n + 1 + n / 40))
  done
  check "no part of a file is left then" [ -z "$(find "$work" -name "*.tmp.*")" ]
  check "$failed allocations failed, no false table" [ "$wrong" = 0 -a "$failed" -gt 20 ]
else
  skip "allocations that fail" "no compiler, or a sanitizer's own malloc"
fi

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
check "loss over steps" grep -q '^N = [0-9.]*K G = 3,training,1,,,5.5,,$' "$work/curves/training.csv"
check "and the rest of the figures' data" [ -s "$work/curves/cost.csv" -a -s "$work/curves/load.csv" ]
