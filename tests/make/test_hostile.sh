# test_hostile.sh - names that a shell, a format, LaTeX, SVG, a CSV reader or a path would obey, in every field: they are
# refused, or come out as the letters they are. Nothing of them runs, and nothing is written beside what was asked for.
. tests/tap.sh
shopt -s nullglob
law=$BIN/moelaw sweep=$BIN/moesweep train=$BIN/moetrain plot=$BIN/moeplot
mkdir "$work/out" && cd "$work" || exit 1
mark=$work/touched
# shellcheck disable=SC2016  # nothing is to be expanded
names=('$(touch touched)' '`touch touched`' "'; touch touched; '" '"; touch touched; "' '%n%s%s%n' '\input{/etc/passwd}' '\write18{touch touched}'
  '^^5cinput{/etc/passwd}' $'two\nlines' '../../outside' '/etc/outside' '</text><script>alert(1)</script>' '=cmd|x' $'\e]0;title\a' $'\xff\xfe' \
  "$(printf 'x%.0s' {1..3000})")
nothing_ran() { check "$1: nothing ran, nothing lies outside" test ! -e "$mark" -a ! -e "$work/../outside" -a ! -e /etc/outside -a ! -e "$work/out/touched"; }
ends_well() { # NAME COMMAND...: with a status of its own, whatever it thinks of the name
  local name=$1
  shift
  timeout 60 "$@" >"$out" 2>"$err"
  case $? in 0 | 1 | 2 | 3) ;; *) not_ok "$name: status $? ($*)"; return 1 ;; esac
  if grep -q $'[\a\e]' "$err" "$out"; then not_ok "$name: a terminal would obey"; return 1; fi
}
csv_cell() { printf '"%s"' "${1//\"/\"\"}"; }

# A run table: each name as run id, source, device of notes, and a column.
good=1
"$law" simulate zhao2025 --rows 60 --noise 0.002 -q -o base.csv
for name in "${names[@]}"; do
  cell=$(csv_cell "$name")
  awk -v n="${#names[@]}" 'NR == 1 { print $0 ",extra" } NR > 1 { print $0 "," }' base.csv >t.csv
  awk -F, -v OFS=, 'NR == 2 { exit } { for (i = 1; i <= NF; i++) if ($i == "source") print i }' base.csv >column
  CELL=$cell awk -F, -v OFS=, -v c="$(cat column)" 'NR > 1 && NR < 9 { $c = ENVIRON["CELL"] } { print }' t.csv | { IFS= read -r head; CELL=$cell; printf '%s,%s\n' "$head" "$CELL"; sed 's/$/,/'; } >hostile.csv
  ends_well "a table of $name" "$law" fit hostile.csv --law hoffmann2022 --starts 3 --bootstrap 0 -q -o out/fit.json || good=0
  ends_well "a condition of $name" "$law" fit base.csv --law hoffmann2022 --where "source=$name" --starts 3 --bootstrap 0 -q -o out/fit.json || good=0
  ends_well "a law $name" "$law" fit base.csv --law "$name" -q -o out/fit.json || good=0
  ends_well "a fit $name" "$law" predict "$name" --at N=1e9,D=1e10 || good=0
  ends_well "a design's name $name" "$sweep" expand <(printf 'grid: {d_model: 16}\nblocks: [{name: %s, grid: {d_model: 16}}]\n' "$cell") || good=0
  ends_well "a table in a design $name" "$sweep" expand <(printf 'table: %s\ngrid: {d_model: 16}\n' "$cell") || good=0
  ends_well "a corpus $name" "$train" corpus "$name" || good=0
  ends_well "a run $name" "$train" --run "d_model=16,corpus=$name" --backend cpu -q --out out/runs || good=0
  ends_well "a manifest's id $name" "$sweep" status <(printf 'run_id,d_model\n%s,16\n' "$cell") out/runs || good=0
done
check "moelaw, moesweep and moetrain: each name ends well" [ "$good" = 1 ]
nothing_ran "moelaw, moesweep, moetrain"
# shellcheck disable=SC2016
printf 'table: $(touch${IFS}touched)\ngrid: {d_model: 16}\n' >d.yaml
exits 2 "a design whose table a shell would look into" "$sweep" expand d.yaml
says "is told so" "d.yaml:1: table: '\$(touch\${IFS}touched)', expected letters"

