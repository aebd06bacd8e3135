# moeplot from the outside: formats, repeatability, messages, and outputs that are whole or not there.
. tests/tap.sh
plot=$BIN/moeplot data=tests/plot/data specs=plot/specs

check "three formats at once" $plot -q $specs/parity.yaml $data/parity.csv -o $work/a.pdf -o $work/a.png -o $work/a.svg
for ext in pdf png svg; do check "$ext is not empty" test -s $work/a.$ext; done
check "text in SVG is text" grep -q '<text.*>observed loss (nats/token)</tspan>' $work/a.svg
check "and no outlines" test "$(grep -c '<symbol\|glyph' $work/a.svg)" = 0
$plot -q tests/plot/specs/edge.yaml $data/edge.csv -o $work/edge.svg
check "with its signs escaped" grep -q '>y &amp; &lt;z&gt;</tspan>' $work/edge.svg
if command -v xmllint >/dev/null; then check "SVG is XML" xmllint --noout $work/a.svg $work/edge.svg; fi

$plot -q $specs/parity.yaml $data/parity.csv -o $work/b.pdf -o $work/b.png -o $work/b.svg
for ext in pdf png svg; do check "the same input gives the same $ext, byte by byte" cmp $work/a.$ext $work/b.$ext; done
cp $data/parity.csv $work/parity.csv
$plot -q $specs/parity.yaml $work/parity.csv -o $work/c.pdf
check "wherever the data lie" cmp $work/a.pdf $work/c.pdf

if command -v pdffonts >/dev/null; then
  fonts=$(pdffonts $work/a.pdf | tail -n +3)
  check "the PDF has fonts" test -n "$fonts"
  check "all fonts are embedded and subset" test -z "$(echo "$fonts" | grep -v 'yes yes yes')"
else
  check "fonts are embedded" grep -qa FontFile $work/a.pdf
fi
if command -v pdfinfo >/dev/null; then
  pdfinfo -isodates $work/a.pdf >$work/info
  check "creation date is fixed" grep -q 'CreationDate: *2000-01-01T00:00:00' $work/info
  check "page has the width on paper" grep -q 'Page size: *396 x' $work/info
  check "title is in the file" grep -q 'Title: *Predicted against observed loss' $work/info
  check "source hashes are in the file" grep -q "parity.csv sha256:$(sha256sum $data/parity.csv | cut -c1-16)" $work/info
else
  skip "creation date, size and title" "no pdfinfo"
fi
if command -v pdfimages >/dev/null; then
  check "vectors only" test "$(pdfimages -list $work/a.pdf | wc -l)" -le 2
fi
$plot -q $specs/parity.yaml $data/parity.csv -o $work/narrow.svg --width 2.7
check "--width" grep -q 'width="194.4' $work/narrow.svg
$plot -q $specs/marginal.yaml $data/marginal.csv -o $work/reflow.svg --width 2.7
check "narrow pages put panels below each other" grep -q 'width="194.4.*height="540' $work/reflow.svg

exits 2 "no arguments" $plot
exits 2 "no output" $plot $specs/parity.yaml $data/parity.csv
says "says what to add" "add -o FILE.pdf"
exits 2 "unknown format" $plot $specs/parity.yaml $data/parity.csv -o $work/x.gif
says "lists the formats" ".pdf, .png or .svg"
exits 2 "no spec" $plot $work/none.yaml -o $work/x.pdf
exits 2 "no data" $plot $specs/parity.yaml -o $work/x.pdf
says "says how to give data" "give DATA.csv after the spec"
exits 0 "help" $plot --help
prints "help has examples" "plot/specs/parity.yaml"

head -1 $data/parity.csv >$work/empty.csv
exits 2 "no rows" $plot $specs/parity.yaml $work/empty.csv -o $work/x.pdf
says "says so" "empty.csv:1: has a header but no rows"
: >$work/nothing.csv
exits 2 "empty file" $plot $specs/parity.yaml $work/nothing.csv -o $work/x.pdf

