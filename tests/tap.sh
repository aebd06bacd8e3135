# tap.sh - for shell tests: source it, then one line a check.
#
#   check "name" COMMAND...          passes when the command succeeds
#   exits N "name" COMMAND...        passes when the command ends with status N; its output is kept in $out and $err
#   says "name" TEXT                 passes when the last command's stderr contains TEXT
#   skip "name" "reason"
# $BIN has the programs, $work is a fresh folder removed at the end.
set -u
BUILD=${BUILD:-build} BIN=${BIN:-$(realpath -m "$BUILD/bin")}
# shellcheck disable=SC2034  # for the scripts that source this
shared=${SHARED:-$PWD/../shared}
# What make must be given by hand, so that it does not find other flags than BUILD has and compile it all anew.
# shellcheck disable=SC2034
as_built=()
if [ -z "${MAKEFLAGS:-}" ] && [ -e "$BUILD/flags" ]; then
  # shellcheck disable=SC2034
  as_built=(CC="$(sed 's/ [0-9][0-9.]* -std=.*//' "$BUILD/flags")" CUDA="$(sed 's/.* CUDA=\([a-z0-9]*\).*/\1/' "$BUILD/flags")")
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/.stdout err=$work/.stderr

ok() { echo "ok - $1"; }
not_ok() {
  echo "not ok - $1"
  sed 's/^/#   stdout: /' "$out" 2>/dev/null | tail -20
  sed 's/^/#   stderr: /' "$err" 2>/dev/null | tail -20
}
check() {
  name=$1; shift
  if "$@" >"$out" 2>"$err"; then ok "$name"; else not_ok "$name ($*)"; fi
}
exits() {
  want=$1 name=$2; shift 2
  "$@" >"$out" 2>"$err"
  got=$?
  if [ $got = "$want" ]; then ok "$name"; else not_ok "$name: exit $got, expected $want ($*)"; fi
}
says() { if grep -qF -- "$2" "$err"; then ok "$1"; else not_ok "$1: stderr lacks '$2'"; fi; }
prints() { if grep -qF -- "$2" "$out"; then ok "$1"; else not_ok "$1: stdout lacks '$2'"; fi; }
skip() { echo "ok - $1 # SKIP $2"; }
