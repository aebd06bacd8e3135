#!/bin/bash
# run.sh - builds tests/fuzz/fuzz_NAME.c with clang's libFuzzer and sanitizers and runs it for SECONDS from the seeds in
# tests/fuzz/NAME (new inputs go to build/fuzz/NAME, a crash to build/fuzz/). Usage: tests/fuzz/run.sh [NAME [SECONDS]]
# A target's first lines may say "// sources: ..." and "// packages: ..." for what it needs beyond the ground floor.
set -eu
cd "$(dirname "$0")/../.."
command -v clang >/dev/null || { echo "fuzz: clang is missing" >&2; exit 2; }
seconds=${2:-30} out=build/fuzz
mkdir -p $out
for target in tests/fuzz/fuzz_${1:-*}.c; do
  name=$(basename "$target" .c) name=${name#fuzz_}
  sources=$(sed -n 's|^// sources: ||p' "$target") packages=$(sed -n 's|^// packages: ||p' "$target")
  # shellcheck disable=SC2086,SC2046
  clang -std=c17 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -D__SANITIZE_ADDRESS__ -Ipipeline -Itrain -Ianalyze -Iplot "$target" $sources \
    pipeline/ground/{status,output,leftover,number,args,table,sha256,words}.c $([ -z "$packages" ] || pkg-config --cflags --libs $packages) \
    -lm -o "$out/fuzz_$name"
  mkdir -p "$out/$name"
  seeds=$(sed -n 's|^// seeds: ||p' "$target")
  "$out/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -artifact_prefix="$out/" "$out/$name" "tests/fuzz/$name" $seeds
done