cut -d, -f1-3 $data/parity.csv >$work/short.csv
exits 2 "missing column" $plot $specs/parity.yaml $work/short.csv -o $work/x.pdf
says "names column, place in the spec, and what there is" "no column 'predicted', which $specs/parity.yaml:15 asks for; there are run_id, set, observed"

sed '3s/,[0-9.]*,/,high,/' $data/parity.csv >$work/text.csv
exits 2 "text in a number" $plot $specs/parity.yaml $work/text.csv -o $work/x.pdf
says "names file, line and column" "text.csv:3: observed: 'high' is not a finite number"

printf 'x,y\n1,2\n0,3\n' >$work/zero.csv
printf 'x: {column: x, scale: log}\ny: {column: y}\nmarks: [{mark: points}]\n' >$work/log.yaml
echo before >$work/kept.pdf
exits 2 "zero on a log axis" $plot $work/log.yaml $work/zero.csv -o $work/kept.pdf
says "names file, line and remedy" "zero.csv:3: x: 0 is not positive, but its axis is logarithmic"
check "an existing output stays as it was" grep -q before $work/kept.pdf

printf 'x: {column: x}\ny: {column: y}\nmarks:\n  - {mark: points, wher: x=1}\n' >$work/typo.yaml
exits 2 "unknown key" $plot $work/typo.yaml $work/zero.csv -o $work/x.pdf
says "names the line and the keys there are" "typo.yaml:4: mark: unknown key 'wher' (did you mean 'where'?), expected one of mark, data, where"
printf 'x: {column: x}\ny: {column: y}\nmarks:\n  - {mark: points, where: x=7}\n' >$work/none.yaml
exits 2 "a condition that no row meets" $plot $work/none.yaml $work/zero.csv -o $work/x.pdf
says "says which" "no row meets the conditions of the mark at $work/none.yaml:4"
sed -i 's/where: x=7/where: x=1/; 1s/x}/x, scale: log}/' $work/none.yaml
check "conditions keep bad rows out" $plot -q $work/none.yaml $work/zero.csv -o $work/good.pdf
printf 'x: {column: x}\ny: {column: y}\nmarks:\n  - {mark: points, data: other.csv}\n' >$work/other.yaml
exits 2 "a second file that is not there" $plot $work/other.yaml $work/zero.csv -o $work/x.pdf
says "is looked for beside the data" "$work/other.csv: cannot read"

# What used to go wrong in silence.
rows=$work/rows.csv
printf 'x,y,s,name\n' >$rows
for i in $(seq 40); do printf '%s,%s,s%s,configuration %s\n' $i $((i * i)) $i $i >>$rows; done
spec() { # spec NAME LINE...: x and y, then the lines
  local to=$work/$1.yaml
  shift
  printf '%s\n' 'x: {column: x}' 'y: {column: y}' "$@" >$to
}
spec tex 'title: "loss over $N_a$"' 'marks: [{mark: points}]'
exits 2 "TeX in a text" $plot $work/tex.yaml $rows -o $work/x.pdf
says "shows what is written in its place" "tex.yaml:3: title: got 'loss over \$N_a\$', expected ^{up}, _{down} and *slanted*"
spec label 'marks: [{mark: points, series: s, label: lost}]' 'where: x<9'
exits 2 "a label beside series, which no legend would show" $plot $work/label.yaml $rows -o $work/x.pdf
says "says so" "'label' beside 'series'"
spec looks 'marks: [{mark: points, series: s}]' 'legend: none'
exits 2 "more series than looks" $plot $work/looks.yaml $rows -o $work/x.pdf
says "says how many can be told apart" "series 's' has 40 values, and no more than 35 looks"
spec ordered 'marks: [{mark: points, series: s}]' 'legend: none' 'styles: {s: {palette: ordered}}'
check "an order may have more" $plot -q $work/ordered.yaml $rows -o $work/good.pdf
spec names 'marks: [{mark: points, x: y, y: name}]' 'width: 5.5'
sed -i 's/^y: .*/y: {column: name, scale: category}/' $work/names.yaml
exits 2 "40 names on an axis of two inches" $plot $work/names.yaml $rows -o $work/x.pdf
says "says how long it must be" "40 values on the y axis do not fit: its frame is 3.1 in long, expected at least 3.7"
echo 'height: 4.6' >>$work/names.yaml
check "and they fit where it is long enough" $plot -q $work/names.yaml $rows -o $work/good.pdf
spec long 'panels: [{title: "a_title_that_is_a_good_deal_longer_than_the_page_is_wide_and_has_no_place_to_break"}]' \
  'marks: [{mark: points}]' 'width: 2'
