#!/bin/bash
# run.sh - builds tests/fuzz/fuzz_NAME.c with clang's libFuzzer and sanitizers and runs it for SECONDS from the seeds in
# tests/fuzz/NAME (new inputs go to build/fuzz/NAME, a crash to build/fuzz/). Usage: tests/fuzz/run.sh [NAME [SECONDS]]
# Where tests/fuzz/NAME.dict is, its words are used. A target's first lines say "// room: ROOM", whose objects it is
# linked with, and "// seeds: FOLDER..." for more of them. `make test` tries all seeds once.
set -eu
cd "$(dirname "$0")/../.."
command -v clang >/dev/null || { echo "fuzz: clang is missing" >&2; exit 2; }
seconds=${2:-30} out=build/fuzz
mkdir -p $out
packages=$(pkg-config --cflags gsl jansson yaml-0.1 zlib pangocairo libpng)
export flags="-std=c17 -D_GNU_SOURCE -D__SANITIZE_ADDRESS__ -g -O1 -fno-sanitize-recover=all -Wno-everything -Ipipeline $packages"
# object ROOM FILE: compiled if it is not, or is older than any source.
object() {
  local to=$PWD/build/fuzz/obj/${2%.c}.o
  [ "$to" -nt "$2" ] && [ "$to" -nt build/fuzz/headers ] && return
  mkdir -p "${to%/*}"
  # shellcheck disable=SC2086  # a list
  ${CC:-clang} $flags -I"$1" -fsanitize=fuzzer-no-link,address,undefined -c "$2" -o "$to"
}
export -f object
newest=$(find analyze plot pipeline -name '*.h' -newer $out/headers 2>/dev/null | head -1)
if [ -n "$newest" ] || [ ! -e $out/headers ]; then touch $out/headers; sleep 1; fi

for target in tests/fuzz/fuzz_${1:-*}.c; do
  name=$(basename "$target" .c) name=${name#fuzz_}
  room=$(sed -n 's|^// room: ||p' "$target") seeds=$(sed -n 's|^// seeds: ||p' "$target")
  sources=$(find "$room" pipeline/ground pipeline/run -name '*.c' | grep -v "^$room/moe\|/moesweep.c" | sort -u)
  xargs -P 2 -I{} bash -c 'object "$0" "$1"' "$room" {} <<<"$sources"
  # shellcheck disable=SC2086,SC2046
  ${CC:-clang} $flags -Itests/fuzz -I"$room" -fsanitize=fuzzer,address,undefined "$target" $(sed 's|^|build/fuzz/obj/|; s|c$|o|' <<<"$sources") \
    $(pkg-config --libs gsl jansson yaml-0.1 zlib pangocairo libpng) -lm -o "$out/fuzz_$name"
  mkdir -p "$out/$name"
  options=(-max_total_time="$seconds" -max_len=16384 -timeout=20 -artifact_prefix="$out/" -print_final_stats=1)
  [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
  # shellcheck disable=SC2086
  "$out/fuzz_$name" "${options[@]}" "$out/$name" "tests/fuzz/$name" $seeds
  rm -rf /dev/shm/moelaw-fuzz-*
done
