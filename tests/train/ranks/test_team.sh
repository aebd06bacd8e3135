# One run trained by several processes together, as mpirun and srun start them: same losses as alone, same bits each
# time, one writer, and an end for all when one is lost.
. tests/tap.sh
moetrain=$BIN/moetrain
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MOELAW_WAIT=20
tiny=d_model=16,n_layers=1,d_ff_expert=8,n_experts=4,top_k=2,seq_len=32,batch=8,warmup_tokens=500,eval_tokens=4096,vocab=16
chain='corpus=markov:vocab=16;branches=2;seed=1'

# team SIZE PLACE ARGUMENTS: all ranks at once; stdout and stderr in PLACE.RANK.{out,err}; prints their exit statuses.
team() {
  size=$1 place=$work/$2; shift 2
  ranks=
  for r in $(seq 0 $((size - 1))); do
    MOELAW_RANK=$r MOELAW_SIZE=$size "$moetrain" --out "$place" "$@" >"$place.$r.out" 2>"$place.$r.err" & ranks="$ranks $!"
  done
  codes=
  for pid in $ranks; do wait "$pid"; codes="$codes$?"; done
  echo "$codes"
}
near() { awk -v a="$(awk '{ print $3 }' "$1")" -v b="$(awk '{ print $3 }' "$2")" 'BEGIN { exit !(a > 0 && a - b < 1e-9 && b - a < 1e-9) }'; }
losses() { awk '{ print $1, $2, $3, $4 }' "$@" | sort; }

# --- the same losses, in double precision
"$moetrain" --run "$tiny,tokens=2e4,$chain" --backend cpu-double --out "$work/alone" >"$work/alone.out" 2>/dev/null
for n in 2 4; do
  check "$n ranks end well" test "$(team $n by$n --run "$tiny,tokens=2e4,$chain" --backend cpu-double)" = "$(printf "%0${n}d" 0)"
  check "$n ranks: the loss of one" near "$work/alone.out" "$work/by$n.0.out"
done
check "the record says how many" grep -q '"event": "config".*"ranks": 4' "$work"/by4/*/record.jsonl
check "the others print nothing" test ! -s "$work/by4.1.out"
check "the team leaves no file behind" test "$(ls "$work"/by4/* | sort | xargs)" = "DONE record.jsonl"

# --- a sweep with a shared stable phase; the same bits again
{
  echo d_model,n_layers,d_ff_expert,n_experts,top_k,seq_len,batch,warmup_tokens,eval_tokens,vocab,tokens,average,corpus
  for tokens in 8e3 16e3; do echo "16,1,8,4,2,32,4,500,4096,16,$tokens,0.2,markov:vocab=16;branches=2;seed=1"; done
  echo "16,1,8,1,1,32,4,500,4096,16,8e3,0,markov:vocab=16;branches=2;seed=1"
} >"$work/m.csv"
check "a sweep" test "$(team 2 sweep --manifest "$work/m.csv" --backend cpu)" = 00
check "a sweep again" test "$(team 2 again --manifest "$work/m.csv" --backend cpu)" = 00
check "all are done" test "$(grep -c ' done ' "$work/sweep.0.out")" = 3
check "to the same bits" test "$(losses "$work/sweep.0.out")" = "$(losses "$work/again.0.out")"
check "a finished sweep is left alone" test "$(team 2 again --manifest "$work/m.csv" --backend cpu)" = 00

# --- lost: one rank stopped, killed, or its worker killed; the others end with 3 and the same command goes on
long=$tiny,tokens=4e5,$chain
team 2 whole --run "$long" --backend cpu >/dev/null
lose() { # NAME SIGNAL RANK whole|worker
  MOELAW_RANK=0 MOELAW_SIZE=2 setsid "$moetrain" --run "$long" --backend cpu --out "$work/$1" --checkpoint 0.02 >/dev/null 2>"$work/$1.0.err" & first=$!
  MOELAW_RANK=1 MOELAW_SIZE=2 setsid "$moetrain" --run "$long" --backend cpu --out "$work/$1" --checkpoint 0.02 >/dev/null 2>"$work/$1.1.err" & second=$!
  # until it trains
  for _ in $(seq 200); do ls "$work/$1"/*/checkpoint >/dev/null 2>&1 && break; sleep 0.02; done
  pid=$first other=$second
  [ "$3" = 1 ] && pid=$second other=$first
  if [ "$4" = worker ]; then kill "-$2" "$(cat /proc/$pid/task/$pid/children)"; else kill "-$2" -$pid; fi
  { wait $other; } 2>/dev/null; code=$?
  { wait $pid; } 2>/dev/null
  check "$1: the other rank ends with 3" test $code = 3
}
goes_on() {
  check "$1: all go on" test "$(team 2 "$1" --run "$long" --backend cpu)" = 00
  check "$1: to the same bits" test "$(losses "$work/$1.0.out")" = "$(losses "$work/whole.0.out")"
}
lose stopped TERM 1 whole
check "stopped: a checkpoint is left" test -s "$work"/stopped/*/checkpoint
goes_on stopped
lose killed KILL 1 whole
check "killed: the reason" grep -q 'rank 1 of the team is gone' "$work/killed.0.err"
goes_on killed
lose leader KILL 0 whole
check "leader: the reason" grep -q 'rank 0 of the team is gone' "$work/leader.1.err"
goes_on leader
lose worker KILL 1 worker
goes_on worker

# --- what cannot be
check "batch not divisible: both end with 2" test "$(team 3 odd --run "$tiny,tokens=2e4,$chain" --backend cpu)" = 222
check "batch not divisible: the remedy" grep -q 'batch = 8 sequences cannot be shared by 3 ranks' "$work/odd.0.err"
check "--jobs in a team" test "$(team 2 jobs --run "$tiny,tokens=2e4,$chain" --jobs 2)" = 22
export MOELAW_WAIT=0.3
exits 3 "nobody else comes" env MOELAW_RANK=0 MOELAW_SIZE=2 "$moetrain" --run "$tiny,tokens=2e4,$chain" --out "$work/lonely"
says "nobody else comes: the reason" "1 of 2 ranks came"
exits 2 "a rank out of range" env MOELAW_RANK=2 MOELAW_SIZE=2 "$moetrain" --run "$tiny,tokens=2e4,$chain" --out "$work/lonely"
exits 0 "MOELAW_SIZE=1 trains alone" env MOELAW_SIZE=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1 "$moetrain" --run "$tiny,tokens=8e3,$chain" --out "$work/lonely"
