#!/bin/bash
# run.sh - does what a new user does on a bare machine, in a clean Debian root: only git and make are there, the
# repository is cloned, `make setup all`, `make test` and a second `make all` are timed. As root; network to the mirror of
# this machine's own apt sources.
#
# Usage: tests/fresh/run.sh [ROOT]      ROOT (default: a new folder in /var/tmp) is kept if something fails.
#   CPUS=0,1     the cores to run on (default: two)
#   REPO=path    what is cloned (default: this repository's HEAD; what is not committed is not tested)
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
repo=${REPO:-$here} cpus=${CPUS:-0,1}
root=${1:-$(mktemp -d /var/tmp/moelaw-fresh-XXXXXX)}
say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
[ "$(id -u)" = 0 ] || { echo "fresh: needs root (chroot, mounts)" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "fresh: needs debootstrap: apt-get install debootstrap" >&2; exit 2; }

# The mirror and suite of this machine: the first http entry of its sources, old or new style.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
  awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^(http|https|file):/) { print $i; exit } }')
[ -n "$mirror" ] || mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

mounts=()
finish() {
  status=$?
  for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do umount -l "${mounts[i]}" || true; done
  if [ $status = 0 ]; then rm -rf --one-file-system "$root"; else say "failed; the root is kept in $root"; fi
}
trap finish EXIT
bind() { mkdir -p "$root$1"; mount --bind "$1" "$root$1"; mounts+=("$root$1"); }

say "debootstrap $suite"
start=$SECONDS
debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -5 "$root.log"; exit 3; }
rm -f "$root.log"
say "debootstrap: $((SECONDS - start)) s (not counted)"
rm -rf "$root"/etc/apt/sources.list*
cp -a /etc/apt/sources.list* /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d "$root/etc/apt/"
for d in /usr/share/keyrings /etc/apt/keyrings /usr/local/share/ca-certificates /etc/ssl; do
  [ -d "$d" ] && mkdir -p "$root$d" && cp -a "$d/." "$root$d/"
done
cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
# Proxies that this machine needs for its mirror it needs in there too.
proxies=$(env | grep -iE '^(https?|no|all)_proxy=' || true)
bind /proc
bind /dev
bind /sys
mkdir -p "$root/src"
git -C "$repo" rev-parse --git-dir >/dev/null
git clone -q --bare "$repo" "$root/src/origin.git"

inside() { # COMMAND: as root in there, on the chosen cores, with a bare environment
  # shellcheck disable=SC2086  # words on purpose
  taskset -c "$cpus" chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 $proxies \
    /bin/sh -c "$1"
}
stage() { # NAME LIMIT-SECONDS COMMAND
  local start=$SECONDS took
  say "$1 ..."
  inside "$3" || { say "$1: FAILED after $((SECONDS - start)) s"; exit 1; }
  took=$((SECONDS - start))
  stages+=("$(printf '%-22s %5d s   (limit %d s)' "$1" "$took" "$2")")
  [ "$took" -le "$2" ] || { say "$1: took $took s, more than $2 s"; late=1; }
}
stages=() late=0
inside 'git clone -q /src/origin.git /root/moelaw'
stage "make setup" 900 'cd /root/moelaw && make setup'
stage "make setup all" 600 'cd /root/moelaw && make setup all'
stage "second make all" 2 'cd /root/moelaw && make all'
stage "make test" 300 'cd /root/moelaw && make test'
inside 'cd /root/moelaw && git status --porcelain && ls -l artifacts/joint && test -s artifacts/joint/paper.pdf && test -s artifacts/joint/check.json'
printf '%s\n' "${stages[@]}"
[ "$late" = 0 ]
