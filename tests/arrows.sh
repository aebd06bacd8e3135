#!/bin/bash
# arrows.sh - every include line against the arrows in docs/design.md, and no header guard used twice. Prints what is
# wrong as file:line; exit 1 if anything is. Usage: tests/arrows.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/..}"
mapfile -t sources < <(find pipeline train analyze plot -name '*.[ch]' -o -name '*.cu' -o -name '*.inc' | LC_ALL=C sort)
awk '
function wrong(text) { print text; bad = 1 }
# The folder that a file belongs to, as the table calls it.
function folder(file,   part, n) {
  n = split(file, part, "/")
  if (n > 2) return part[n - 1]
  if (file ~ /\/moe[a-z]+\.c$/) { sub(/\.c$/, "", part[2]); return part[2] }
  return part[1] == "train" ? "backend" : part[1] == "analyze" ? "command" : part[1]
}
# All that `a` rests on; `way` is how we came here, to tell a circle.
function below(top, a, way,   list, n, i) {
  if (index(way " ", " " a " ")) { if (!circle[a]++) wrong("docs/design.md: the arrows go round:" way " " a); return }
  n = split(uses[a], list, " ")
  for (i = 1; i <= n; i++) { allowed[top, list[i]] = 1; below(top, list[i], way " " a) }
}
FILENAME == "docs/design.md" {
  if (/^```/) { inside = /^```arrows/; next }
  if (!inside || !NF) next
  n = split($0, chain, / *<- */)
  for (i = 1; i <= n; i++) known[chain[i]] = 1
  for (i = 2; i <= n; i++) uses[chain[i]] = uses[chain[i]] " " chain[i - 1]
  next
}
FNR == 1 {
  if (!closed++) for (a in known) below(a, a, "")
  from = folder(FILENAME); room = FILENAME; sub(/\/.*/, "", room)
  if (!known[from] && !told[from]++) wrong(FILENAME ": its folder has no place among the arrows of docs/design.md")
}
/^ *#ifndef [A-Z0-9_]+_H$/ {
  if ($2 in guard) wrong(FILENAME ":" FNR ": the guard " $2 " is that of " guard[$2])
  guard[$2] = FILENAME
}
/^ *# *include "/ {
  split($0, quoted, "\""); name = quoted[2]
  to = index(name, "/") ? substr(name, 1, index(name, "/") - 1) : ""
  here = FILENAME; sub(/[^\/]*$/, "", here)
  # A name without a folder: of the same folder, else of the room itself.
  if (to == "") to = (here name) in file ? from : folder(room "/" name)
  if (from == to || (from, to) in allowed) next
  wrong(FILENAME ":" FNR ": " from " includes " name ", but no arrow leads there (docs/design.md)")
}
BEGIN { for (i = 2; i < ARGC; i++) file[ARGV[i]] = 1 }
END { exit bad }' docs/design.md "${sources[@]}"
