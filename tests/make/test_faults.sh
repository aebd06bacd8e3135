# test_faults.sh - bad tables and failing disks through every program: exit status, a message with file, line and what was
# expected, and outputs that were there stay as they were.
. tests/tap.sh
law=$BIN/moelaw
good=$work/runs.csv
"$law" simulate zhao2025 --help >"$work/help" 2>&1
{
  echo run_id,source,D,N,Na,granularity,G,S,loss,notes
  for i in $(seq 1 40); do
    awk -v i="$i" 'BEGIN { srand(i); n = 1e5 * 2 ^ (i % 5); d = 1e6 * 2 ^ int(i / 8); g = 2 ^ (i % 3 + 1); s = (i % 4) / 8; na = n * (0.3 + 0.1 * (i % 4))
      printf "r%d,test,%d,%d,%d,4,%d,%g,%.6f,k=%d\n", i, d, n, na, g, s, 1 + 30 / n ^ 0.3 + 80 / d ^ 0.35 + 0.003 * rand(), i }'
  done
} >"$good"
fit() { "$law" fit "$1" --law hoffmann2022 --starts 20 --bootstrap 0 "${@:2}"; }
exits 0 "a good table is fitted" fit "$good" -o "$work/fit.json"
cp "$work/fit.json" "$work/keep.json"

bad() { # NAME TABLE-FILE TEXT-IN-MESSAGE: status 2, and the fit that was there stays
  exits 2 "$1" fit "$2" -o "$work/fit.json"
  says "$1: says so" "$3"
}
bad "no such table" "$work/none.csv" "none.csv: cannot read"
bad "a folder for a table" "$work" "$work"
: >"$work/t.csv"; bad "an empty table" "$work/t.csv" "is empty"
head -1 "$good" >"$work/t.csv"; bad "a table without rows" "$work/t.csv" "t.csv"
cut -d, -f1-8 "$good" >"$work/t.csv"; bad "no loss column" "$work/t.csv" "loss"
cut -d, -f1,2,4- "$good" >"$work/t.csv"; bad "a column that the law needs" "$work/t.csv" "D"
sed '5s/,test,[0-9]*,/,test,many,/' "$good" >"$work/t.csv"; bad "text in a number" "$work/t.csv" "t.csv:5: D: 'many'"
sed '6s/,test,/,test,-/' "$good" >"$work/t.csv"; bad "negative tokens" "$work/t.csv" "t.csv:6: D"
sed '7s/^r6,/r2,/' "$good" >"$work/t.csv"; bad "a run id that comes twice" "$work/t.csv" "t.csv:7: run_id"
sed '8s/$/,more/' "$good" >"$work/t.csv"; bad "a row with too many cells" "$work/t.csv" "t.csv:8: has 11 cells, expected 10"
sed '9s/^/"/' "$good" >"$work/t.csv"; bad "a quote that stays open" "$work/t.csv" "t.csv:9"
head -c 3000 /dev/urandom >"$work/t.csv"; bad "no text at all" "$work/t.csv" "t.csv"
exits 2 "an unknown law" "$law" fit "$good" --law newton1687 -o "$work/fit.json"
says "says where they are" "moelaw laws"
exits 2 "an unknown option" fit "$good" --nonsense
exits 2 "a condition that is none" fit "$good" --where "D>>3" -o "$work/fit.json"
exits 2 "a condition that no row meets" fit "$good" --where "D>1e30" -o "$work/fit.json"
check "the fit that was there is untouched" cmp "$work/fit.json" "$work/keep.json"

# Inputs of a size or depth that takes for ever where something grows with its square.
{ printf 'grid: '; head -c 500000 /dev/zero | tr '\0' '['; } >"$work/deep.yaml"
exits 2 "a design of half a million brackets" timeout 5 "$BIN/moesweep" expand "$work/deep.yaml"
says "says what is wrong" "deep.yaml:1: nested deeper than 16"
exits 2 "a spec of half a million brackets" timeout 5 "$BIN/moeplot" "$work/deep.yaml" -o "$work/x.png"
{ head -c 400000 /dev/zero | sed 's/./- /g'; echo; } >"$work/deep.yaml"
exits 2 "a design of 400,000 dashes" timeout 20 "$BIN/moesweep" expand "$work/deep.yaml"
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "c%d,", i; print "D,N,loss"
  for (r = 0; r < 20; r++) { for (i = 0; i < 100000; i++) printf ","; printf "%d,%d,%g\n", 1e9 * 2 ^ (r % 7), 1e8 * 2 ^ (r % 5), 2 + 1 / (1 + r) } }' >"$work/wide.csv"
