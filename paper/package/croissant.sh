#!/bin/sh
# croissant.sh - croissant.json (MLCommons Croissant 1.1) of run tables: files with their sha256, fields with type and meaning.
# Usage: croissant.sh VERSION TABLE.csv...; BAD INPUT, exit 2, if a table has a column that columns.csv does not explain.
set -eu
version=$1 here=$(dirname "$0")
shift
cat <<'J'
{
  "@context": {
    "@language": "en", "@vocab": "https://schema.org/", "arrayShape": "cr:arrayShape", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn", "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty", "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field", "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes",
    "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField",
    "path": "cr:path", "rai": "http://mlcommons.org/croissant/RAI/", "recordSet": "cr:recordSet", "references": "cr:references",
    "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace", "samplingRate": "cr:samplingRate", "sc": "https://schema.org/", "separator": "cr:separator",
    "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform"
  },
  "@type": "sc:Dataset",
  "conformsTo": "http://mlcommons.org/croissant/1.1",
  "name": "moelaw-runs",
  "description": "Training runs of small Mixture-of-Experts language models: one row a finished run, with its factors by exact counting and its validation loss. NAME-manifest.csv has what was planned, NAME-register.json what was asked beforehand.",
J
cat <<J
  "version": "$version",
  "license": "https://spdx.org/licenses/MIT.html",
  "url": "https://arxiv.org/abs/2509.23678",
  "creator": {"@type": "sc:Organization", "name": "The moelaw authors"},
  "datePublished": "$(git log -1 --format=%cs -- "$@")",
  "citeAs": "see CITATION.cff",
J
comma=
echo '  "distribution": ['
for table; do
  printf '%s    {"@type": "cr:FileObject", "@id": "%s", "name": "%s", "contentUrl": "%s", "encodingFormat": "text/csv", "sha256": "%s"}' \
    "$comma" "$(basename "$table")" "$(basename "$table")" "$table" "$(sha256sum "$table" | cut -d' ' -f1)"
  comma=',
'
done
printf '\n  ],\n  "recordSet": [\n'
comma=
for table; do
  printf '%s' "$comma"
  head -1 "$table" | awk -v table="$(basename "$table")" -v where="$table" '
    NR == FNR { if (FNR > 1) { split($0, part, ","); type[part[1]] = part[2]; sub(/^[^,]*,[^,]*,/, ""); meaning[part[1]] = $0 } next }
    { name = table; sub(/\.csv$/, "", name); n = split($0, column, ",")
      printf "    {\"@type\": \"cr:RecordSet\", \"@id\": \"%s\", \"name\": \"%s\", \"field\": [", name, name
      for (i = 1; i <= n; i++) {
        c = column[i]
        if (!(c in type)) { print where ":1: column " i ": columns.csv does not say what " c " is" >"/dev/stderr"; exit 2 }
        printf "%s\n      {\"@type\": \"cr:Field\", \"@id\": \"%s/%s\", \"name\": \"%s/%s\", \"description\": \"%s\", \"dataType\": \"sc:%s\", \"source\": {\"fileObject\": {\"@id\": \"%s\"}, \"extract\": {\"column\": \"%s\"}}}", (i > 1 ? "," : ""), name, c, name, c, meaning[c], type[c], table, c
      }
      printf "\n    ]}" }' "$here/columns.csv" -
  comma=',
'
done
printf '\n  ]\n}\n'
