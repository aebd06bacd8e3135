# test_make.sh - what make does with folders that are not its own, with goals that must not run side by side, and what the
# paper's check finds.
. tests/tap.sh
object=obj/pipeline/ground/status.o
m() { make --no-print-directory CUDA=0 DESIGN=smoke "$@"; }
check "a first object" m BUILD="$work/b" "$work/b/$object"
check "clean beside a goal" m BUILD="$work/b" clean "$work/b/$object"
check "makes the goal after it" [ -e "$work/b/$object" ]
m BUILD="$work/b" clean >"$out" 2>"$err"
check "clean removes its folder" [ ! -e "$work/b" ]

mkdir "$work/mine" && echo precious >"$work/mine/thesis.tex"
exits 2 "clean of a folder that is no build" m BUILD="$work/mine" clean
says "is refused" "holds other things than a build"
check "and leaves it as it was" [ "$(ls -A "$work/mine")" = thesis.tex ]
exits 2 "building in it too" m BUILD="$work/mine" build
exits 2 "a folder with a blank" m BUILD="$work/a b" clean
says "is refused in words" "without blanks"

# An absolute BUILD in the test runner.
mkdir -p "$work/bin/bin"
printf '. tests/tap.sh\ncheck "BIN is BUILD/bin" [ "$BIN" = %s ]\n' "$work/bin/bin" >"$work/test_one.sh"
exits 0 "tests in an absolute BUILD" env -u BIN BUILD="$work/bin" tests/run.sh "$work/test_one.sh"
prints "find their programs" "1 passed, 0 failed"

# Which moelaw this is: one number, and the commit, from git and from what git wrote into a tarball.
number=$(sed -n 's/.*MOELAW_VERSION "\(.*\)"/\1/p' pipeline/ground/version.h)
for p in moesweep moetrain moelaw moeplot; do
  exits 0 "$p --version" "$BIN/$p" --version
  prints "has the number" "$p $number ("
done
if commit=$(git rev-parse --short=12 HEAD 2>/dev/null) && git clone -q . "$work/clone" 2>"$err"; then
  exits 0 "dist" m -C "$work/clone" BUILD="$work/d" dist
  mkdir "$work/sources"
  check "writes a tarball" tar xzf "$work/clone/moelaw-$number-$commit.tar.gz" -C "$work/sources" --strip-components=1
  check "of all that git has" [ "$(cd "$work/sources" && find . -type f -o -type l | wc -l)" = "$(git ls-tree -r --name-only HEAD | wc -l)" ]
  exits 0 "make there" m -C "$work/sources" BUILD="$work/e" help
  check "knows the commit" grep -q "\"$commit\"" "$work/e/commit.h"
  git -C "$work/clone" tag "v$number"
  exits 0 "dist of a release" m -C "$work/clone" BUILD="$work/d" dist
  check "has the number alone" [ -s "$work/clone/moelaw-$number.tar.gz" ]
else
  skip "dist" "no git here"
fi

# What is installed.
exits 0 "install" make --no-print-directory BUILD="$BUILD" DESTDIR="$work/root" PREFIX=/usr "${as_built[@]}" install
check "the program runs from there" "$work/root/usr/bin/moelaw" --version
for f in man/man1/moelaw-fit.1 man/man1/moetrain.1 moelaw/specs/parity.yaml moelaw/designs/quick.yaml moelaw/hardware/h100.yaml; do
  check "installs $f" [ -s "$work/root/usr/share/$f" ]
done
check "a page has the version" grep -q "moelaw $number" "$work/root/usr/share/man/man1/moelaw-fit.1"
check "a page has the options of --help" grep -q 'bootstrap' "$work/root/usr/share/man/man1/moelaw-fit.1"
# shellcheck disable=SC1091
. "$work/root/usr/share/bash-completion/completions/moelaw"
completed() { # WORD...: what the last word is completed to
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  PATH="$BIN:$PATH" _moelaw_complete "$1"
  echo "${COMPREPLY[*]}"
}
check "completes commands" [ "$(completed moelaw pred)" = predict ]
check "completes options" [ "$(completed moelaw fit --boots)" = --bootstrap ]
check "compile_commands" m BUILD="$work/c" DATABASE="$work/c.json" compile_commands
if [ "$(grep -c '"file"' "$work/c.json")" -gt 100 ]; then ok "names every file"; else not_ok "names every file"; fi

if ! command -v pdflatex >/dev/null; then
  skip "the paper's check" "no pdflatex"
  exit
fi
latex() { # TEXT: a document, compiled as the paper is
  printf '\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}\\begin{document}%s\\end{document}\n' "$1" >"$work/x.tex"
  for _ in 1 2; do pdflatex -output-directory="$work" '\pdfobjcompresslevel=0 \input{'"$work"'/x.tex}' >/dev/null 2>&1; done
}
x_check() { paper/check.sh "$work/x.log" "$work/x.pdf"; }
latex 'Fine. \section{One}\label{a} See \ref{a}. \hbox to 10pt{\rule{11pt}{1pt}}\par'
exits 0 "a document without faults, one box 1 pt too wide" x_check
latex '\hbox to 10pt{\rule{13pt}{1pt}}\par'
exits 1 "a box 3 pt too wide" x_check
prints "is shown" "Overfull"
latex 'See \ref{nowhere}.'
exits 1 "a reference to nothing" x_check
prints "is named" "nowhere"
latex 'See \cite{nobody}.'
exits 1 "a citation of nothing" x_check
latex '\font\dots=cmff10 at 10pt \dots Dots.'
if grep -aq 'pk>' "$work/x.log"; then exits 1 "a font of dots" x_check; else skip "a font of dots" "no Metafont here"; fi
latex 'Fine.' && printf '<< /Type /Font /Subtype /Type3 >>\n' >>"$work/x.pdf"
exits 1 "a figure with a font of dots" x_check
prints "is named so" "Type 3"
strict() { paper/check.sh "$work/x.log" "$work/x.pdf" strict; }
latex 'Fine.\par\typeout{moelaw: last page of the text: 20.0pt}'
exits 1 "two lines alone on the last page, where that is asked" strict
prints "are named" "less than three lines"
exits 0 "and not where it is up to the runs" x_check
latex 'Fine.\par\typeout{moelaw: last page of the text: 120.0pt}'
exits 0 "ten lines" strict
