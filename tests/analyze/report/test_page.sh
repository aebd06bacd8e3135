#!/bin/bash
# test_page.sh - `moelaw report`: one page that holds all, and, where Chromium is installed, what a browser makes of it.
. tests/tap.sh
moelaw=$BIN/moelaw
"$moelaw" simulate hoffmann2022 --rows 40 --noise 0.004 -q -o "$work/plain.csv"
awk -F, -v OFS=, 'NR == 2 { $1 = "a<b>\"&'"'"'c" } { print }' "$work/plain.csv" >"$work/runs.csv"
fit() { "$moelaw" fit "$work/runs.csv" --starts 20 --bootstrap 60 -q "$@" >/dev/null 2>&1; }
fit --law hoffmann2022 --where 'D>0' -o "$work/h.json"
fit --law kaplan2020 -o "$work/k.json"
"$moelaw" crossval "$work/runs.csv" --law hoffmann2022,kaplan2020 --starts 10 -q -o "$work/cv.json" >/dev/null 2>&1
"$moelaw" figures -q "$work/h.json" "$work/runs.csv" --crossval "$work/cv.json" -o "$work/figures" 2>/dev/null
for name in parity crossval; do
  "$BIN/moeplot" -q plot/specs/$name.yaml "$work/figures/$name.csv" -o "$work/figures/$name.svg"
  "$BIN/moeplot" -q plot/specs/$name.yaml "$work/figures/$name.csv" --theme dark -o "$work/figures/$name-dark.svg"
done
page=$work/report.html
report() { "$moelaw" report "$work/k.json" "$work/h.json" --crossval "$work/cv.json" --figures "$work/figures" --runs "$work/runs.csv" -o "$page"; }
exits 0 "a report" report
has() { if grep -qF -- "$2" "$page"; then ok "$1"; else not_ok "$1: the page lacks '$2'"; fi; }
has "the law that predicts best comes first, not the fit that was given first" '<p class="law"><strong>hoffmann2022</strong>'
has "its rival is told from it or not" 'kaplan2020:'
has "what it cannot tell stands in the answer" 'What it cannot tell'
has "where it is from: the hash of the runs" "$(sha256sum <"$work/runs.csv" | cut -c1-64)"
has "the command that made the fit, for a shell and for HTML" "--where 'D&gt;0'"
has "a run's name is text" 'a&lt;b&gt;&quot;&amp;'"'"'c'
check "nothing is fetched" eval "! grep -oE '(src|href|srcset)=\"[^\"]{0,40}' '$page' | grep -vE '=\"(data:|#)'"
targets() { for id in $(grep -o 'href="#[^"]*"' "$page" | sed 's/href="#//; s/"//' | sort -u); do grep -q "id=\"$id\"" "$page" || { echo "$id"; return 1; }; done; }
check "every link leads somewhere" targets
data() { grep -o "download=\"$1.csv\" href=\"data:text/csv;base64,[^\"]*" "$page" | sed 's/.*base64,//' | base64 -d; }
check "the data of a figure come out as they are" cmp <(data parity) "$work/figures/parity.csv"
check "so do pictures" cmp <(grep -o 'src="data:image/svg+xml;base64,[^"]*' "$page" | head -1 | sed 's/.*base64,//' | base64 -d) "$work/figures/parity.svg"
check "40 runs in a table" [ "$(sed -n '/id="runs"/,/<\/section>/p' "$page" | grep -c '^<tr>')" = 40 ]
sum=$(sha256sum <"$page")
report
check "again gives the same page" [ "$(sha256sum <"$page")" = "$sum" ]
exits 0 "one fit and no more" "$moelaw" report "$work/h.json" -o "$work/one.html"
check "says that laws were not compared" grep -q 'were not compared' "$work/one.html"
exits 0 "published coefficients" "$moelaw" report published:zhao2025 -o "$work/published.html"
check "have seen no run" grep -q 'they have seen no run of yours' "$work/published.html"
check "no page says NaN" eval "! grep -qiE '(>|=\"|[^a-z])-?nan([^a-z]|<)' '$work/published.html' '$work/one.html'"
exits 2 "without -o" "$moelaw" report "$work/h.json"
mkdir "$work/empty"
exits 2 "a folder without pictures" "$moelaw" report "$work/h.json" --figures "$work/empty" -o "$work/none.html"
exits 2 "a file that is no crossval" "$moelaw" report "$work/h.json" --crossval "$work/h.json" -o "$work/none.html"
check "leave no half page" [ ! -e "$work/none.html" ]

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
  skip "the page in a browser" "no Chromium"
  exit
fi
export HOME=$work
# in_browser WIDTH SCRIPT: the page after a script has run in it; the script's answer in <p id=told>.
in_browser() {
  { sed '$d' "$page"; printf '<script>{%s}</script></html>\n' "$2"; } >"$work/probe.html"
  timeout 60 "$browser" --headless --no-sandbox --disable-gpu --enable-logging=stderr --window-size="$1",900 \
    --user-data-dir="$work/profile" --dump-dom "file://$work/probe.html" 2>"$work/console"
}
tell='const tell = x => { const p = document.createElement("p"); p.id = "told"; p.textContent = String(x); document.body.append(p); };'
told() { sed -n 's/.*<p id="told">\([^<]*\)<.*/\1/p'; }
width=$(in_browser 390 "$tell tell(document.documentElement.scrollWidth <= window.innerWidth)" | told)
if [ -z "$width" ]; then
  skip "the page in a browser" "$browser does not run here"
  exit
fi
check "a phone scrolls down alone" [ "$width" = true ]
check "the console is silent" eval "! grep -E 'CONSOLE|Refused|Uncaught' '$work/console'"
check "so does a desk" [ "$(in_browser 1280 "$tell tell(document.documentElement.scrollWidth <= window.innerWidth)" | told)" = true ]
# The column "loss" of the runs, sorted up and down by its button.
sorted='const t = document.querySelector("#runs table"), h = [...t.tHead.rows[0].cells], k = h.findIndex(c => c.textContent === "loss");
  const xs = () => [...t.tBodies[0].rows].map(r => +r.cells[k].dataset.x), up = v => v.every((x, i) => !i || v[i - 1] <= x);
  const b = h[k].querySelector("button"); b.click(); const one = up(xs()), a = h[k].ariaSort; b.click();
  tell([one, a, up(xs().reverse()), h[k].ariaSort, t.tBodies[0].rows.length]);'
check "a heading sorts its table, and says so" [ "$(in_browser 1280 "$tell $sorted" | told)" = "true,ascending,true,descending,40" ]
check "all pictures are drawn" [ "$(in_browser 1280 "$tell tell([...document.images].every(i => i.complete && i.naturalWidth > 0) + ' ' + document.images.length)" | told)" = "true 2" ]
check "the Tab key reaches a table and its headings" [ "$(in_browser 1280 "$tell tell(document.querySelectorAll('.wide[tabindex=\"0\"][aria-label], th button').length > 10)" | told)" = true ]
