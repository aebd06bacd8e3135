#!/bin/bash
# test_import.sh - exports and logs of other programs as run tables. The samples in tests/analyze/import were written for
# this in the forms that the programs document; what must come out was worked out apart from them.
. tests/tap.sh
samples=tests/analyze/import
# cell FILE COLUMN [ROW]: a cell of a table without quotes.
cell() { awk -F, -v c="$2" -v r="${3:-1}" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next } NR == r + 1 && k { print $k }' "$1"; }
# brings NAME ARGUMENTS...: imports to $work/NAME.csv
brings() { table=$work/$1.csv; exits 0 "import $1" "$BIN/moelaw" import "${@:2}" -o "$table"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: is '$2', expected '$3'"; fi; }
# counted NAME N Na G S: what `moelaw count` and the formulas of shape.h give.
counted() { is "$1: N, Na, G, S" "$(cell "$table" N) $(cell "$table" Na) $(cell "$table" G) $(cell "$table" S | cut -c1-6)" "$2 $3 $4 $5"; }

# ---- Weights & Biases: the runs table as CSV; dotted names, a name twice, NaN, a crash
brings wandb $samples/wandb_runs.csv
# 4 layers of width 256, 16 experts and a shared one of width 256, tied vocabulary of 8192
counted wandb $((8192*256 + 4*(4*256*256 + 17*3*256*256 + 16*256 + 2*256) + 256)) 5523712 3 0.3333
is "three of five runs" "$(cut -d, -f1 "$table" | paste -sd' ')" "run_id a1b2c3d4 e5f6a7b8 0123abcd"
is "the last evaluation, not the least" "$(cell "$table" loss)" 3.9124
is "a dense run has G 1, S 0, Na N" "$(cell "$table" G 3) $(cell "$table" S 3) $(cell "$table" Na 3)" "1 0 $(cell "$table" N 3)"
is "the rate, which stands there twice" "$(cell "$table" lr)" 0.003
says "names that were recognised are said" "D is 'tokens'"
says "a run that crashed is left out, with a word" "not finished"
says "so is one whose loss is NaN" "1 runs have no loss"
brings unfinished $samples/wandb_runs.csv --unfinished
is "but taken when asked" "$(cell "$table" run_id 3)" 0badc0de
check "what was imported can be fitted" "$BIN/moelaw" fit "$work/wandb.csv" --law power_D --bootstrap 0 --starts 4 -q

# ---- a stated count that is wrong, as in published runs: refused, or kept and marked
sed 's/"16533760","200000000"/"19340000","200000000"/' $samples/wandb_runs.csv >"$work/mislabelled.csv"
exits 2 "a count that is 17 % off" "$BIN/moelaw" import "$work/mislabelled.csv" -o "$work/x.csv"
says "names line and both numbers" "mislabelled.csv:2: states N 19340000, and what its settings make is 16533760: +17.0 %"
check "and nothing is written" [ ! -e "$work/x.csv" ]
brings trusted "$work/mislabelled.csv" --trust
is "with --trust it is kept" "$(cell "$table" N)" 19340000
is "and marked" "$(cell "$table" notes)" counted_N=16533760
sed 's/"16533760","200000000"/"16680000","200000000"/' $samples/wandb_runs.csv >"$work/near.csv"
brings "within 1 %" "$work/near.csv"
is "the count is ours" "$(cell "$table" N)" 16533760
sed 's/"16533760","200000000"/"14436608","200000000"/' $samples/wandb_runs.csv >"$work/nonemb.csv"
brings "a count without embeddings" "$work/nonemb.csv"
sed 's/"brisk-sun-1","finished"/"brisk-sun-1","finished"/; s/"lr","lr"/"lr","total_flops"/; s/"0.003","0.003"/"0.003","8e15"/' $samples/wandb_runs.csv >"$work/flops.csv"
exits 2 "compute that is not that of the model" "$BIN/moelaw" import "$work/flops.csv" -o "$work/x.csv"
says "is said" "states C"

# ---- Weights & Biases: JSON with NaN, a Hugging Face configuration among a Trainer's settings; the API script's frame
brings json $samples/wandb_runs.json
counted json $((32000*512*2 + 8*(2*512*512 + 2*512*128 + 2*64 + 32*3*512*192 + 32*512 + 2*512) + 512)) 47588864 4 0
is "D, last loss, rate of the configuration" "$(cell "$table" D) $(cell "$table" loss) $(cell "$table" lr)" "1000079360 3.2114 0.0003"
brings frame $samples/wandb_dataframe.csv
is "Python's dicts in cells" "$(cell "$table" N) $(cell "$table" D 2)" "16533760 400000000"
is "runs of one name are told apart" "$(cut -d, -f1 "$table" | sort -u | wc -l)" 3
{ head -1 $samples/wandb_dataframe.csv; tail -1 $samples/wandb_dataframe.csv | sed 's/^1/0/'; sed -n 2p $samples/wandb_dataframe.csv | sed 's/^0/1/'; } | cut -d, -f2- >"$work/turned.csv"
cut -d, -f2- $samples/wandb_dataframe.csv >"$work/straight.csv"
brings turned "$work/turned.csv"; turned=$(cut -d, -f1 "$table" | sort)
brings straight "$work/straight.csv"
is "wherever their rows stand" "$turned" "$(cut -d, -f1 "$table" | sort)"
printf '"Step","brisk-sun-1 - eval/loss","brisk-sun-1 - eval/loss__MIN"\n1,3,3\n' >"$work/chart.csv"
exits 2 "a chart's export" "$BIN/moelaw" import "$work/chart.csv" -o "$work/x.csv"
says "is told from a table of runs" "export the table of runs"
printf 'run_id,tokens,train/loss,params\na,1e9,3,1e6\n' >"$work/train.csv"
exits 2 "a training loss alone" "$BIN/moelaw" import "$work/train.csv" -o "$work/x.csv"
says "is no evaluation" "there is train/loss"
brings "a training loss by name" "$work/train.csv" --loss train/loss
is "is marked as not counted" "$(cell "$table" notes)" counted=0
exits 2 "the best of many evaluations" "$BIN/moelaw" import $samples/wandb_runs.csv --loss eval/loss.min -o "$work/x.csv"
says "is refused" "the best of many evaluations"
printf 'run_id,teacher/hidden_size,d_model,n_layers,vocab_size,seq_len,d_ff,tokens,val_loss\na,4096,64,2,100,32,128,1e6,3\n' >"$work/teacher.csv"
brings "another model's settings are not taken" "$work/teacher.csv"
is "for this one's" "$(cell "$table" d_model)" 64

# ---- Hugging Face's Trainer
brings trainer $samples/trainer/olmoe-tiny/checkpoint-2000/trainer_state.json
counted trainer $((50304*256*2 + 6*(4*256*256 + 2*256 + 16*3*256*128 + 16*256 + 2*256) + 256)) 28539136 2 0
is "tokens, last loss and not best_metric, the folder's name" "$(cell "$table" D) $(cell "$table" loss) $(cell "$table" run_id)" "262144000 4.0377 olmoe-tiny"
brings gpt2 $samples/trainer/gpt2-small/trainer_state.json
is "the size of GPT-2, tokens of total_flos" "$(cell "$table" N) $(cell "$table" D)" "124439808 26211933"
cp $samples/trainer/gpt2-small/trainer_state.json "$work/trainer_state.json"
brings "without its config.json" "$work/trainer_state.json"
says "its counts are unknown" "do not say"
brings "with --config" "$work/trainer_state.json" --config $samples/trainer/gpt2-small/config.json
is "they are known" "$(cell "$table" N)" 124439808

# ---- Megatron-LM
brings megatron $samples/megatron.log
counted megatron $((50304*512*2 + 6*(2*512*512 + 2*512*128 + 2*512) + 5*(33*3*512*256 + 32*512) + 3*512*1024 + 512)) 66935296 5 0.2
is "samples times sequence, validation set and not test set" "$(cell "$table" D) $(cell "$table" loss) $(cell "$table" lr)" "262144000 3.470915 0.0006"
sed 's/(0, 0): 122560000/(0, 0): 140000000/' $samples/megatron.log >"$work/off.log"
exits 2 "its own count is held against ours" "$BIN/moelaw" import "$work/off.log" -o "$work/x.csv"
sed 's/^/0: /' $samples/megatron.log >"$work/srun.log"
brings "lines with a rank before them" "$work/srun.log"
counted srun 121985536 66935296 5 0.2
sed '$d' $samples/megatron.log | sed 's/3.470915E+00/NaN/' >"$work/nan.log"
exits 2 "a last validation that is NaN" "$BIN/moelaw" import "$work/nan.log" -o "$work/x.csv"
says "is not the one before" "1 have no loss"

# ---- nanochat, llm.c, Levanter
brings nanochat $samples/nanochat.log
counted nanochat $((65536*1280*2 + 20*12*1280*1280)) 560988160 1 0
is "bits a byte, of the last step" "$(cell "$table" bpb) $(cell "$table" D) '$(cell "$table" loss)'" "0.8147 11219763200 ''"
brings "nanochat with bytes" $samples/nanochat.log --bytes-per-token 4.8
is "nats a token: bpb ln 2 bytes" "$(cell "$table" loss | cut -c1-7)" "$(awk 'BEGIN { printf "%.5f", 0.8147 * log(2) * 4.8 }')"
brings "nanochat of today" $samples/nanochat_new.log
is "value embeddings are no work" "$(cell "$table" N) $(cell "$table" N_nonemb)" "286261248 84934656"
brings llmc $samples/llmc.log
is "llm.c" "$(cell "$table" N) $(cell "$table" D) $(cell "$table" loss)" "124475904 9890693120 3.284512"
brings "llm.c's main.log" $samples/llmc_main.log --set n_layer=12 --set n_head=12 --set n_embd=768 --set vocab_size=50304 --set n_positions=1024 --set batch_tokens=524288
is "with settings by hand" "$(cell "$table" N) $(cell "$table" D) $(cell "$table" loss)" "124475904 9890693120 3.2845"
brings marin $samples/tracker_metrics.jsonl
says "a vocabulary that is not said" "do not say vocab_size"
brings "marin with its vocabulary" $samples/tracker_metrics.jsonl --set vocab_size=128256
is "counts agree with parameter_count" "$(cell "$table" N) $(cell "$table" D) $(cell "$table" loss) $(cell "$table" run_id)" "154147328 5242880000 3.6011 llama-130m-a1"
brings events $samples/levanter_events.log
is "events: tokens when it was evaluated, though the log is cut" "$(cell "$table" D) $(cell "$table" loss) $(cell "$table" G)" "131072000 4.33 3"

# ---- any CSV by a mapping
brings mapped $samples/table.csv --map $samples/map.yaml
counted mapped 16533760 5523712 3 0.3333
is "unit, source, a column that is kept" "$(cell "$table" D) $(cell "$table" source) $(cell "$table" optimizer 2)" "500000000 ours adamw"
sed 's/tokens_B, loss/tokens_b, loss/' $samples/map.yaml >"$work/typo.yaml"
exits 2 "a column that is not there" "$BIN/moelaw" import $samples/table.csv --map "$work/typo.yaml" -o "$work/x.csv"
says "line, and what was meant" "typo.yaml:1: columns: no run has 'tokens_b' (did you mean 'tokens_B'?)"
exits 2 "a key of the mapping that is none" "$BIN/moelaw" import $samples/table.csv --map <(echo 'column: {D: x}') -o "$work/x.csv"

# ---- adding to a table
cp "$work/wandb.csv" "$work/all.csv"
printf 'extra,%s\n' "$(head -1 "$work/wandb.csv")" >"$work/own.csv"
sed -n '2,$s/^/"a, b",/p' "$work/wandb.csv" >>"$work/own.csv"
exits 0 "append" "$BIN/moelaw" import $samples/wandb_runs.csv $samples/megatron.log --append "$work/own.csv"
prints "says what it did" "1 run added, 0 replaced, 3 there already"
check "the rows that were there are the same to the letter" diff <(sed -n 2,4p "$work/own.csv") <(sed -n '2,$s/^/"a, b",/p' "$work/wandb.csv")
before=$(sha256sum <"$work/own.csv")
exits 0 "once more" "$BIN/moelaw" import $samples/megatron.log --append "$work/own.csv"
is "changes nothing" "$(sha256sum <"$work/own.csv")" "$before"
sed 's/3.470915E+00/3.400000E+00/' $samples/megatron.log >"$work/megatron.log"
exits 2 "a run with another loss" "$BIN/moelaw" import "$work/megatron.log" --append "$work/own.csv"
says "is named with its line" "own.csv:5: run 'megatron' is there with another loss"
is "and changes nothing" "$(sha256sum <"$work/own.csv")" "$before"
exits 0 "unless it is to replace the old one" "$BIN/moelaw" import "$work/megatron.log" --append "$work/own.csv" --replace
prints "which it says" "0 runs added, 1 replaced"
is "in its place" "$(cell "$work/own.csv" loss 4 | cut -c1-3)$(sed -n 5p "$work/own.csv" | grep -o '3\.4,')" "3.43.4,"
for i in 1 2 3 4 5 6; do sed "s/a1b2c3d4/run-$i/; s/e5f6a7b8/run-b$i/; s/0123abcd/run-c$i/" $samples/wandb_runs.csv >"$work/part$i.csv"; done
for i in 1 2 3 4 5 6; do "$BIN/moelaw" import -q "$work/part$i.csv" --append "$work/together.csv" >/dev/null & done; wait
is "six at a time lose nothing" "$(wc -l <"$work/together.csv")" 19
exits 2 "the same id twice" "$BIN/moelaw" import "$work/part1.csv" "$work/part1.csv" -o "$work/x.csv"
exits 2 "neither -o nor --append" "$BIN/moelaw" import "$work/part1.csv"

# ---- what is no such thing
for text in '' '{' '[1, 2]' '{"config": 3}' '{"log_history": 1}' '[{"config": {"model_type": "qwen3_moe"}, "summary": {"eval/loss": "x"}}]' 'a,b' $'a\n"' '{"tracker": "x", "event": '; do
  printf '%s' "$text" >"$work/bad"
  exits 2 "refused: $(tr -d '\n"' <<<"${text:0:40}")" "$BIN/moelaw" import "$work/bad" -o "$work/x.csv"
done
exits 2 "bytes that are no text" "$BIN/moelaw" import "$BIN/moelaw" -o "$work/x.csv"
check "and nothing was ever written" [ ! -e "$work/x.csv" ]
gzip -c $samples/megatron.log >"$work/megatron-gz.log.gz"
brings gz "$work/megatron-gz.log.gz"
counted gz 121985536 66935296 5 0.2
exits 0 "standard input" sh -c "'$BIN/moelaw' import - -o '$work/stdin.csv' --json < $samples/wandb_runs.csv"
prints "JSON" '"runs": 3'

# ---- three commands from an empty folder, as README and docs/import.md have them
moelaw=$(realpath "$BIN/moelaw")
mkdir "$work/empty"
"$moelaw" simulate hoffmann2022 --rows 40 --noise 0.002 -q -o "$work/planted.csv"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) k[$i] = i; print "Name,State,params,tokens,eval/loss,train/loss"; next }
         { print "run-" NR ",finished," $k["N"] "," $k["D"] "," $k["loss"] "," $k["loss"] - 0.03 }' "$work/planted.csv" >"$work/empty/wandb_export.csv"
three() {
  cd "$work/empty" && "$moelaw" import wandb_export.csv -o runs.csv && "$moelaw" fit runs.csv --law hoffmann2022 -o fit.json &&
    "$moelaw" predict fit.json --at N=1e9,D=2e10
}
check "three commands from an empty folder" eval '(three)'

# ---- names that disagree: refused where a count depends on them, left blank where none does
printf 'run_id,lr,lr,params,tokens,val_loss\na,0.1,0.2,1e6,1e9,3\n' >"$work/rates.csv"
brings "two rates that disagree" "$work/rates.csv"
is "are unknown" "'$(cell "$table" lr)'" "''"
printf 'run_id,config/tokens,summary/tokens,params,val_loss\na,1e9,2e9,1e6,3\n' >"$work/tokens.csv"
exits 2 "two counts of tokens that disagree" "$BIN/moelaw" import "$work/tokens.csv" -o "$work/y.csv"
says "are both named" "'config/tokens' is 1e9 and 'summary/tokens' is 2e9"
