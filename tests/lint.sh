#!/bin/bash
# lint.sh - source style, static checks, function length, arrows between folders, shell scripts. `make lint` runs it; prints what is wrong, exit 1 if anything is.
set -u
cd "$(dirname "$0")/.." || exit 3
mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.inc' '*.cu' '*.cuh')
bad=0
need() { command -v "$1" >/dev/null || { echo "lint: $1 is missing: make setup WITH=lint" >&2; exit 2; }; }
need clang-format
need cppcheck
need shellcheck

echo "lint: style of ${#sources[@]} files"
clang-format --dry-run -Werror "${sources[@]}" 2>&1 | sed -n "s|^\([^:]*\):[0-9]*:.*error:.*|\1: clang-format -i changes it|p" | sort | uniq -c | awk "{ n = \$1; \$1 = \"\"; print \$0, \"(\" n \" places)\"; bad = 1 } END { exit bad }" || bad=1

echo "lint: no function above 60 lines (tables of options and help texts not counted)"
awk 'FNR == 1 { start = 0 }
     /^[A-Za-z_].*\{$/ && !/^(typedef|struct|enum|union|static const|const|extern)/ { start = FNR; name = $0; lines = 0 }
     !/^ +(\{?"|[-+0-9., ]+\},?$)/ { lines++ }
     /^\}/ && start { if (lines > 60) { printf "%s:%d: %d lines: %s\n", FILENAME, start, lines, name; bad = 1 } start = 0 }
     END { exit bad }' "${sources[@]}" || bad=1

echo "lint: arrows between folders, header guards"
tests/arrows.sh || bad=1

echo "lint: shell scripts"
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
for script in "${scripts[@]}"; do # those without a first line are sourced or run by bash (tests/run.sh)
  case $(head -c 2 "$script") in '#!') shell=() ;; *) shell=(-s bash) ;; esac
  shellcheck -x -S warning "${shell[@]}" "$script" || bad=1
done

# uninit*: the compilers and the sanitizers see more and err less there. invalidPointerCast: fields named by offset.
echo "lint: cppcheck"
mapfile -t c_sources < <(printf '%s\n' "${sources[@]}" | grep '\.c$')
cppcheck --quiet --std=c17 --language=c --error-exitcode=1 --inline-suppr -j "${JOBS:-2}" \
  --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
  --suppress=unknownMacro --suppress=uninitvar --suppress=uninitStructMember --suppress=invalidPointerCast --suppress="negativeIndex:tests/*" "${c_sources[@]}" || bad=1
exit $bad
