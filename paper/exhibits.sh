#!/bin/sh
# exhibits.sh - exhibits.tex: each figure and table of paper.tex that is there, its data, the command that makes it, and the
# seconds that took where they were measured (artifacts/bench/exhibits.csv: exhibit,seconds). Usage: exhibits.sh FOLDER
# (artifacts/NAME, which has figures/ and tables/).
set -eu
folder=$1 times=artifacts/bench/exhibits.csv
row() { # REF NAME DATA COMMAND
  seconds=$(if [ -e $times ]; then awk -F, -v name="$2" '$1 == name { print $2 }' $times; fi)
  # shellcheck disable=SC2016  # $ is LaTeX's
  printf '%s~\\ref{%s} & \\texttt{\\detokenize{%s}} & \\texttt{\\detokenize{%s}} & %s \\\\\n' "${1%%/*}" "${1#*/}" "$3" "$4" "${seconds:---}"
}
printf '%s\n' '% written by paper/exhibits.sh; do not edit'
printf '%s\n' '\begin{tabular}{lllr}'
printf '%s\n' '\toprule'
printf '%s\n' 'exhibit & data & made by & s \\'
printf '%s\n' '\midrule'
sed -n 's/^\\\(exhibit\|listing\){\([a-z_]*\)}.*/\1 \2/p' paper/paper.tex | while read -r kind name; do
  if [ "$kind" = exhibit ] && [ -e "$folder/figures/$name.pdf" ]; then
    row "Figure/fig:$name" "$name" "figures/$name.csv" "moeplot plot/specs/$name.yaml"
  elif [ "$kind" = listing ] && [ -e "$folder/tables/$name.tex" ]; then
    row "Table/tab:$name" "$name" "tables/$name.tex" "moelaw tables"
  fi
done
printf '%s\n' '\bottomrule'
printf '%s\n' '\end{tabular}'
