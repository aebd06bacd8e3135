#!/bin/sh
# fresh.sh - check.tex: what `moelaw check --json` found of fresh runs, as macros. Usage: fresh.sh CHECK.json BOUND
set -eu
echo '% written by paper/fresh.sh; do not edit'
value() { tr -d '\n' <"$1" | grep -o "\"$2\": [^,}]*" | head -1 | sed 's/.*: //'; }
macro() { printf '\\newcommand{\\check%s}{%s}\n' "$1" "$2"; }
number() { printf '%.2f' "$(value "$1" "$2")"; }
macro Runs "$(value "$1" runs)"
macro Mape "$(number "$1" mape)"
macro Bias "$(number "$1" bias)"
macro Outside "$(value "$1" outside_interval)"
macro With "$(value "$1" with_interval)"
macro Holds "$(value "$1" holds | sed 's/true/yes/; s/false/no/')"
macro Bound "$2"
