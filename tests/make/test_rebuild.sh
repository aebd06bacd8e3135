# test_rebuild.sh - one change redoes what depends on it and nothing else. In a copy of the tree, with the smoke design on
# a small text; what was redone is told by the time stamps of products. Folder and text have names that shells split.
. tests/tap.sh
tree="$work/a tree" copy=$(basename "$BUILD")
mkdir "$tree"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t "$tree" 2>/dev/null
mkdir "$tree/$copy" && cp -a "$BUILD/." "$tree/$copy/"
BUILD=$copy corpus="$work/it's text"
mkdir "$corpus"
find analyze paper pipeline plot train -type f -exec cat {} + 2>/dev/null | head -c 600000 >"$corpus/a \"page\".txt"
cd "$tree" || exit 1
A=artifacts/smoke
run() { make --no-print-directory BUILD="$BUILD" DESIGN=smoke CORPUS="$corpus" JOBS=2 "${as_built[@]}" "$@"; }

# changed NAME FILE...: after the last make, exactly these products (of those watched) have another time.
watched=("$A/manifest.csv" "$A/runs.csv" "$A/fit/zhao2025.json" "$A/fit/hoffmann2022.json" "$A/fit/krajewski2024.json")
times() { for f in "${watched[@]}" "$A"/runs/*/DONE; do stat -c '%n %y' "$f" 2>/dev/null || echo "$f gone"; done; }
remember() { times >"$work/before"; sleep 0.02; }
changed() {
  local name=$1 got
  shift
  got=$(times | diff - "$work/before" | sed -n 's/^< \([^ ]*\) .*/\1/p' | sed "s|^$A/||" | sort | tr '\n' ' ')
  if [ "$got" = "$(printf '%s\n' "$@" | sed '/^$/d' | sort | tr '\n' ' ')" ]; then ok "$name"; else
    echo "# redone: $got"
    echo "# expected: $*"
    not_ok "$name"
  fi
}
redo() { # NAME EXPECTED... -- MAKE-ARGUMENTS
  local name=$1 expected=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do expected+=("$1"); shift; done
  shift
  if ! run fit "$@" >"$out" 2>"$err"; then not_ok "$name: make failed"; return; fi
  changed "$name" "${expected[@]}"
}
fits="fit/zhao2025.json fit/hoffmann2022.json fit/krajewski2024.json"

check "the sweep runs to its fits" run fit
remember
start=$(date +%s%N)
redo "nothing changed, nothing redone" --
took=$((($(date +%s%N) - start) / 1000000))
check "and it takes less than 2 s ($took ms)" [ "$took" -lt 2000 ]
check "a page of them" run report
page_has() { grep -q 'id=.figure-parity' "$A/report.html" && [ "$(grep -c '^<tr>' "$A/report.html")" -gt 16 ]; }
check "is there, with figures and the table" page_has
page=$(stat -c %y $A/report.html)
check "once more" run report
check "draws nothing" [ "$(stat -c %y $A/report.html)" = "$page" ]

touch pipeline/designs/smoke.yaml
remember; redo "a design touched but the same" --
touch train/jobs/trainer.c
remember; redo "a program rebuilt" --
sed -i 's/^\/\/ hoffmann2022.c - /&again: /' analyze/laws/hoffmann2022.c
remember; redo "one law's file" fit/hoffmann2022.json --
# shellcheck disable=SC2086  # lists
{
  remember; redo "fit options" $fits -- FIT_OPTIONS="--bootstrap 20 --delta 2e-3"
  remember; redo "and back" $fits --
  one=$(ls $A/runs | head -1)
  rm -r "${A:?}/runs/$one"
  remember; redo "one record removed" runs/$one/DONE runs.csv $fits --
  one=$(ls $A/runs | tail -1)
  losses=$(cut -d, -f1-23 $A/runs.csv)
  echo '{"event": "step", "step": 99}' >>$A/runs/$one/record.jsonl
  remember; redo "one record changed: its seal is broken, so that run is trained again" runs/$one/DONE runs.csv $fits --
  check "with the same result" [ "$(cut -d, -f1-23 $A/runs.csv)" = "$losses" ]
  sed -i 's/tokens: \[1e4, 2e4\]/tokens: [1e4, 2e4, 3e4]/' pipeline/designs/smoke.yaml
  remember
  run manifest >"$out" 2>&1
  new=$(cut -d, -f1 $A/manifest.csv | tail -n +2 | while read -r id; do [ -e $A/runs/$id ] || echo runs/$id/DONE; done)
  redo "more runs in the design: only they are trained" manifest.csv $new runs.csv $fits --
  check "there are eight of them" [ "$(wc -w <<<"$new")" = 8 ]
  sed -i 's/, 3e4\]/]/' pipeline/designs/smoke.yaml
  remember; redo "fewer again: none is trained" manifest.csv runs.csv $fits --
}

