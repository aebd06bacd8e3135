# paper.mk - paper.pdf from generated macros, tables and figures.
#
# LaTeX runs in artifacts/DESIGN with paper/ in its path, so that paper.tex names numbers, tables/NAME and figures as they
# lie there. Where no LaTeX is, everything but the paper is made, and that is said.

paper_sources := $(wildcard paper/*.tex)
paper_pdf     := $(A)/paper.pdf
latex         := $(shell command -v pdflatex)

.PHONY: paper
no_paper := $(if $(latex),$(if $(filter zhao2025,$(firstword $(LAWS))),,the paper is on zhao2025 which LAWS does not begin with),\
  no pdflatex is here and make setup installs it)
ifneq ($(strip $(no_paper)),)
paper: figures tables
	@echo "all but the paper is made: $(strip $(no_paper))"
else
paper: $(paper_pdf) ## paper.pdf, its numbers all generated
endif

# (Fonts are named in the PDF as plain text, so that paper/check.sh can look at them.)
latex_once = cd $(A) && TEXINPUTS=.:../../paper:tables: SOURCE_DATE_EPOCH=0 FORCE_SOURCE_DATE=1 \
  $(latex) -interaction=nonstopmode -halt-on-error -output-directory=paper -jobname=paper \
  '\pdfobjcompresslevel=0 \input{paper.tex}' >paper/messages.txt 2>&1 || \
  { grep -A3 '^!' paper/messages.txt || tail -20 paper/messages.txt; echo "$(A)/paper/messages.txt has the rest"; exit 3; } >&2

# What `make all` found when it judged the law by fresh runs (check.json), as macros.
$(A)/tables/check.tex: paper/fresh.sh $(A)/check.json
	@mkdir -p $(@D)
	@paper/fresh.sh $(A)/check.json $(MAX_MAPE) >$(call new,$@)
	@$(call keep_if_same,$@)
$(A)/tables/exhibits.tex: paper/exhibits.sh $(paper_sources) $(A)/figures/.drawn $(A)/tables/.data $(wildcard artifacts/bench/exhibits.csv)
	@paper/exhibits.sh $(A) >$(call new,$@)
	@$(call keep_if_same,$@)

# What not every table of runs has: the verdict of fresh runs, and answers to what was registered.
paper_record := $(if $(FRESH),$(A)/tables/check.tex) $(if $(registered),$(A)/answers.json)
bibtex = (cd $(A)/paper && BIBINPUTS=../../../paper: bibtex -terse paper) >&2
# Twice over for references, once more since citations move them; the bibliography in between.
$(paper_pdf): $(paper_sources) paper/references.bib paper/check.sh $(A)/tables/.data $(A)/figures/.drawn $(A)/tables/exhibits.tex $(paper_record)
	@mkdir -p $(A)/paper
	$(call say,LATEX,$@)($(latex_once))
	@$(bibtex)
	@($(latex_once))
	@($(latex_once))
	@paper/check.sh $(A)/paper/paper.log $(A)/paper/paper.pdf $(if $(FRESH),strict) >&2
	@mv $(A)/paper/paper.pdf $@

# Everything, with a last line that says where it is.
all: build figures tables paper $(if $(registered),$(A)/answers.json) $(if $(FRESH),$(A)/check.json) ## fits, cross-validates, draws, builds the paper; trains what judges it
	@echo "$(notdir $(A)) is up to date: $(A)/runs.csv, fit/, figures/, tables/$(if $(strip $(no_paper)),, and paper.pdf)"

include paper/package/package.mk
