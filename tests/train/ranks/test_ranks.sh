# One run trained by several processes together, started by mpirun: same losses as alone, same bits each time, one
# writer, and an end for all when one is lost.
. tests/tap.sh
moetrain=$BIN/moetrain
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0 # MPI keeps some memory at its end
tiny=d_model=16,n_layers=1,d_ff_expert=8,n_experts=4,top_k=2,seq_len=32,batch=8,warmup_tokens=500,eval_tokens=4096,vocab=16
chain='corpus=markov:vocab=16;branches=2;seed=1'

exits 2 "one of two that do not find each other" env OMPI_COMM_WORLD_SIZE=2 "$moetrain" --run "$tiny,tokens=8e3,$chain" --out "$work/lonely"
says "and what to do" "MOELAW_SIZE=1 trains alone"
exits 0 "MOELAW_SIZE=1 trains alone" env MOELAW_SIZE=1 OMPI_COMM_WORLD_SIZE=2 "$moetrain" --run "$tiny,tokens=8e3,$chain" --out "$work/lonely"

if ! ldd "$moetrain" | grep -q libmpi; then skip "ranks" "built without MPI"; exit; fi
if ! command -v mpirun >/dev/null; then skip "ranks" "no mpirun"; exit; fi
if grep -aq __tsan_init "$moetrain"; then skip "ranks" "ThreadSanitizer does not know MPI"; exit; fi
# Root in a container, more ranks than cores, no network; what MPI leaves behind at its end is not ours.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1 TMPDIR=$work

together() { size=$1 place=$work/$2; shift 2; mpirun -n "$size" "$moetrain" --out "$place" "$@"; }
near() { awk -v a="$(awk '{ print $3 }' "$1")" -v b="$(awk '{ print $3 }' "$2")" 'BEGIN { exit !(a > 0 && a - b < 1e-9 && b - a < 1e-9) }'; }
losses() { awk '{ print $1, $2, $3, $4 }' "$@" | sort; }

# --- sums and models, on the CPU and with the card's kernels
for n in 2 4; do
  check "sums and models of $n ranks" mpirun -n $n env CMOCKA_MESSAGE_OUTPUT=STDOUT "$BUILD/tests/train/ranks/test_ranks"
done
check "the card's kernels on 2 ranks" mpirun -n 2 env CMOCKA_MESSAGE_OUTPUT=STDOUT "$BUILD/tests/train/cuda/test_cuda"

# --- the same losses, in double precision
"$moetrain" --run "$tiny,tokens=2e4,$chain" --backend cpu-double --out "$work/alone" >"$work/alone.out" 2>/dev/null
for n in 2 4; do
  check "$n ranks end well" together $n by$n --run "$tiny,tokens=2e4,$chain" --backend cpu-double
  cp "$out" "$work/by$n.out"
  check "$n ranks: the loss of one" near "$work/alone.out" "$work/by$n.out"
  check "$n ranks: one of them prints" test "$(wc -l <"$work/by$n.out")" = 1
done
check "the record says how many" grep -q '"event": "config".*"ranks": 4' "$work"/by4/*/record.jsonl
check "nothing is left behind" test "$(ls "$work"/by4/* | sort | xargs)" = "DONE record.jsonl"

# --- a sweep with a shared stable phase; the same bits again
{
  echo d_model,n_layers,d_ff_expert,n_experts,top_k,seq_len,batch,warmup_tokens,eval_tokens,vocab,tokens,average,corpus
  for tokens in 8e3 16e3; do echo "16,1,8,4,2,32,4,500,4096,16,$tokens,0.2,markov:vocab=16;branches=2;seed=1"; done
  echo "16,1,8,1,1,32,4,500,4096,16,8e3,0,markov:vocab=16;branches=2;seed=1"
} >"$work/m.csv"
for turn in sweep again; do
  check "$turn: three runs" together 2 $turn --manifest "$work/m.csv" --backend cpu
  losses "$out" >"$work/$turn.txt"
done
check "all are done" test "$(grep -c ' done ' "$work/sweep.txt")" = 3
check "to the same bits" diff "$work/sweep.txt" "$work/again.txt"
check "a finished sweep is left alone" together 2 again --manifest "$work/m.csv" --backend cpu

# --- lost: all stopped, or one killed; the others end, and the same command goes on to the same bits
long=$tiny,tokens=4e5,$chain
check "whole" together 2 whole --run "$long" --backend cpu
losses "$out" >"$work/whole.txt"
lose() { # NAME: mpirun in the background until it trains; $pid, $ranks
  setsid mpirun -n 2 "$moetrain" --run "$long" --backend cpu --out "$work/$1" --checkpoint 0.02 >/dev/null 2>"$work/$1.err" & pid=$!
  for _ in $(seq 3000); do ls "$work/$1"/*/checkpoint >/dev/null 2>&1 && break; sleep 0.02; done
  ranks=$(pgrep -P $pid -x moetrain)
}
gone() { for _ in $(seq 100); do kill -0 "$@" 2>/dev/null || return 0; sleep 0.1; done; return 1; }
goes_on() {
  check "$1: goes on" together 2 "$1" --run "$long" --backend cpu
  losses "$out" >"$work/$1.txt"
  check "$1: to the same bits" diff "$work/whole.txt" "$work/$1.txt"
}
lose stopped; kill -TERM $pid; wait $pid; code=$?
check "stopped: ends with a status that is not 0" test $code != 0
check "stopped: a checkpoint is left, unless it came to its end first" test -n "$(ls "$work"/stopped/*/checkpoint* "$work"/stopped/*/DONE 2>/dev/null)"
goes_on stopped
for which in first last; do
  lose $which
  if [ $which = first ]; then lost=$(echo "$ranks" | head -1); else lost=$(echo "$ranks" | tail -1); fi
  kill -KILL "$lost"; wait $pid; code=$?
  check "$which rank killed: all end, with a status that is not 0" test $code != 0
  for rank in $ranks; do check "$which rank killed: nobody is left" gone "$rank"; done
  goes_on $which
done

# --- what cannot be
exits 2 "batch not divisible" together 3 odd --run "$tiny,tokens=2e4,$chain" --backend cpu
says "batch not divisible: the remedy" 'batch = 8 sequences cannot be shared by 3 ranks'
exits 2 "--jobs" together 2 jobs --run "$tiny,tokens=2e4,$chain" --jobs 2
exits 3 "no such place: one rank takes the others along" together 2 ../../proc/nowhere --run "$tiny,tokens=2e4,$chain"