# A record with hostile words: the table has as many cells in each row as in its head.
printf 'grid: {d_model: 16, n_layers: 1, tokens: 640, seq_len: 16, batch: 4, eval_tokens: 64}\n' >d.yaml
"$sweep" expand d.yaml --corpus-sha 'markov:vocab=16;branches=2;seed=1' -q -o m.csv
id=$(sed -n 2p m.csv | cut -d, -f1)
mkdir -p "runs/$id"
good=1
for name in "${names[@]}"; do
  json=$(printf '%s' "${name:0:200}" | sed 's/[\\"]/\\&/g' | tr '\n\a\033' '   ')
  printf '{"event": "config", "device": "%s\\u001b[2J", "commit": "%s", "host": "%s", "program": "%s"}\n{"event": "result", "status": "done", "loss": 2, "loss_se": 0.1, "%s": "%s"}\n' \
    "$json" "$json" "$json" "$json" "$json" "$json" >"runs/$id/record.jsonl"
  sha256sum <"runs/$id/record.jsonl" >"runs/$id/DONE"
  rm -f out/kept*
  ends_well "a record of $name" "$sweep" collect m.csv runs --into out/kept.csv || good=0
  [ ! -e out/kept.csv ] || awk -F, 'NR == 1 { n = NF } NF != n { exit 1 }' out/kept.csv || { good=0; not_ok "cells of a record of $name"; }
  printf 'diverged: %s\e[2J\n' "$name" >"runs/$id/FAILED"
  mv "runs/$id/DONE" away
  ends_well "a reason of $name" "$sweep" status m.csv runs || good=0
  mv away "runs/$id/DONE"; rm "runs/$id/FAILED"
done
check "records: each name ends well, cells stay in their columns" [ "$good" = 1 ]
nothing_ran "records"

# Labels of a figure: letters in SVG, none of its elements; LaTeX: every control sequence is one of ours.
printf 'x,y,g\n1,2,a\n2,3,b\n' >data.csv
good=1
for name in "${names[@]}"; do
  label=$(printf '%s' "${name:0:300}" | sed "s/'/''/g" | tr '\n\a\033\377\376' '     ')
  printf "title: '%s'\nmarks:\n  - {mark: points, x: x, y: y, label: '%s'}\nx: {label: '%s'}\n" "$label" "$label" "$label" >spec.yaml
  for kind in svg pdf png; do ends_well "a label $name" "$plot" -q spec.yaml data.csv -o "out/x.$kind" || good=0; done
  [ ! -e out/x.svg ] || ! grep -q '<script' out/x.svg || { good=0; not_ok "a label becomes an element of SVG"; }
done
check "moeplot: each name ends well and is text" [ "$good" = 1 ]
nothing_ran "moeplot"

"$law" fit base.csv --law zhao2025 --starts 20 --bootstrap 5 -q -o fit.json >/dev/null 2>&1
"$law" crossval base.csv --law zhao2025,hoffmann2022 --folds 2 --starts 5 -q -o cv.json >/dev/null 2>&1
good=1
for name in "${names[@]}"; do
  json=$(printf '%s' "${name:0:200}" | sed 's/[\\"]/\\&/g; s/[\\&|]/\\&/g' | tr '\n\a\033\377\376' '     ')
  LC_ALL=C sed "s|\"folds[^\"]*\"|\"$json\"|g; s|\"hoffmann2022\"|\"$json\"|g; s|\"warnings\": \[|\"warnings\": [\"$json\", |g" cv.json >hostile.json
  rm -rf out/tables
  ends_well "a crossval of $name" "$law" tables -q fit.json base.csv --crossval hostile.json -o out/tables || good=0
  if grep -hE '\\(input|write|openout|csname|catcode)([^A-Za-z]|$)|\^\^' out/tables/*.tex; then good=0; not_ok "LaTeX would obey $name"; fi
done
"$law" tables -q fit.json base.csv --crossval <(sed 's|"hoffmann2022"|"\\\\write18{x}"|g' cv.json) -o out/tables
check "a name comes out as its letters" grep -q 'textbackslash{}write18\\{x\\}' out/tables/laws.tex
check "tables: no name reaches LaTeX as a command" [ "$good" = 1 ]
nothing_ran "tables"

# What is written is the owner's: with this umask nobody else reads it, temporary or not.
(umask 077; "$law" simulate zhao2025 -q -o out/private.csv; "$sweep" expand d.yaml -q -o out/private-m.csv
  "$train" --run 'd_model=16,n_layers=1,tokens=640,seq_len=16,batch=4,eval_tokens=64,corpus=markov:vocab=16;branches=2;seed=1' --backend cpu -q --out out/private) >/dev/null
check "umask is respected" [ -z "$(find out/private* -perm /077)" ]
if command -v strace >/dev/null; then
  export ASAN_OPTIONS=detect_leaks=0
  strace -f -e trace=openat -o calls "$law" simulate zhao2025 -q -o out/where.csv
  check "temporary files lie beside the output" [ -z "$(grep O_CREAT calls | grep -v "out/where.csv.tmp\|/dev/")" ]
  unset ASAN_OPTIONS
else
  skip "temporary files lie beside the output" "no strace"
fi
# No program of ours starts a shell or another program.
cd "$OLDPWD" || exit 1
check "no shell is called" [ -z "$(grep -rnE '\b(system|popen|exec[lv]p?e?|posix_spawnp?) *\(' --include='*.c' --include='*.h' --include='*.cu' analyze pipeline plot train)" ]