exits 0 "a table of 100,000 columns" timeout 20 "$law" fit "$work/wide.csv" --law hoffmann2022 --starts 3 --bootstrap 0 -o "$work/wide.json"

# Disks. Root may write anywhere, so a folder that takes no files is a file or /proc.
exits 3 "a folder that is not there" fit "$good" -o "$work/no/such/fit.json"
exits 3 "a folder that cannot be written" fit "$good" -o /proc/fit.json
# As root -o could replace a device by a file.
simulate() { "$law" simulate zhao2025 -q -o "$1"; }
exits 3 "a full device" simulate /dev/full
says "says so" "No space left"
check "and stays a device" [ -c /dev/full ]
exits 0 "standard output by its path" simulate /dev/stdout
prints "gets the table" run_id
echo kept >"$work/log"
simulate /dev/fd/3 3>>"$work/log"
check "an open file is written where it is" sh -c "head -1 '$work/log' | grep -q kept && grep -q run_id '$work/log'"
exits 3 "a full disk (standard output)" bash -c "'$law' fit '$good' --law hoffmann2022 --starts 20 --bootstrap 0 --json >/dev/full"
if mkdir "$work/small" && mount -t tmpfs -o size=16k tmpfs "$work/small" 2>/dev/null; then
  head -c 16k /dev/zero >"$work/small/fill" 2>/dev/null
  truncate -s 12k "$work/small/fill"
  cp "$work/keep.json" "$work/small/fit.json" 2>/dev/null || : >"$work/small/fit.json"
  before=$(sha256sum <"$work/small/fit.json")
  head -c 16k /dev/zero >>"$work/small/fill" 2>/dev/null
  exits 3 "a full disk" fit "$good" -o "$work/small/fit.json"
  says "a full disk: says so" "No space left"
  check "keeps the file that was there" [ "$before" = "$(sha256sum <"$work/small/fit.json")" ]
  check "leaves no part of a file" [ -z "$(find "$work/small" -name '*.tmp.*')" ]
  exits 3 "a full disk: the manifest" "$BIN/moesweep" expand pipeline/designs/joint.yaml -q -o "$work/small/m.csv"
  check "no manifest is left half written" [ ! -e "$work/small/m.csv" ]
  umount "$work/small"
else
  skip "a full disk" "no right to mount a small one"
fi

# The other programs say what is wrong in the same way.
exits 2 "moeplot: no such spec" "$BIN/moeplot" "$work/none.yaml" -o "$work/x.pdf"
exits 2 "moeplot: a table lacks the column" "$BIN/moeplot" plot/specs/parity.yaml "$good" -o "$work/x.pdf"
says "moeplot: names it" "no column"
check "moeplot: writes nothing" [ ! -e "$work/x.pdf" ]
exits 2 "moetrain: no such corpus" "$BIN/moetrain" --run tokens=1e3 --corpus "$work/none.txt" --out "$work/out"
: >"$work/empty.txt"
exits 2 "moetrain: an empty corpus" "$BIN/moetrain" --run tokens=1e3 --corpus "$work/empty.txt" --out "$work/out"
exits 2 "moetrain: negative tokens" "$BIN/moetrain" --run tokens=-1e3,corpus=markov: --out "$work/out"
says "moetrain: names the setting" "tokens = -1e3"
check "moetrain: trains nothing" [ -z "$(find "$work/out" -name record.jsonl 2>/dev/null)" ]
for program in moesweep moetrain moelaw moeplot; do
  exits 0 "$program --help" "$BIN/$program" --help
  exits 0 "$program --version" "$BIN/$program" --version
done
