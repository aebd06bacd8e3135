# test_kept.sh - what is kept beside a table: curves, losses by block, provenance, manifest, the README's part; from two
# machines, with a run that failed.
. tests/tap.sh
sweep=$BIN/moesweep t=$work/kept/t.csv
mkdir "$work/kept"
cat >"$work/d.yaml" <<'YAML'
defaults: {n_layers: 1, seq_len: 16, batch: 4, eval_tokens: 8192, warmup_tokens: 200, lr: 1e-3, lr_width: 0}
grid: {d_model: 16, n_experts: 2, seed: [1, 2], tokens: [1280, 6400]}
YAML
m=$work/m.csv
"$sweep" expand "$work/d.yaml" --corpus-sha 'markov:vocab=64;branches=4;seed=1' -q -o "$m"
mapfile -t ids < <(tail -n +2 "$m" | cut -d, -f1)
train() { "$BIN/moetrain" --manifest "$m" --out "$work/$1" --only "$2" -q >/dev/null 2>&1; }
collect() { "$sweep" collect "$m" "$work/$1" --into "$t" --partial -q; }
check "one machine trains two runs" train one "${ids[0]},${ids[1]}"
check "another the rest" train two "${ids[2]},${ids[3]}"
printf 'before\n<!-- t -->\n<!-- /t -->\nafter\n' >"$work/kept/README.md"
exits 0 "the first machine collects" collect one
mkdir -p "$work/three/${ids[3]}"
echo '{"event": "config", "program": "moetrain 9", "device": "a, b", "started": "2026-01-01T00:00:00Z"}' >"$work/three/${ids[3]}/record.jsonl"
echo "diverged: \"loss\" is no number, at step 7" >"$work/three/${ids[3]}/FAILED"
exits 0 "a third one on which a run diverged" collect three
column() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' <(zcat -f "$work/kept/$1"); }
check "provenance has program and flags" [ "$(column t-provenance.csv flags | grep -c march)" = 2 ]
check "provenance knows of the failure" grep -q "^${ids[3]},failed,\"diverged: \"\"loss\"\" is no number, at step 7\",moetrain 9,,,,\"a, b\"," "$work/kept/t-provenance.csv"
check "the README too" grep -qF -- "- ${ids[3]}: diverged: \"loss\" is no number, at step 7" "$work/kept/README.md"
exits 0 "the second machine collects: there it went well" collect two
check "which counts" grep -q "^${ids[3]},done,,moetrain" "$work/kept/t-provenance.csv"
check "and is said" grep -qF "No run failed." "$work/kept/README.md"
check "the table has all runs" [ "$(wc -l <"$t")" = 5 ]
for file in t-curves.csv.gz t-loads.csv.gz t-blocks.csv.gz t-provenance.csv; do
  check "$file has all runs, sorted" [ "$(column $file run_id | uniq)" = "$(printf '%s\n' "${ids[@]}" | sort)" ]
