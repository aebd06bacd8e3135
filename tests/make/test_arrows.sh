# test_arrows.sh - the check of include lines finds what runs up, what goes round, what has no place, and a guard used twice.
. tests/tap.sh
arrows() { tests/arrows.sh "$work"; }
mkdir "$work/docs" && cp docs/design.md "$work/docs"
cp -r --parents pipeline/ground pipeline/run train/*.[ch] plot/read analyze/*.[ch] analyze/laws analyze/runs "$work"
exits 0 "the rooms as they are" tests/arrows.sh
exits 0 "a part of them" arrows

echo '#include "laws/law.h"' >>"$work/pipeline/ground/clock.h"
exits 1 "an arrow that runs up" arrows
prints "is named with its place" "pipeline/ground/clock.h:$(wc -l <pipeline/ground/clock.h | awk '{ print $1 + 1 }'): ground includes laws/law.h"
cp pipeline/ground/clock.h "$work/pipeline/ground"

echo '#include "read/spec.h"' >"$work/train/other.c"
exits 1 "an arrow between rooms" arrows
prints "is named" "train/other.c:1: backend includes read/spec.h"
rm "$work/train/other.c"

mkdir "$work/analyze/attic" && echo 'int x;' >"$work/analyze/attic/x.c"
exits 1 "a folder without a place" arrows
prints "is named" "analyze/attic/x.c: its folder has no place"
rm -r "$work/analyze/attic"

sed 's/MOELAW_CLOCK_H/MOELAW_TABLE_H/' pipeline/ground/clock.h >"$work/pipeline/ground/clock.h"
exits 1 "a guard used twice" arrows
prints "is named with the other file" "the guard MOELAW_TABLE_H is that of pipeline/ground/clock.h"
cp pipeline/ground/clock.h "$work/pipeline/ground"

sed -i 's/^ground <- command$/laws <- command\ncommand <- run/' "$work/docs/design.md"
exits 1 "arrows that go round in the table itself" arrows
prints "are named" "the arrows go round"

# A status that nobody looks at, by each compiler that is here.
printf '#include "ground/output.h"\nvoid f(void);\nvoid f(void) { make_folders("x"); }\n' >"$work/careless.c"
for compiler in gcc clang; do
  if ! command -v $compiler >/dev/null; then skip "a status that is not looked at, $compiler" "no $compiler"; continue; fi
  exits 1 "a status that is not looked at, $compiler" $compiler -std=c17 -Ipipeline -Wall -Werror -fsyntax-only "$work/careless.c"
  says "is named" "make_folders"
done
