#!/bin/sh
# crate.sh - ro-crate-metadata.json (RO-Crate 1.1) of a package: its files with size and hash, the program, and how the runs
# came about as their provenance tells it. Usage: crate.sh VERSION FOLDER (the package; every file in it is named).
set -eu
version=$1
cd "$2"
echo '{ "@context": "https://w3id.org/ro/crate/1.1/context", "@graph": ['
echo '  {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}, "about": {"@id": "./"}},'
files=$(find . -type f ! -name ro-crate-metadata.json ! -name MANIFEST.sha256 | sed 's|^\./||' | LC_ALL=C sort)
cat <<J
  {"@id": "./", "@type": "Dataset", "name": "moelaw $version: runs, fits, figures and paper", "description": "A scaling law of Mixture-of-Experts models fitted to measured runs, its rivals, figures, tables and paper, with the programs that make them.",
   "datePublished": "$DATE", "license": {"@id": "https://spdx.org/licenses/MIT"}, "author": {"@id": "#authors"}, "mentions": [{"@id": "#training"}, {"@id": "#analysis"}], "hasPart": [
$(printf '%s\n' "$files" | sed 's/.*/    {"@id": "&"},/; $ s/,$//')
  ]},
  {"@id": "https://spdx.org/licenses/MIT", "@type": "CreativeWork", "name": "MIT License", "description": "permission to use, copy, change and pass on, with the notice"},
  {"@id": "#authors", "@type": "Organization", "name": "The moelaw authors"},
  {"@id": "#moelaw", "@type": "SoftwareApplication", "name": "moelaw", "softwareVersion": "$version"},
J
provenance=artifacts/runs/joint-provenance.csv
if [ -e $provenance ]; then
  # Columns by name: status, device, started; what ran, where, and between which times.
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { n[$at["status"]]++; device[$at["device"]]++; t = $at["started"]; if (first == "" || t < first) first = t; if (t > last) last = t }
    END { text = ""; for (s in n) text = text (text == "" ? "" : ", ") n[s] " " s; where = ""
      for (d in device) where = where (where == "" ? "" : "; ") d
      printf "  {\"@id\": \"#training\", \"@type\": \"CreateAction\", \"name\": \"training of the runs\", \"description\": \"%s, on %s\", \"startTime\": \"%s\", \"endTime\": \"%s\", \"instrument\": {\"@id\": \"#moelaw\"}, \"result\": {\"@id\": \"artifacts/runs/joint.csv\"}},\n", text, where, first, last }' $provenance
else
  echo '  {"@id": "#training", "@type": "CreateAction", "name": "training of the runs", "instrument": {"@id": "#moelaw"}},'
fi
echo '  {"@id": "#analysis", "@type": "CreateAction", "name": "make all", "description": "fits, comparison, figures, tables and paper from the run tables", "instrument": {"@id": "#moelaw"}, "object": {"@id": "artifacts/runs/joint.csv"}},'
printf '%s\n' "$files" | while read -r f; do
  case $f in
  *.csv) type=text/csv ;; *.json) type=application/json ;; *.pdf) type=application/pdf ;; *.png) type=image/png ;;
  *.gz) type=application/gzip ;; *.md) type=text/markdown ;; *) type=text/plain ;;
  esac
  printf '  {"@id": "%s", "@type": "File", "name": "%s", "contentSize": "%s", "encodingFormat": "%s", "sha256": "%s"},\n' \
    "$f" "$(basename "$f")" "$(wc -c <"$f" | tr -d ' ')" "$type" "$(sha256sum "$f" | cut -d' ' -f1)"
done | sed '$ s/,$//'
echo ']}'
