#!/bin/bash
# run.sh - runs test programs (cmocka) and scripts (TAP), JOBS at a time, shows what failed in full, and closes with
# "N passed, N failed, N skipped". Usage: BUILD=build tests/run.sh TEST...
set -u
BUILD=${BUILD:-build} JOBS=${JOBS:-2}
BIN=$(realpath -m "$BUILD/bin")
export BUILD BIN LC_ALL=C.UTF-8 CMOCKA_MESSAGE_OUTPUT=TAP
logs=$BUILD/test-logs
rm -rf "$logs" && mkdir -p "$logs"

one() {
  log=$1/$(echo "$2" | tr '/.' '__')
  case $2 in *.sh) bash "$2" ;; *) "$2" ;; esac >"$log" 2>&1
  code=$?
  # A test that dies counts as a failure even when every line it printed was good.
  if [ $code != 0 ] && ! grep -q '^not ok' "$log"; then echo "not ok - $2 ended with status $code" >>"$log"; fi
  if ! grep -qE '^(not )?ok' "$log"; then echo "not ok - $2 ran nothing" >>"$log"; fi
  bad=$(grep -c '^not ok' "$log")
  good=$(grep '^ok' "$log" | grep -cvi '# skip')
  skipped=$(grep '^ok' "$log" | grep -ci '# skip')
  printf '%-52s %4d passed%s%s\n' "${2#"$BUILD"/}" "$good" "$([ "$bad" = 0 ] || echo ", $bad FAILED")" \
    "$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
  [ "$bad" = 0 ] || sed 's/^/    /' "$log"
}
export -f one
printf '%s\n' "$@" | xargs -P "$JOBS" -I{} bash -c 'one "$0" "$1"' "$logs" {}

passed=$(cat "$logs"/* | grep '^ok' | grep -cvi '# skip')
failed=$(cat "$logs"/* | grep -c '^not ok')
skipped=$(cat "$logs"/* | grep '^ok' | grep -ci '# skip')
grep -hi '^ok.*# skip' "$logs"/* | sed 's/^ok[^#]*-/skipped:/' | sort | uniq
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
