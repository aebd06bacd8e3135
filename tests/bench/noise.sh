#!/bin/bash
# noise.sh - seed noise and learning rates: trains pipeline/designs/noise.yaml or lr.yaml, writes artifacts/runs/noise.csv
# or lr.csv (the run table and, after it, the settings that the design varies), and prints mean and seed deviation of each
# setting. About 10 minutes of one core; resumes where it was stopped.
# Usage: tests/bench/noise.sh noise|lr CORPUS [JOBS]; tests/bench/noise.sh noise|lr - prints the table that is there.
set -eu
design=$1 corpus=$2 jobs=${3:-1} bin=${BUILD:-build}/bin
settings=seq_len,warmup_tokens,decay_fraction,average,beta2,lr_width
place=artifacts/$design table=artifacts/runs/$design.csv

if [ "$corpus" != - ]; then
  mkdir -p "$place" artifacts/runs
  name=$("$bin/moetrain" corpus "$corpus" | sed 's/.*"corpus": "\([^"]*\)".*/\1/')
  "$bin/moesweep" expand "pipeline/designs/$design.yaml" --corpus-sha "$name" -o "$place/manifest.csv"
  "$bin/moetrain" --manifest "$place/manifest.csv" --corpus "$corpus" --out "$place/runs" --jobs "$jobs" >/dev/null
  "$bin/moesweep" collect "$place/manifest.csv" "$place/runs" -o "$place/runs.csv"
  awk -F, -v OFS=, -v settings=$settings 'BEGIN { n = split(settings, name, ",") }
    FNR == 1 { if (NR == 1) for (i = 1; i <= NF; i++) at[$i] = i; else print $0, settings; next }
    NR == FNR { for (i = 1; i <= n; i++) kept[$1] = kept[$1] OFS $at[name[i]]; next }
    { print $0 kept[$1] }' "$place/manifest.csv" "$place/runs.csv" >"$table.new"
  mv "$table.new" "$table"
fi

awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { key = sprintf("%7d %8d %6d %7g %6g %6g %6g", $at["d_model"], $at["D"], $at["batch_tokens"], $at["lr"], $at["decay_fraction"], $at["average"], $at["beta2"])
    x = $at["loss"]; n[key]++; sum[key] += x; squares[key] += x * x }
  END { print "d_model        D  batch      lr  decay average  beta2 seeds   loss  deviation"
    for (key in n) { mean = sum[key] / n[key]
      print key, sprintf("%5d %.4f  %s", n[key], mean, n[key] > 1 ? sprintf("%.4f", sqrt((squares[key] - n[key] * mean * mean) / (n[key] - 1))) : "-") | "sort -n -k1 -k4 -k5" } }' "$table"
