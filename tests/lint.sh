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

echo "lint: planted bugs fit the source (tests/mutants/list)"
tests/mutants/run.sh --stale || bad=1

# What is done in one way is not done in another. PATTERN, the files that may, what is done instead.
echo "lint: ways that are closed"
while IFS=$'\t' read -r pattern may instead; do
  found=$(grep -rnE -e "$pattern" --include='*.c' --include='*.h' --include='*.inc' --include='*.cu' --include='*.mk' --include='*.tex' \
    pipeline train analyze plot paper Makefile | grep -vE "^($may):") && { echo "$found"; echo "  instead: $instead"; bad=1; }
done <<'CLOSED'
sscanf\(.*%[0-9]*l?[fge]	-	parse_number(), which takes K, M and B, and no half of a number (ground/number.h)
gsl_set_error_handler	analyze/solver/gsl_errors.c	solver/gsl_errors.c: memory that is out ends the program, all else is returned
json_set_alloc_funcs|isfinite\(.*json_null	pipeline/ground/json.c	ground/json.h
allocate\(\(unsigned long\)	-	a size_t, or nothing: allocate() takes size_t
-Wl,-u|\$\(AR\)	-	programs link objects: laws and commands enrol themselves
(6\.78|0\.315)	analyze/.*|train/.*|plot/.*|pipeline/.*	a generated macro: no number in the paper is typed
rm -rf \$\(BUILD	-	rm -rf --, of a folder that is known to be ours
CLOSED

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
