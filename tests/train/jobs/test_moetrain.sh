# moetrain as its users meet it: errors before anything trains, resuming, sharing, the same numbers whatever JOBS.
. tests/tap.sh
moetrain=$BIN/moetrain
export OMP_NUM_THREADS=1

# A tiny text, and tiny runs on it or on the synthetic source.
head -c 200000 "$moetrain" | od -An -tx1 | head -c 200000 >"$work/text"
tiny=d_model=16,n_layers=1,d_ff_expert=8,n_experts=4,top_k=2,seq_len=32,batch=4,warmup_tokens=500,eval_tokens=4096
chain='corpus=markov:vocab=16;branches=2;seed=1'

# Losses alone: what must not depend on when, where and how often.
table() { "$moetrain" "$@" -q 2>/dev/null | awk '{ print $1, $2, $3, $4 }' | sort; }
same() { [ -s "$1" ] && diff "$1" "$2" >&2; }

# --- errors
: >"$work/empty"; head -c 1000 "$work/text" >"$work/small"; gzip -c "$work/text" >"$work/zipped"
for bad in "empty:has 0 tokens" "small:has 1000 tokens, at least 65536" "zipped:zcat" "absent:No such file"; do
  exits 2 "corpus ${bad%%:*}" "$moetrain" --run $tiny --corpus "$work/${bad%%:*}" --out "$work/bad"
  says "corpus ${bad%%:*}: the reason" "${bad#*:}"
done
exits 2 "no corpus" "$moetrain" --run $tiny --out "$work/bad"
says "no corpus: the remedy" "--corpus FILE"
exits 2 "another corpus" "$moetrain" --run "$tiny,corpus=0123" --corpus "$work/text" --out "$work/bad"
says "another corpus: the remedy" "asks for text with sha256 0123"
exits 2 "unknown setting" "$moetrain" --run width=3 --corpus "$work/text" --out "$work/bad"
exits 2 "neither manifest nor run" "$moetrain" --out "$work/bad"
exits 2 "vocabulary too small" "$moetrain" --run "$tiny,vocab=20" --corpus "$work/text" --out "$work/bad"
says "vocabulary too small: the remedy" "set vocab to"
printf 'run_id,d_model,corpus\n,16,markov:vocab=16\n0123456789abcdef,32,markov:vocab=16\n' >"$work/edited.csv"
exits 2 "edited manifest" "$moetrain" --manifest "$work/edited.csv" --out "$work/bad"
says "edited manifest: file, line, column" "edited.csv:3: run_id: '0123456789abcdef' does not follow"
printf 'd_model,seed\n16,1\n32,x\n' >"$work/text.csv"
exits 2 "text in a number" "$moetrain" --manifest "$work/text.csv" --corpus "$work/text" --out "$work/bad"
says "text in a number: file and line" "text.csv:3: seed = 'x'"
printf 'd_model,seed\n16,1\n32,1\n16,1\n' >"$work/twice.csv"
exits 2 "a run twice" "$moetrain" --manifest "$work/twice.csv" --corpus "$work/text" --out "$work/bad"
says "a run twice: both lines" "twice.csv:4: run_id:"
check "nothing was begun" test ! -e "$work/bad"
if [ "$(id -u)" != 0 ]; then
  mkdir -m 555 "$work/locked"
  exits 3 "no permission" "$moetrain" --run "$tiny,vocab=16,$chain,tokens=1e3" --out "$work/locked/runs"
else
  exits 3 "no such place" "$moetrain" --run "$tiny,vocab=16,$chain,tokens=1e3" --out /proc/nowhere
fi

# --- a corpus is named by its sha256
check "corpus" "$moetrain" corpus "$work/text"
prints "corpus: its sha256" "$(sha256sum <"$work/text" | cut -d' ' -f1)"

# --- a sweep: three runs on a trunk, three with averaged weights on another, two alone
{
  echo d_model,n_layers,d_ff_expert,n_experts,top_k,seq_len,batch,warmup_tokens,eval_tokens,tokens,seed,average,note
  for tokens in 8e3 16e3 24e3; do echo "16,1,8,4,2,32,4,500,4096,$tokens,1,0,any"; done
  for tokens in 8e3 16e3 24e3; do echo "16,1,8,4,2,32,4,500,4096,$tokens,2,0.2,column"; done
  echo "16,2,8,1,1,32,4,500,4096,16e3,1,0,dense"
  echo "8,1,8,8,1,32,4,500,4096,16e3,1,0,thin"
} >"$work/m.csv"
sweep() { table --manifest "$work/m.csv" --corpus "$work/text" "$@"; }
sweep --out "$work/one" --jobs 1 >"$work/one.txt"
sweep --out "$work/three" --jobs 3 >"$work/three.txt"
check "JOBS does not change a bit" same "$work/one.txt" "$work/three.txt"
check "eight runs are done" test "$(grep -c ' done ' "$work/one.txt")" = 8
before=$(cat "$work"/one/*/record.jsonl | sha256sum)
sweep --out "$work/one" >"$work/again.txt"
check "a second call has the same answer" same "$work/one.txt" "$work/again.txt"
check "and leaves the records alone" test "$before" = "$(cat "$work"/one/*/record.jsonl | sha256sum)"
check "DONE seals the record" sh -c "cd '$work/one' && for r in *; do (cd \$r && sha256sum --quiet -c DONE) || exit 1; done"
ids=$(awk 'NR % 2 { print $1 }' "$work/one.txt" | paste -sd,)
sweep --out "$work/alone" --only "$ids" >"$work/alone.txt"
check "a run alone gives the bits of the sweep" sh -c "[ -s '$work/alone.txt' ] && ! grep -vxFf '$work/one.txt' '$work/alone.txt'"
first=$(head -1 "$work/one.txt" | cut -d' ' -f1)
echo changed >>"$work/one/$first/record.jsonl"
sweep --out "$work/one" >"$work/again.txt"
check "a record that was tampered with is trained again" same "$work/one.txt" "$work/again.txt"
sweep --out "$work/both" --jobs 1 >"$work/both1.txt" &
sweep --out "$work/both" --jobs 1 >"$work/both2.txt"
wait
check "two calls on one folder share the work" same "$work/one.txt" "$work/both1.txt"
check "and both have the whole answer" same "$work/one.txt" "$work/both2.txt"