exits 2 "a text that the page cuts" $plot $work/long.yaml $rows -o $work/x.pdf
says "names it" "the text 'a_title_that_is_a_good_deal_longer_than"
spec tight 'marks: [{mark: points, label: one}]' 'height: 0.5'
exits 2 "no room for the frame" $plot $work/tight.yaml $rows -o $work/x.pdf
says "says what takes it" "labels and legend leave a frame of"
{
  printf 'x: {column: x}\ny: {column: y}\nlegend: right\nheight: 17\nstyles: {s: {palette: ordered}}\nmarks:\n  - {mark: points, series: s}\n'
  for i in $(seq 70); do echo "  - {mark: hline, at: $i, label: line $i}"; done
} >$work/entries.yaml
check "a legend of 110 entries" $plot -q $work/entries.yaml $rows -o $work/entries.pdf
if command -v pdftotext >/dev/null; then
  check "has them all" test "$(pdftotext $work/entries.pdf - | grep -cE '^(line |s)[0-9]+$')" = 110
fi
check "counts, shares and open ends on logarithmic axes" $plot -q tests/fuzz/figure/counts.yaml $data/marks.csv -o $work/good.pdf
exits 2 "a journal that is not known" $plot $work/ordered.yaml $rows -o $work/x.pdf --width neurps
says "names the one that was meant" "--width: got 'neurps', expected a number of inches (1 to 20) or one of neurips"
says "names the one that was meant" "did you mean 'neurips'?"
$plot -q $work/ordered.yaml $rows -o $work/icml.svg --width icml
check "a journal's column" grep -q 'width="234' $work/icml.svg
exits 2 "a theme that is not known" $plot $work/ordered.yaml $rows -o $work/x.pdf --theme grey
says "names the one that was meant" "did you mean 'gray'?"

# Time grows with the number of points, not with its square: ten times as many in less than forty times.
awk 'BEGIN { print "x,y"; for (i = 0; i < 60000; i++) { r = (r * 16807 + 11) % 2147483647; print i "," r % 1000 } }' >$work/many.csv
head -6001 $work/many.csv >$work/some.csv
spec many 'marks: [{mark: line}, {mark: points, size: 1}]'
user() { # the seconds of the processor
  local TIMEFORMAT=%U
  { time $plot -q $work/many.yaml $1 -o $work/many.png; } 2>$work/seconds
  tail -1 $work/seconds
}
check "sixty thousand points" awk -v few="$(user $work/some.csv)" -v many="$(user $work/many.csv)" \
  'BEGIN { exit !(many < 40 * (few + 0.05)) }'

printf '{"a": 1}\n[2]\n' >$work/bad.jsonl
exits 2 "JSON Lines with a line that is no object" $plot $specs/record.yaml $work/bad.jsonl -o $work/x.pdf
says "names the line" "bad.jsonl:2: expected a JSON object"
printf '{"x": 1, "y": 2}\n{"x": 2, "y": {\n' >$work/cut.jsonl
exits 2 "a cut line" $plot $work/typo.yaml $work/cut.jsonl -o $work/x.pdf

check "no half-written files are left" test -z "$(find $work -name 'x.*' -o -name '*.tmp.*')"
exits 3 "a folder that is not there" $plot -q $specs/draws.yaml $data/draws.csv -o $work/no/such/x.pdf
if (ulimit -f 4 2>/dev/null); then
  for ext in pdf png svg; do
    echo before >$work/full.$ext
    exits 3 "no room for the whole $ext" bash -c "trap '' XFSZ; ulimit -f 4; exec $plot -q $specs/draws.yaml $data/draws.csv -o $work/full.$ext"
    check "what was there stays" grep -q before $work/full.$ext
  done
fi
