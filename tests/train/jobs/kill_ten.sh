#!/bin/bash
# kill_ten.sh - a sweep of 20 tiny runs, killed (-9, the whole process group or the parent alone) at random moments, must resume to the
# identical table. Usage: tests/train/jobs/kill_ten.sh [ROUNDS, default 10] [KILLS in each, default 4]; test_kill.sh runs one.
. tests/tap.sh
rounds=${1:-10} kills=${2:-4} moetrain=$BIN/moetrain

{
  echo d_model,n_layers,d_ff_expert,n_experts,top_k,n_shared,seq_len,batch,vocab,warmup_tokens,eval_tokens,tokens,seed,corpus
  chain='markov:vocab=16;branches=3;seed=2'
  for seed in 1 2 3 4; do
    for tokens in 10e3 30e3 60e3; do echo "16,1,8,4,2,1,32,4,16,1e3,4096,$tokens,$seed,$chain"; done
    for experts in 2 8; do echo "8,2,8,$experts,1,0,32,4,16,1e3,4096,40e3,$seed,$chain"; done
  done
} >"$work/m.csv"

# All that does not tell the time.
table() { "$moetrain" --manifest "$work/m.csv" --out "$1" --jobs 2 --checkpoint 0.1 -q 2>"$err" | awk '{ print $1, $2, $3, $4 }' | sort; }

table "$work/whole" >"$work/whole.txt"
check "20 runs are done" test "$(grep -c ' done ' "$work/whole.txt")" = 20
for round in $(seq "$rounds"); do
  runs=$work/round$round killed=0
  for _ in $(seq "$kills"); do
    setsid "$moetrain" --manifest "$work/m.csv" --out "$runs" --jobs 2 --checkpoint 0.1 -q >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 60 + 5))"
    # All at once, or the parent alone: its workers then end by themselves, maybe while the next call begins.
    if ((RANDOM % 2)); then kill -KILL -$pid 2>/dev/null; else kill -KILL $pid 2>/dev/null; fi && killed=$((killed + 1))
    wait $pid 2>/dev/null
  done
  left=$(ls "$runs"/*/checkpoint 2>/dev/null | wc -l) before=$(ls "$runs"/*/DONE 2>/dev/null | wc -l)
  table "$runs" >"$work/round.txt"
  check "round $round: killed $killed times ($before runs done, $left checkpoints), the same table" \
    diff "$work/whole.txt" "$work/round.txt"
done