# --- killed: -9 for the whole group at any moment, SIGTERM politely, or one worker alone
long=$tiny,vocab=16,$chain,tokens=4e5
whole=$(table --run "$long" --out "$work/whole")
setsid "$moetrain" --run "$long" --out "$work/term" -q >/dev/null 2>&1 & pid=$!
until grep -qs '"step"' "$work"/term/*/record.jsonl || ! kill -0 $pid; do sleep 0.01; done # steps are under way
kill -TERM $pid; wait $pid; code=$?
check "SIGTERM: ends with 3" test $code = 3
check "SIGTERM: leaves a checkpoint" test -s "$work"/term/*/checkpoint
check "SIGTERM: goes on to the same bits" test "$(table --run "$long" --out "$work/term")" = "$whole"
for pause in 0.15 0.3 0.45; do
  setsid "$moetrain" --run "$long" --out "$work/kill" --checkpoint 0.02 -q >/dev/null 2>&1 & pid=$!
  sleep $pause; kill -KILL -$pid; wait $pid 2>/dev/null
done
check "kill -9: goes on to the same bits" test "$(table --run "$long" --out "$work/kill")" = "$whole"
"$moetrain" --run "$long" --out "$work/died" -q >"$out" 2>"$err" & pid=$!
sleep 0.3; kill -KILL "$(cat /proc/$pid/task/$pid/children)"; wait $pid; code=$?
check "a dead worker: ends with 3" test $code = 3
check "a dead worker: the reason is kept" grep -q 'died: the worker was killed by signal 9' "$work"/died/*/FAILED
check "a dead worker: the next call tries again" test "$(table --run "$long" --out "$work/died")" = "$whole"

# --- diverged: recorded with its step, left alone until --retry, and no error of a sweep
printf 'd_model,n_layers,vocab,seq_len,batch,lr,clip,warmup_tokens,tokens,eval_tokens,corpus\n' >"$work/wild.csv"
printf '16,1,16,32,4,10,0,0,64e3,4096,markov:vocab=16;branches=2\n16,1,16,32,4,1e-3,1,0,4e3,4096,markov:vocab=16;branches=2\n' >>"$work/wild.csv"
exits 0 "divergence does not stop a sweep" "$moetrain" --manifest "$work/wild.csv" --out "$work/wild"
prints "it is reported" "diverged: "
check "one run is done" test "$(ls "$work"/wild/*/DONE | wc -l)" = 1
check "the other says why" grep -q '^diverged: .* at step [0-9]' "$work"/wild/*/FAILED
record=$(dirname "$work"/wild/*/FAILED)/record.jsonl
size=$(stat -c %s "$record")
exits 0 "it is left alone" "$moetrain" --manifest "$work/wild.csv" --out "$work/wild"
check "its record has not moved" test "$(stat -c %s "$record")" = "$size"
check "--retry trains it again, to the same step" sh -c "'$moetrain' --manifest '$work/wild.csv' --out '$work/wild' --retry -q | grep -q 'diverged: '"

# --- the synthetic source: above its entropy rate, and within 1 % of it
"$moetrain" --run "d_model=32,n_layers=1,n_experts=4,top_k=2,d_ff_expert=16,vocab=16,seq_len=32,batch=8,lr=1e-2,warmup_tokens=2e3,tokens=2e5,eval_tokens=1e5,$chain" \
  --out "$work/chain" --export -q >/dev/null 2>"$err"
check "the chain is learned, and not beyond" awk -F'[:,]' '/"result"/ {
  for (i = 1; i < NF; i++) { if ($i ~ /"loss"/) loss = $(i+1); if ($i ~ /loss_se/) se = $(i+1); if ($i ~ /entropy_rate/) rate = $(i+1); if ($i ~ /loss_floor/) floor = $(i+1) }
  good = loss > floor && loss > rate - 3 * se && loss < 1.01 * rate; print loss, floor, rate, se; exit !good }' "$work"/chain/*/record.jsonl

# --- weights for others: the index is as long as it says, and the arrays fill the file
weights=$(echo "$work"/chain/*/model.safetensors)
length=$(od -An -t u8 -N 8 "$weights" | tr -d ' ')
end=$(tail -c +9 "$weights" | head -c "$length" | grep -o 'data_offsets": \[[0-9]*, [0-9]*' | grep -o '[0-9]*$' | tail -1)
check "safetensors: the index and the arrays fill the file" test "$(stat -c %s "$weights")" = $((8 + length + end))
check "config.json names the shape" grep -q '"d_model": 32' "$work"/chain/*/config.json
