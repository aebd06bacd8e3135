#!/bin/bash
# test_bench.sh - moetrain bench: what it prints, and that its numbers fit together.
. tests/tap.sh

tiny=vocab=32,d_model=32,n_layers=1,n_heads=1,n_experts=4,top_k=2,n_shared=1,d_ff_expert=16,seq_len=16,batch=2
bench() { "$BIN/moetrain" bench --backend cpu --rounds 1 --steps 2 --gemm 128 --shape "$tiny" "$@"; }

check "bench runs" bench
for name in tokens_per_s model_gflops gemm_gflops ms_per_step; do prints "it prints $name" "$name"; done
check "as JSON" bench --json
for name in tokens_per_s model_gflops gemm_gflops ratio shares routing permutation products attention other; do
  prints "JSON has $name" "\"$name\": "
done

# GFLOP/s = tokens/s x M, and the shares of time add up to one.
fits() {
  bench --json | tr ',{}' '\n\n\n' | awk -F': ' '
    { gsub(/[" ]/, "", $1); x[$1] = $2 }
    END {
      shares = x["routing"] + x["permutation"] + x["products"] + x["attention"] + x["other"]
      flops = x["tokens_per_s"] * x["M"] * 1e-9 / x["model_gflops"]
      exit !(shares > 0.998 && shares < 1.002 && flops > 0.9999 && flops < 1.0001)
    }'
}
check "rates and shares fit together" fits
check "operations one by one" "$BIN/moetrain" bench --backend cpu-plain --ops
prints "attention among them" attention
exits 2 "an impossible shape" "$BIN/moetrain" bench --shape top_k=64
says "names the field" top_k
exits 2 "an unknown backend" "$BIN/moetrain" bench --backend abacus
says "lists what there is" cpu-plain
