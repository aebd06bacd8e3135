# paper.mk - paper.pdf from generated macros, tables and figures.
#
# LaTeX runs in artifacts/DESIGN with paper/ in its path, so that paper.tex names numbers, tables/NAME and figures as they
# lie there. Where no LaTeX is, everything but the paper is made, and that is said.

paper_sources := $(wildcard paper/*.tex)
paper_pdf     := $(A)/paper.pdf
latex         := $(shell command -v pdflatex)

.PHONY: paper
ifeq ($(latex),)
paper: figures tables ## paper.pdf, its numbers all generated
	@echo "no pdflatex here, so all but the paper is made; make setup installs it"
else
paper: $(paper_pdf) ## paper.pdf, its numbers all generated
endif

# The figures that the text includes, and no others.
paper_figures := $(shell sed -n 's/.*\\includegraphics[^{]*{\([^}]*\)}.*/\1/p' $(paper_sources))
latex_once = cd $(A) && TEXINPUTS=.:$(CURDIR)/paper:tables: SOURCE_DATE_EPOCH=0 FORCE_SOURCE_DATE=1 \
  $(latex) -interaction=nonstopmode -halt-on-error -output-directory=paper paper.tex >paper/messages.txt 2>&1 || \
  { grep -A3 '^!' paper/messages.txt || tail -20 paper/messages.txt; echo "$(A)/paper/messages.txt has the rest"; exit 3; } >&2

$(paper_pdf): $(paper_sources) $(A)/tables/.data $(paper_figures:%=$(A)/figures/%.pdf)
	@mkdir -p $(A)/paper
	$(call say,LATEX,$@)($(latex_once))
	@($(latex_once))
	@if grep -q 'undefined references\|multiply defined' $(A)/paper/messages.txt; then grep 'undefined\|multiply' $(A)/paper/messages.txt >&2; exit 1; fi
	@mv $(A)/paper/paper.pdf $@

# Everything, with a last line that says where it is.
all: build figures tables paper ## trains, fits, cross-validates, draws, builds the paper
	@echo "$(design_name) is up to date: $(A)/runs.csv, fit/, figures/, tables/$(if $(latex), and paper.pdf)"