done
check "128 blocks a run" [ "$(column t-blocks.csv.gz block | sort -n | uniq -c | sort -u | wc -l)" = 128 ]
mean_is_loss() { # the blocks' mean against the table's loss
  zcat "$work/kept/t-blocks.csv.gz" | awk -F, -v id="$1" '$1 == id { sum += $3; n++ } END { printf "%.5f\n", sum / n }' >"$work/mean"
  awk -F, -v id="$1" -v mean="$(cat "$work/mean")" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $1 == id { d = $c["loss"] - mean; exit !(d < 2e-3 && d > -2e-3) }' "$t"
}
for id in "${ids[@]}"; do check "whose mean is the loss of $id" mean_is_loss "$id"; done
last_eval() { zcat "$work/kept/t-curves.csv.gz" | awk -F, -v id="$1" '$1 == id && $2 == "eval" { loss = $6 } END { print loss }'; }
loss_of() { awk -F, -v id="$1" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $1 == id { printf "%.6g", $c["loss"] }' "$t"; }
check "a curve ends at the run's loss" [ "$(last_eval "${ids[1]}")" = "$(loss_of "${ids[1]}")" ]
check "steps are few" [ "$(zcat "$work/kept/t-curves.csv.gz" | grep -c "^${ids[1]},step")" -lt 40 ]
check "the manifest is there" cmp "$m" "$work/kept/t-manifest.csv"
check "what stood around the README's part stays" [ "$(sed -n '1p;$p' "$work/kept/README.md")" = "before
after" ]
check "the README counts" grep -q '^4 runs of 2 stable phases and 1 cells\. D 1\.28K to 6\.40K' "$work/kept/README.md"
check "and names the machine" grep -q '^| 4 | .* | cpu | moetrain ' "$work/kept/README.md"

# Curves of figures from what is kept, where there is no record, against those from the records.
mkdir "$work/all" && cp -r "$work"/one/* "$work"/two/* "$work/all"
exits 0 "curves from the records" "$sweep" curves "$m" "$work/all" --runs 1 -o "$work/from-records"
exits 0 "curves from what is kept" "$sweep" curves "$m" "$work/nothing" --runs 1 --table "$t" -o "$work/from-kept"
check "loads are the same" cmp "$work/from-records/load.csv" "$work/from-kept/load.csv"
close() { # FILE COLUMN WHAT: every row kept of the run that both drew is in the records' file, as it was rounded
  awk -F, -v c="$2" -v what="${3:-}" 'what && $2 != what { next } { key = what ? $3 : $2 }
    NR == FNR { x[$1, key] = $c; next } ($1, key) in x { n++; d = $c - x[$1, key]; if (d * d > 4e-7 * $c * $c) { bad = 1; exit } } END { exit bad || n < 20 }' "$work/from-records/$1" "$work/from-kept/$1"
}
check "losses over steps too" close training.csv 6 training
check "and rates" close training.csv 5 training
check "and costs" close cost.csv 4
check "and seconds" close cost.csv 3

sums() { (cd "$work/kept" && sha256sum -- *); }
sums >"$work/sums"
exits 0 "collecting once more" collect one
check "changes no byte" [ "$(sums)" = "$(cat "$work/sums")" ]
rm "$work"/kept/t*
for machine in two one; do collect $machine; done
check "nor does another order of machines" [ "$(sums | grep -v README)" = "$(grep -v README "$work/sums")" ]

# What is damaged is said, and nothing is written over it.
cp -r "$work/kept" "$work/whole"
head -c 200 "$work/whole/t-blocks.csv.gz" >"$work/kept/t-blocks.csv.gz"
exits 2 "a compressed file that is cut" collect one
says "is named" "t-blocks.csv.gz: "
check "and left alone" cmp -n 200 "$work/kept/t-blocks.csv.gz" "$work/whole/t-blocks.csv.gz"
cp "$work/whole/t-blocks.csv.gz" "$work/kept/"
{ cat "$work/whole/t-provenance.csv"; sed -n 2p "$work/whole/t-provenance.csv"; } >"$work/kept/t-provenance.csv"
exits 2 "rows of one run in two places" collect one
says "are named" "do not stand together"
sed 1d "$work/whole/t-provenance.csv" >"$work/kept/t-provenance.csv"
exits 2 "no header" collect one
says "says what is expected" "t-provenance.csv:1: expected run_id,status"
cp "$work/whole/t-provenance.csv" "$work/kept/"
rm "$work/kept/t-curves.csv.gz"
mv "$work/one/${ids[0]}/record.jsonl" "$work/aside" && mkdir "$work/one/${ids[0]}/record.jsonl"
exits 3 "a record that cannot be read" collect one
check "writes nothing" [ ! -e "$work/kept/t-curves.csv.gz" ]
rmdir "$work/one/${ids[0]}/record.jsonl" && mv "$work/aside" "$work/one/${ids[0]}/record.jsonl"
rm "$work/kept/README.md"
exits 0 "no README" collect one
check "makes none" [ ! -e "$work/kept/README.md" ]
check "curves that were lost come back from the records that are here" [ "$(column t-curves.csv.gz run_id | uniq | wc -l)" = 2 ]
check "no temporary file is left" [ -z "$(find "$work/kept" -name '*.tmp.*')" ]
