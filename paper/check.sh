#!/bin/sh
# check.sh - what LaTeX says and goes on: references and citations that are not defined, labels defined twice, boxes that
# stand out by more than 2 pt, and fonts of dots (Type 3), which print badly; with `strict` also a last page of the text with
# less than three lines, which is up to the runs. Usage: check.sh LOG PDF [strict]; exit 1 if any.
set -u
log=$1 pdf=$2 strict=${3:-} bad=0
# LaTeX breaks its messages after 79 characters.
awk '{ printf "%s%s", $0, length($0) == 79 ? "" : "\n" }' "$log" |
  awk '/^LaTeX Warning: (Reference|Citation|There were undefined|Label .* multiply|There were multiply)/ { print; bad = 1 }
       /^Package natbib Warning: .*undefined/ { print; bad = 1 }
       /^Overfull \\[hv]box \(/ { split($0, part, /[(p]/); if (part[2] > 2) { print; bad = 1 } }
       END { exit bad }' || bad=1
if grep -aq '/Subtype */Type3' "$pdf"; then
  echo "$pdf: has a Type 3 font"
  bad=1
fi
if [ -n "$strict" ]; then
  sed -n 's/^moelaw: last page of the text: \([0-9.]*\)pt/\1/p' "$log" |
    awk '$1 < 36 { print "the last page of the text has less than three lines"; exit 1 }' || bad=1
fi
exit $bad
