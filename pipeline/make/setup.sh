#!/bin/sh
# setup.sh - installs what is missing of pipeline/make/packages.txt and nothing else. Usage: pipeline/make/setup.sh GROUP...
# Without apt it prints what is needed and ends with status 2.
set -u
list=$(dirname "$0")/packages.txt
wanted() {
  for group in "$@"; do awk -v g="$group" '!/^#/ && $2 == g' "$list"; done
}
known=$(awk '!/^#/ { print $2 }' "$list" | sort -u | tr '\n' ' ')
for group in "$@"; do
  case " $known" in *" $group "*) ;; *)
    echo "setup: no group '$group' in $list, expected any of: $known" >&2
    exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "setup: this system has no apt. Needed are (Debian's names; yours will be close):" >&2
  wanted "$@" | awk '{ name = $1; $1 = $2 = ""; printf "  %-26s%s\n", name, $0 }' >&2
  exit 2
fi

missing=
for package in $(wanted "$@" | awk '{ print $1 }'); do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "setup: all $(wanted "$@" | wc -l) packages are there"
else
  echo "setup: will install$(printf ' %s' $missing) and what they depend on"
  sudo=
  if [ "$(id -u)" != 0 ]; then
    sudo=$(command -v sudo) || { echo "setup: run it as root, or install sudo" >&2; exit 2; }
  fi
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq || exit 3
  # shellcheck disable=SC2086  # a list of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing || exit 3
fi
if command -v nvcc >/dev/null; then
  echo "setup: nvcc found, the CUDA backend is compiled too"
else
  echo "setup: no nvcc, so the CPU backend alone is compiled (nothing else changes)"
fi
