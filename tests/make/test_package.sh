# What a package is made of: claims, tables described for machines.
. tests/tap.sh
printf '%s\n' '\newcommand{\zhaoRows}{71}' '\newcommand{\zhaoRmse}{\ensuremath{0.0132}}' '\newcommand{\zhaoObjective}{\ensuremath{4.4\times10^{-4}}}' \
  '\newcommand{\zhaoBestG}{--}' >"$work/n.tex"
exits 0 "claims are written down" paper/package/claims.sh expect "$work/n.tex"
cp "$out" "$work/e.csv"
check "a power of ten is read" grep -q '^zhaoObjective,4.4e-4,4.4e-07,' "$work/e.csv"
check "what is no number is no claim" sh -c "! grep -q BestG '$work/e.csv'"
exits 0 "the same numbers hold" paper/package/claims.sh verify "$work/e.csv" "$work/n.tex"
sed 's/0.0132/0.01331/' "$work/n.tex" >"$work/near.tex"
exits 0 "and so does what is allowed" paper/package/claims.sh verify "$work/e.csv" "$work/near.tex"
sed 's/0.0132/0.0140/' "$work/n.tex" >"$work/far.tex"
exits 1 "what is outside does not" paper/package/claims.sh verify "$work/e.csv" "$work/far.tex"
prints "and is named" "differs  zhaoRmse = 0.0140"
exits 2 "a number that is gone is an error" paper/package/claims.sh verify "$work/e.csv" /dev/null
exits 2 "no expectations, no verdict" paper/package/claims.sh verify "$work/none.csv" "$work/n.tex"

tables=$(find artifacts/runs -name '*.csv' ! -name '*-manifest.csv' ! -name '*-provenance.csv')
# shellcheck disable=SC2086  # a list
exits 0 "run tables are described" paper/package/croissant.sh 0.0 $tables
cp "$out" "$work/croissant.json"
for t in $tables; do
  check "$t by its hash" grep -q "$(sha256sum "$t" | cut -d' ' -f1)" "$work/croissant.json"
done
check "each column of one is a field" [ "$(grep -c '"@id": "joint/' "$work/croissant.json")" = "$(head -1 artifacts/runs/joint.csv | tr ',' '\n' | wc -l)" ]
printf 'run_id,loss,what\na,1,2\n' >"$work/t.csv"
exits 2 "a column that nobody explains is an error" paper/package/croissant.sh 0.0 "$work/t.csv"
says "is named with its place" "t.csv:1: column 3"
mkdir -p "$work/p/artifacts/runs" && echo a >"$work/p/a file.md" && echo x >"$work/p/b.csv"
exits 0 "a crate is described" env DATE=2026-01-02 paper/package/crate.sh 0.0 "$work/p"
cp "$out" "$work/crate.json"
check "with each file's hash" grep -q "$(sha256sum "$work/p/a file.md" | cut -d' ' -f1)" "$work/crate.json"
