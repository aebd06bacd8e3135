# The tables of the runs themselves, against hand-made files.
. tests/tap.sh
moelaw=$BIN/moelaw
cat >"$work/s.csv" <<'T'
run_id,D,N,Na,G,S,num_experts,top_k,d_model,n_layers,lr,batch_tokens,M,cpu_s,device,loss,loss_se,seed
aaaabbbbcccc,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,1e6,1800,A 50% chip,2.00,0.01,1
a2,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,1e6,1800,A 50% chip,2.02,0.01,2
a3,1e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,1e6,1800,A 50% chip,2.04,0.01,3
b1,4e6,1e6,2e5,2,0,8,2,64,4,0.004,1024,1e6,900,A 50% chip,1.80,0.01,1
d1,4e6,1.01e6,2.01e5,2,0,8,2,48,8,0.004,1024,1e6,900,A 50% chip,1.83,0.01,1
d2,1e6,1.01e6,2.01e5,2,0,8,2,48,8,0.004,1024,1e6,900,A 50% chip,2.05,0.01,1
T
printf 'run_id,d_model,gate,lr,cell\na,64,soft_max,0.004,x\nb,48,soft_max,0.004,y\n' >"$work/m.csv"
printf 'run_id,d_model,gate,lr\na,64,sigmoid,0.004\nb,64,soft_max,0.01\n' >"$work/t.csv"
printf 'law,noise,clusters,statistic,replicates,printed,covered\nx,iid,8,a,200,200,0.95\nx,iid,8,b,200,200,0.85\nx,iid,30,a,200,0,\ny,iid,8,a,200,200,0.99\n' >"$work/c.csv"
echo '{"date": "2026-01-02", "trained_before": 0, "manifest": {"runs": 7, "cells": 3}, "deviations": [],
  "questions": [{"question": "is 50% enough?", "statistic": "mean_loss", "decision": "yes if so"}]}' >"$work/r.json"
exits 0 "tables with all that is known" "$moelaw" tables -q published:zhao2025 "$work/s.csv" --manifest "$work/m.csv" \
  --tried "$work/t.csv" --register "$work/r.json" --coverage "$work/c.csv" -o "$work/o"
o=$work/o
has() { if grep -qF -- "$3" "$o/$2"; then ok "$1"; else not_ok "$1: $2 lacks $3"; fi; }
has "processor hours" record.tex '\recordCpuHours}{\ensuremath{2.250}}'
has "FLOPs" record.tex '\recordFlops}{\ensuremath{1.200\times10^{13'
has "the device, safe for LaTeX" record.tex 'A 50\% chip'
has "the deviation of three seeds" record.tex '\noiseFirst}{\ensuremath{0.02'
has "the pairs of backbones" record.tex '\depthPairs}{2}'
has "their mean difference, 0.03 and 0.05" record.tex '\depthEffect}{\ensuremath{0.04'
has "each run by eight letters" runs.tex '\texttt{aaaabbbb} & 64 & 4 & 8 & 2 & 2 & 0 & 1.00M'
check "and all of them" [ "$(grep -c texttt "$o/runs.tex")" = 6 ]
has "a setting with its values in order" settings.tex '\texttt{d\_model} & 48, 64 & 64 \\'
has "what was tried besides" settings.tex '\texttt{gate} & soft\_max & sigmoid, soft\_max \\'
check "what follows from settings is none" sh -c "! grep -q 'cell\\|run' '$o/settings.tex'"
has "the question, safe for LaTeX" questions.tex 'is 50\% enough?'
has "when it was asked" questions.tex '\registerDate}{2026-01-02}'
has "intervals counted and held" coverage.tex 'x & 8 & 2 & 1 & 0.85--0.95 \\'
has "of each law" coverage.tex 'y & 8 & 1 & 0 & 0.99--0.99 \\'
check "nothing of what was not printed" sh -c "! grep -q '& 30 &' '$o/coverage.tex'"
has "all digits of the law" exact.tex '\texttt{27129.05}'
check "at least the nine laws of the papers" [ "$(grep -c paragraph "$o/formulas.tex")" -ge 9 ]
echo nonsense >"$work/r.json"
exits 2 "a register that is none" "$moelaw" tables -q published:zhao2025 "$work/s.csv" --register "$work/r.json" -o "$work/p"
says "says where" "r.json:1"
exits 2 "coverage that is none" "$moelaw" tables -q published:zhao2025 "$work/s.csv" --coverage "$work/m.csv" -o "$work/p"
