#!/bin/sh
# claims.sh - the numbers that the paper stands on, against what was expected.
#     claims.sh expect NUMBERS.tex >EXPECTED.csv    writes them down with the largest variation that is allowed
#     claims.sh verify EXPECTED.csv NUMBERS.tex     a line each; exit 1 if one is outside, 2 if one is gone
# What may vary: a fit ends in the same optimum on every machine, up to rounding; an interval depends on the draws.
set -eu
# A macro's number: \newcommand{\NAME}{\ensuremath{1.2\times10^{3}}} is 1.2e3; nothing where it is none.
value() { # FILE NAME
  sed -n "s/^\\\\newcommand{\\\\$2}{\(.*\)}\$/\1/p" "$1" | head -1 | sed 's/\\ensuremath{\(.*\)}$/\1/; s/\\times10^{\(-\{0,1\}[0-9]*\)}/e\1/' |
    grep -E '^-?[0-9.]+(e-?[0-9]+)?$' || true
}
case $1 in
expect)
  echo 'claim,value,allowed,kind'
  while IFS=, read -r name share least kind; do
    x=$(value "$2" "$name")
    [ -z "$x" ] || awk -v n="$name" -v x="$x" -v share="$share" -v least="$least" -v kind="$kind" \
      'BEGIN { a = share * (x < 0 ? -x : x); printf "%s,%s,%.3g,%s\n", n, x, (a > least ? a : least), kind }'
  done <<'C'
zhaoRows,0,0,runs that were fitted
zhaoConfigurations,0,0,configurations
zhaoObjective,0.001,0,least value of the objective
zhaoRmse,0.01,0.0001,error in sample
zhaoCvRmse,0.02,0.0002,error on folds
zhaoHeldRmse,0.02,0.0002,error on held-out larger runs
zhaoBestG,0.05,0.05,best G
zhaoBestS,0.05,0.01,best S
cvLaws,0,0,laws compared
cvContests,0,0,comparisons
cvWon,0,1,comparisons won
cvLost,0,1,comparisons lost
zhaoPublishedBestG,0.001,0,closed form of the published G
zhaoPublishedBestS,0.001,0,closed form of the published S
C
  ;;
verify)
  [ -r "$2" ] || { echo "$2 is not there: make expected writes it down" >&2 && exit 2; }
  bad=0
  tail -n +2 "$2" | {
    while IFS=, read -r name expected allowed kind; do
      x=$(value "$3" "$name")
      if [ -z "$x" ]; then
        echo "gone     $name ($kind): expected $expected" && bad=2
      elif awk -v x="$x" -v e="$expected" -v a="$allowed" 'BEGIN { d = x - e; exit !((d < 0 ? -d : d) <= a * (1 + 1e-9)) }'; then
        echo "holds    $name = $x (expected $expected, allowed $allowed): $kind"
      else
        echo "differs  $name = $x (expected $expected, allowed $allowed): $kind"
        [ $bad = 2 ] || bad=1
      fi
    done
    exit $bad
  }
  ;;
*) echo "claims.sh: expected expect or verify" >&2 && exit 2 ;;
esac
