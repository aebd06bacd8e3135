#!/bin/sh
# package.sh - lays the package out: package.sh VERSION ARTIFACTS FOLDER TABLE.csv...
set -eu
version=$1 artifacts=$2 folder=$3 here=$(dirname "$0")
shift 3
DATE=$(git log -1 --format=%cs)
export DATE
rm -rf "$folder"
mkdir -p "$folder"
git archive --format=tar HEAD | tar -xf - -C "$folder"
# What was made: fits, figures with their data, tables, the paper, verdicts.
mkdir -p "$folder/$artifacts"
cp -r "$artifacts/fit" "$artifacts/figures" "$artifacts/tables" "$folder/$artifacts/"
for file in runs.csv paper.pdf check.json answers.json answers.txt; do
  [ ! -e "$artifacts/$file" ] || cp "$artifacts/$file" "$folder/$artifacts/"
done
find "$folder/$artifacts" -name '.*' -type f -delete
cp "$artifacts/tables/exhibits.tex" "$folder/EXHIBITS.tex"
"$here/croissant.sh" "$version" "$@" >"$folder/croissant.json"
# The packages of the machine that made it, with their versions; some may not be installed, and are not named.
{
  echo "# Debian packages of pipeline/make/packages.txt on the machine that made this"
  . /etc/os-release && echo "# $PRETTY_NAME, $(uname -srm)"
  grep -v '^#' pipeline/make/packages.txt | awk '{ print $1 }' | xargs dpkg-query -W -f '${Package} ${Version}\n' 2>/dev/null || true
} >"$folder/PACKAGES.txt"
"$here/checklist.sh" "$artifacts" >"$folder/CHECKLIST.md"
"$here/crate.sh" "$version" "$folder" >"$folder/ro-crate-metadata.json.new"
mv "$folder/ro-crate-metadata.json.new" "$folder/ro-crate-metadata.json"
(cd "$folder" && find . -type f ! -name MANIFEST.sha256 -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$folder.sums"
mv "$folder.sums" "$folder/MANIFEST.sha256"
