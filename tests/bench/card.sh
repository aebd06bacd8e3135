#!/bin/bash
# card.sh - everything that needs a CUDA card, in one go: parity cases, compute-sanitizer, golden losses, benchmarks,
# PyTorch beside them where it is installed. Each step leaves its result and its log in artifacts/bench/<card>/.
#
# usage: tests/bench/card.sh [STEP...]      steps: build cases sanitizer golden bench sweep torch (default: all)
# A step ends within LIMIT seconds (default 480); one that fails does not keep the next from running.
# BUILD: as in make; PYTHON: one with PyTorch. Exit status: 1 if a step failed, 3 without a card.
set -u
self=$(realpath "$0")
cd "$(dirname "$self")/../.." || exit 3
BUILD=${BUILD:-build} LIMIT=${LIMIT:-480} PYTHON=${PYTHON:-python3}
moetrain=$BUILD/bin/moetrain

small="d_model=128,n_layers=4,n_heads=4,n_experts=32,top_k=6,n_shared=2,d_ff_expert=96,seq_len=128,batch=16,vocab=512"
# 124M active parameters with the embedding, fine-grained: 6 of 64 and 2 shared experts of width 256.
large="d_model=768,n_layers=12,n_heads=12,n_experts=64,top_k=6,n_shared=2,d_ff_expert=256,seq_len=1024,batch=32,vocab=50304,tied=1"
synthetic="markov:vocab=256;branches=4;seed=1"

card_says() { nvidia-smi --query-gpu="$1" --format=csv,noheader 2>/dev/null | head -1; }

# NAME COMMAND...: runs it with a limit and keeps what it says.
step() {
  local name=$1 start word=good
  start=$(date +%s)
  shift
  timeout "$LIMIT" "$@" >"$out/$name.out" 2>"$out/$name.log" || { word="FAILED ($?)"; failed=1; }
  echo "$name: $word, $(($(date +%s) - start)) s" | tee -a "$out/steps.txt"
}

build() { step build make -j"$(nproc)" CUDA=1 BUILD="$BUILD" "$moetrain" "$BUILD/tests/train/cuda/test_cuda_card"; }

cases() { step cases "$BUILD/tests/train/cuda/test_cuda_card"; }

sanitizer() {
  for tool in memcheck racecheck initcheck; do
    MOELAW_SMALL=1 step $tool compute-sanitizer --tool $tool --error-exitcode 9 "$BUILD/tests/train/cuda/test_cuda_card"
  done
}

# Loss and gradient norm of 50 steps of three tiny models.
losses() {
  for shape in d_model=32,n_layers=2,n_experts=8,top_k=2,n_shared=1,d_ff_expert=32 \
    d_model=48,n_layers=1,n_experts=16,top_k=4,d_ff_expert=24,gate=softmax d_model=32,n_layers=2; do
    runs=$(mktemp -d)
    "$moetrain" -q --backend cuda --out "$runs" >&2 \
      --run "$shape,seq_len=64,batch=8,tokens=25600,eval_tokens=4096,corpus=$synthetic" || return 1
    sed -n 's/.*"event": "step".*"loss": \([^,]*\),.*"grad_norm": \([^,]*\),.*/\1 \2/p' "$runs"/*/record.jsonl
    rm -rf "$runs"
  done
}

# Twice the same bits; and those kept for this architecture, or kept from now on.
golden() {
  local kept
  kept=tests/train/model/golden_sm$(card_says compute_cap | tr -d .).txt
  step golden "$self" --inside losses
  step golden_again "$self" --inside losses
  step golden_repeats cmp "$out/golden.out" "$out/golden_again.out"
  step golden_not_empty test -s "$out/golden.out"
  if [ -f "$kept" ]; then step golden_kept cmp "$out/golden.out" "$kept"; else cp "$out/golden.out" "$kept"; fi
}

bench() {
  step bench_small "$moetrain" bench --backend cuda --json --shape "$small"
  step bench_large "$moetrain" bench --backend cuda --json --steps 10 --shape "$large"
  step bench_ops "$moetrain" bench --backend cuda --ops
  command -v nsys >/dev/null || return
  step kernels nsys profile --stats=true --force-overwrite=true -o "$out/profile" \
    "$moetrain" bench --backend cuda --json --steps 5 --rounds 1 --shape "$large"
  rm -f "$out"/profile.*
}

# Tokens per second of 32 small models, J at a time.
train_at_once() {
  local jobs=$1 tokens=400000 seconds runs
  runs=$(mktemp -d)
  {
    echo "$(echo "$small" | sed 's/=[^,]*//g'),tokens,eval_tokens,corpus,seed"
    for seed in $(seq 32); do echo "$(echo "$small" | sed 's/[a-z_]*=//g'),$tokens,4096,$synthetic,$seed"; done
  } >"$runs/manifest.csv"
  seconds=$(date +%s.%N)
  "$moetrain" -q --backend cuda --manifest "$runs/manifest.csv" --jobs "$jobs" --out "$runs/out" >&2 || return 1
  seconds=$(echo "$(date +%s.%N) - $seconds" | bc)
  rm -rf "$runs"
  echo "{\"jobs\": $jobs, \"models\": 32, \"seconds\": $seconds, \"tokens_per_s\": $(echo "32 * $tokens / $seconds" | bc)}"
}
sweep() { for jobs in 1 8 16 32; do step "sweep_$jobs" "$self" --inside train_at_once $jobs; done; }

torch() {
  if ! "$PYTHON" -c 'import torch' 2>/dev/null; then
    echo "torch: skipped, $PYTHON has no PyTorch" | tee -a "$out/steps.txt"
    return
  fi
  step torch_rate "$PYTHON" tests/bench/moe_torch.py --rate
  for how in eager compiled; do
    step torch_small_$how "$PYTHON" tests/bench/moe_torch.py --how $how --shape "$small"
    step torch_large_$how "$PYTHON" tests/bench/moe_torch.py --how $how --steps 5 --shape "$large"
  done
  step torch_models_compiled "$PYTHON" tests/bench/moe_torch.py --how compiled --models 8 --shape "$small"
}

if [ "${1:-}" = --inside ]; then # timeout runs programs, so this one runs its functions for it
  shift
  "$@"
  exit
fi
card=$(card_says name | tr -c 'A-Za-z0-9\n' _)
[ -n "$card" ] || { echo "card.sh: nvidia-smi names no card" >&2; exit 3; }
out=artifacts/bench/$card failed=0
export BUILD PYTHON
mkdir -p "$out"
{ card_says name,driver_version,clocks.max.sm && git rev-parse HEAD && date -u +%FT%TZ; } >"$out/steps.txt"
[ $# -gt 0 ] || set -- build cases sanitizer golden bench sweep torch
for name in "$@"; do
  case $name in
  build | cases | sanitizer | golden | bench | sweep | torch) $name ;;
  *) echo "card.sh: no step '$name'; steps: build cases sanitizer golden bench sweep torch" >&2; exit 2 ;;
  esac
done
exit $failed
