# The CUDA backend's build: switches of make, code for each architecture, and what moetrain says without a card.
. tests/tap.sh

exits 2 "CUDA=1 without nvcc is refused" make -n CUDA=1 NVCC= BUILD="$work/build" build
says "and says what to do" "install the CUDA Toolkit or use CUDA=auto"
exits 2 "CUDA takes auto, 0 and 1 alone" make -n CUDA=yes BUILD="$work/build" build
says "and says so" "expected auto, 0 or 1"
exits 2 "NCCL takes auto, 0 and 1 alone" make -n NCCL=yes BUILD="$work/build" build
says "and says so too" "NCCL=yes: expected auto, 0 or 1"

make -n CUDA=0 BUILD="$work/build" "$work/build/bin/moetrain" >"$out" 2>"$err"
if grep -q 'train/cuda' "$out"; then not_ok "CUDA=0 builds nothing of CUDA"; else ok "CUDA=0 builds nothing of CUDA"; fi

make -n BLAS= BUILD="$work/build" "$work/build/obj/train/cpu/cpu.o" >"$out" 2>"$err"
prints "without a BLAS the CPU backend has its own products" "-DNO_BLAS"
check "which compile" ${CC:-cc} -std=c17 -D_GNU_SOURCE -DNO_BLAS -Wno-psabi -fsyntax-only -Itrain -Ipipeline train/cpu/cpu.c

nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null)
if [ -z "$nvcc" ]; then
  skip "code for sm_80, sm_90 and PTX" "no nvcc"
else
  for sm in 80 90; do
    check "code for sm_$sm" "$nvcc" -std=c++17 -Itrain -Ipipeline -O3 -arch=sm_$sm -cubin train/cuda/product.cu -o "$work/product_$sm.cubin"
  done
  check "PTX" "$nvcc" -std=c++17 -Itrain -Ipipeline -ptx -arch=compute_90 train/cuda/attention.cu -o "$work/attention.ptx"
  check "with tensor cores" grep -q 'mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32' "$work/attention.ptx"
  nccl=$(ls "$(dirname "$nvcc")"/../include/nccl.h /usr/include/nccl.h 2>/dev/null | head -1)
  if [ -n "$nccl" ]; then
    check "sums over cards through NCCL" "$nvcc" -std=c++17 -Itrain -Ipipeline -arch=sm_80 -Xcompiler -Wall,-Wextra,-Werror -c train/cuda/cards.cu -o "$work/cards.o"
  else
    skip "sums over cards through NCCL" "no nccl.h"
  fi
  make -n CUDA=1 NCCL=0 BUILD="$work/build" NVCC="$nvcc" "$work/build/bin/moetrain" >"$out" 2>"$err"
  if grep -q "cards.cu\|HAVE_NCCL" "$out"; then not_ok "NCCL=0 builds nothing of NCCL"; else ok "NCCL=0 builds nothing of NCCL"; fi
fi

tiny="d_model=16,n_layers=1,n_experts=2,top_k=1,d_ff_expert=16,seq_len=16,batch=2,tokens=64,eval_tokens=64"
run="$tiny,corpus=markov:vocab=16;branches=4;seed=1"
if ls /dev/nvidia[0-9]* >/dev/null 2>&1 && [ -n "$nvcc" ]; then
  check "a card trains" "$BIN/moetrain" --run "$run" --backend cuda --out "$work/runs"
elif [ -n "$nvcc" ] && [ "${CUDA:-auto}" != 0 ]; then
  exits 3 "without a card the cuda backend ends with 3" "$BIN/moetrain" --run "$run" --backend cuda --out "$work/runs"
  says "and says that none answers" "no CUDA card"
else
  exits 2 "a program without CUDA refuses the backend" "$BIN/moetrain" --run "$run" --backend cuda --out "$work/runs"
  says "and says how to get it" "CUDA=1"
fi
