# test_answers_cli.sh - `moelaw answers` on the measured table: every registered question is answered, and the same in text, JSON
# and LaTeX; what is not of a design is refused in words.
. tests/tap.sh
moelaw=$BIN/moelaw
joint=artifacts/runs/joint.csv register=artifacts/runs/joint-register.json
"$moelaw" fit -q "$joint" --law zhao2025 --starts 60 --bootstrap 60 -o "$work/fit.json" >/dev/null 2>&1
"$moelaw" crossval -q "$joint" --law zhao2025,hoffmann2022 --folds 4 --starts 40 -o "$work/cv.json" >/dev/null 2>&1
ask() { "$moelaw" answers "$joint" --fit "$work/fit.json" --crossval "$work/cv.json" --register "$register" "$@"; }
exits 0 "answers" ask --tex "$work/a.tex"
asked=$(sed '/"deviations"/,$d' "$register" | grep -c '"question"')
check "as many as questions" [ "$(grep -c '^   answer: ' "$out")" = "$asked" ]
check "in LaTeX too" [ "$(grep -c '^\\item' "$work/a.tex")" = "$asked" ]
check "none is without a statistic" sh -c '! grep -q "No statistic of this program" "$0"' "$out"
check "no line is too long" sh -c '! grep -qE "^.{101}" "$0"' "$out"
cp "$out" "$work/text"
exits 0 "as JSON" ask --json
check "as many" [ "$(grep -o '"answer": ' "$out" | wc -l)" = "$asked" ]
check "no NaN" sh -c '! grep -qi "\bnan\b" "$0" "$1"' "$out" "$work/text"
exits 0 "into a file" ask -o "$work/a.json"
check "the same JSON" cmp -s "$work/a.json" <(ask --json 2>/dev/null)
exits 2 "a register that is none" "$moelaw" answers "$joint" --fit "$work/fit.json" --crossval "$work/cv.json" --register "$work/cv.json"
says "is named" "is not a register"
exits 2 "a table that is of no design" "$moelaw" answers artifacts/runs/lr.csv --fit "$work/fit.json" --crossval "$work/cv.json" --register "$register"
says "lacks a column" "has no column"
exits 2 "without a fit" "$moelaw" answers "$joint"
says "says what is needed" "needs --fit"
