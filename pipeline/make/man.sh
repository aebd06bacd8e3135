#!/bin/sh
# man.sh - man pages from what the programs say of themselves with --help. Usage: man.sh FOLDER PROGRAM...
# One page for each program and one for each of its commands.
set -eu
folder=$1
shift
mkdir -p "$folder"

# page NAME SUMMARY: the text of --help on stdin as roff.
page() {
  awk -v name="$1" -v summary="$2" -v version="$version" '
    function plain(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); sub(/^[.\x27]/, "\\\\\\&&", text); return text }
    function section(title) { print ".SH " title; part = title; fill = 1 }
    BEGIN { printf ".TH \"%s\" 1 \"\" \"moelaw %s\" \"moelaw\"\n.SH NAME\n%s \\- %s\n", toupper(name), version, plain(name), plain(summary) }
    /^usage: / { section("SYNOPSIS"); sub(/^usage: /, ""); print ".nf"; print plain($0); print ".fi"; section("DESCRIPTION"); next }
    /^(options|commands|examples):$/ { sub(/:$/, ""); section(toupper($0)); if (part == "EXAMPLES") print ".nf"; next }
    /^exit status:/ { if (part == "EXAMPLES") print ".fi"; sub(/^exit status: /, ""); section("EXIT STATUS"); print plain($0); next }
    (part == "OPTIONS" || part == "COMMANDS") && /^  +[^ ]/ {
      line = $0; sub(/^ +/, "", line)
      at = match(line, /  +/)
      if (at) { print ".TP"; print ".B " plain(substr(line, 1, at - 1)); print plain(substr(line, at + RLENGTH)); next }
    }
    /^$/ { if (part != "EXAMPLES") print ".PP"; else print ""; next }
    { print plain($0) }' >"$folder/$1.1"
}

for program in "$@"; do
  name=$(basename "$program")
  version=$("$program" --version | cut -d ' ' -f 2)
  "$program" --help | page "$name" "$("$program" --help | sed -n 3p | sed 's/[.:].*//')"
  "$program" --help | sed -n '/^commands:/,/^$/s/^  *\([a-z]*\)  *\(.*\)/\1 \2/p' | while read -r command summary; do
    "$program" "$command" --help | page "$name-$command" "$summary"
  done
done
