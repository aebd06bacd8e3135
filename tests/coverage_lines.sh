#!/bin/bash
# coverage_lines.sh - sums up gcov's counts by folder. Usage: coverage_lines.sh BUILD
set -eu
cd "$(dirname "$0")/.."
find "$1/obj" -name '*.gcda' -print0 | xargs -0 -r gcov -n -r 2>/dev/null | awk '
  /^File / { file = $2; gsub(/\x27/, "", file); folder = file; sub(/\/[^\/]*$/, "", folder); next }
  /^Lines executed:/ && file != "" { split($0, part, /[:%]| of /); n = $NF; sub(/.*:/, "", n)
    lines[folder] += n; run[folder] += n * part[2] / 100; file = "" }
  END { for (f in lines) { printf "%-24s %6.1f %% of %6d lines\n", f, 100 * run[f] / lines[f], lines[f]; all += lines[f]; good += run[f] }
    if (!all) exit 3
    printf "%-24s %6.1f %% of %6d lines\n", "~all", 100 * good / all, all }' | sort | sed 's/^~/ /'