# Pictures and the paper.
if command -v pdflatex >/dev/null; then
  watched=("$A/runs.csv" "$A/fit/zhao2025.json" "$A/figures/parity.pdf" "$A/figures/marginal.pdf" "$A/tables/laws.csv" "$A/paper.pdf")
  goal() { # NAME EXPECTED...: after make all
    local name=$1
    shift
    if run all >"$out" 2>"$err"; then changed "$name" "$@"; else not_ok "$name: make failed"; fi
  }
  check "everything, with the paper" run all
  remember; goal "nothing changed, nothing drawn"
  echo '% a word more' >>paper/paper.tex
  remember; goal "the text of the paper" paper.pdf
  sed -i 's/^width: .*/width: 5.4/' plot/specs/parity.yaml
  remember; goal "one figure's spec" figures/parity.pdf paper.pdf
  # Other laws: what compares them is made anew, and the paper, which is on one of them, is left out.
  check "laws without the paper's" run all LAWS="hoffmann2022 krajewski2024"
  prints "say so" "the paper is on zhao2025"
  check "are compared" grep -q krajewski2024 $A/tables/laws.csv
  if grep -q zhao2025 $A/tables/laws.csv $A/fit/crossval.json; then not_ok "with no others"; else ok "with no others"; fi
  check "and back" run all
  check "there are all three again" grep -q zhao2025 $A/tables/laws.csv
  start=$(date +%s%N)
  exits 0 "once more" run all
  took=$((($(date +%s%N) - start) / 1000000))
  prints "says where all is" "smoke is up to date"
  check "in less than 2 s ($took ms)" [ "$took" -lt 2000 ]
else
  skip "the paper" "no pdflatex"
fi
watched=()

head -c 500000 "$corpus"/* >"$work/other.txt"
remember
check "another corpus" run sweep CORPUS="$work/other.txt"
check "trains every run anew" [ "$(find $A/runs -newer "$work/before" -name DONE | wc -l)" = 16 ]
check "and back" run sweep
check "finds the old ones" [ "$(wc -l <$A/runs.csv)" = 17 ]
run -n build CFLAGS=-O1 >"$work/plan" 2>&1
check "other flags compile everything again" [ "$(grep -c -- '-O1 .*-c ' "$work/plan")" -gt 100 ]
check "clean keeps trained runs" sh -c "make BUILD=none DESIGN=smoke clean && [ -e $A/runs.csv ] && [ ! -e $A/fit ]"

# A design that keeps its table: what stands there is not trained again, wherever the records are.
sed '1a table: artifacts/runs/kept.csv' pipeline/designs/smoke.yaml >"$work/kept.yaml"
kept() { run DESIGN="$work/kept.yaml" "$@"; }
check "a sweep that keeps its table" kept sweep
check "has it" [ "$(wc -l <artifacts/runs/kept.csv)" = 17 ]
check "and the same for the fits" cmp artifacts/runs/kept.csv artifacts/kept/runs.csv
check "with curves, blocks and provenance beside it" [ "$(ls artifacts/runs/kept-* | wc -l)" = 5 ]
sha256sum artifacts/runs/kept* >"$work/sums"
rm -r artifacts/kept
check "another machine, with the table alone" kept sweep
check "trains nothing" [ -z "$(find artifacts/kept -name record.jsonl)" ]
check "and changes nothing" sha256sum --status -c "$work/sums"
check "its fits read the same" cmp artifacts/runs/kept.csv artifacts/kept/runs.csv
sed -i '$d' artifacts/runs/kept.csv && rm artifacts/kept/.trained
check "a row that is gone" kept sweep
check "is trained again, alone" [ "$(find artifacts/kept -name DONE | wc -l)" = 1 ]
exits 2 "no register without questions" kept register
cat >>"$work/kept.yaml" <<'YAML'
register: {laws: [zhao2025], objective: huber, splits: [trunk], questions: [{question: a?, statistic: b, decision: c}]}
YAML
check "a register" kept register
check "stands beside the table and says that it came late" grep -q '"trained_before": 16' artifacts/runs/kept-register.json
echo '# more' >>"$work/kept.yaml"
check "a change without a reason is refused" sh -c "! make --no-print-directory BUILD=$BUILD DESIGN=$work/kept.yaml CORPUS=$work/text.txt register"
check "with a reason it is appended" kept register AMEND="why not, \"it's\" \$\$1"
check "in full" grep -qF "\"reason\": \"why not, \\\"it's\\\" \$1\"" artifacts/runs/kept-register.json

# A name with a comma, and two makes at a time in one folder.
cp pipeline/designs/smoke.yaml "$work/a,b.yaml"
check "a design named a,b.yaml" run sweep DESIGN="$work/a,b.yaml"
check "gives a table with that source" grep -q '^[0-9a-f]*,"a,b",' "artifacts/a,b/runs.csv"
for round in 1 2 3 4 5 6; do
  rm -f $A/corpus.* $A/.corpus $A/.manifest $A/.trained $A/runs.state
  for one in 1 2 3; do { run sweep >"$work/make.$one" 2>&1 || echo "$round" >>"$work/broken"; } & done
  wait
done
check "three makes at a time do not break each other" [ ! -e "$work/broken" ]
check "nor leave anything behind" [ -z "$(find $A artifacts/corpus -name '*.new*' 2>/dev/null)" ]
