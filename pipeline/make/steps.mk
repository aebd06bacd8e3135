# steps.mk - from a run table to fits, figures, tables and the paper; then the targets for people.
#
# A fit depends on the solver and its own law alone, so that a change in one law's file redoes that law's fit and what
# is drawn from it; moelaw's other commands are other objects. The program itself is order-only.

LAWS        ?= zhao2025 hoffmann2022 krajewski2024
FIT_OPTIONS ?=
# Those of the fit but for what has no meaning here.
CROSSVAL_OPTIONS ?= $(shell printf '%s' '$(FIT_OPTIONS)' | sed -E 's/--(bootstrap|weight)[ =] *[^ ]+//g; s/--profile//g')
MOELAW      := $(BUILD)/bin/moelaw
MOEPLOT     := $(BUILD)/bin/moeplot

law_object     = $(BUILD)/obj/analyze/laws/$(1).o
command_object = $(BUILD)/obj/analyze/commands/cmd_$(1).o
# What all fits rest on; the law itself comes beside it.
solver_objects := $(filter-out $(patsubst %,$(BUILD)/obj/analyze/fit/%.o,crossval crossval_file crossval_text holdout predict plant),\
  $(filter $(patsubst %,$(BUILD)/obj/analyze/%,laws/law.o runs/% solver/% fit/%),$(analyze_objects)))
# A commit changes every program, but what it draws not.
plot_needs      := $(plot_objects) $(filter-out %/version.o,$(ground_objects))
drawing_objects := $(filter $(BUILD)/obj/analyze/report/%,$(analyze_objects))
fits := $(LAWS:%=$(A)/fit/%.json)

$(A)/fit/options: FORCE
	@mkdir -p $(@D) && echo '$(FIT_OPTIONS)' >$(call new,$@) && $(call keep_if_same,$@)
# What is drawn and judged from several fits depends on which they are.
$(A)/fit/laws: FORCE
	@mkdir -p $(@D) && echo '$(LAWS) $(CROSSVAL_OPTIONS)' >$(call new,$@) && $(call keep_if_same,$@)
$(fits): $(A)/fit/%.json: $(A)/runs.csv $(A)/fit/options $(solver_objects) $(call command_object,fit) $(call law_object,%) | $(MOELAW)
	$(call say,FIT,$@)$(MOELAW) fit $< --law $* $(FIT_OPTIONS) -o $@ >$(@:.json=.txt)

# Laws judged by runs they have not seen.
$(A)/fit/crossval.json: $(A)/runs.csv $(A)/fit/laws $(solver_objects) $(LAWS:%=$(call law_object,%)) \
    $(call command_object,crossval) $(patsubst %,$(BUILD)/obj/analyze/fit/%.o,crossval crossval_file crossval_text) | $(MOELAW)
	$(call say,CROSS,$@)$(MOELAW) crossval $< --law $(subst $(space),$(comma),$(strip $(LAWS))) $(CROSSVAL_OPTIONS) -o $@ >$(@:.json=.txt)

.PHONY: fit crossval figures tables report answers check reproduce bench clean distclean
fit: $(fits) crossval ## fits LAWS to the run table and judges them on held-out runs
crossval: $(A)/fit/crossval.json

# The data of figures and tables, from the first law's fit; then one picture for each spec.
main_fit := $(firstword $(fits))
FIGURES  ?= parity marginal hooks crossval isoflop contour best_ratio share extrapolation draws profile starts \
  structure granularity experts serving holistic ranks noise rates effects
CURVES   ?= training cost load
TABLES   ?= coefficients laws splits grid optimum

$(A)/figures/.data: $(main_fit) $(A)/fit/laws $(A)/fit/crossval.json $(A)/runs.csv $(drawing_objects) $(call command_object,figures) | $(MOELAW)
	@mkdir -p $(@D)
	$(call say,DATA,$(@D))$(MOELAW) figures -q $(main_fit) $(A)/runs.csv --crossval $(A)/fit/crossval.json -o $(@D)
	@touch $@
$(FIGURES:%=$(A)/figures/%.csv): $(A)/figures/.data ;
# Of runs trained here from their records, of a measured table from what is kept beside it; other tables have no curves.
curves_table    := $(if $(runs_name),$(RUNS),$(TABLE))
curves_manifest := $(if $(runs_name),$(wildcard $(RUNS:.csv=-manifest.csv)),$(A)/manifest.csv)
ifeq ($(curves_manifest),)
CURVES :=
endif
$(A)/figures/.curves: $(A)/runs.csv $(MOESWEEP)
	@mkdir -p $(@D)
	@$(if $(curves_manifest),,: )$(MOESWEEP) curves -q $(curves_manifest) $(A)/runs $(if $(curves_table),--table $(curves_table)) -o $(@D)
	@touch $@
$(CURVES:%=$(A)/figures/%.csv): $(A)/figures/.curves ;
# A figure that the law or the runs cannot have has no data (`moelaw figures` says why), and then no picture. Which those
# are is known once the data are there, so the shell looks, and draws what is older than its data, its spec or the program.
figure_specs := $(patsubst %,plot/specs/%.yaml,$(FIGURES) $(CURVES))
$(A)/figures/.drawn: $(A)/figures/.data $(if $(CURVES),$(A)/figures/.curves) $(figure_specs) $(plot_needs) | $(MOEPLOT)
	@for name in $(FIGURES) $(CURVES); do spec=plot/specs/$$name.yaml file=$(@D)/$$name; \
	  if [ ! -e $$file.csv ]; then rm -f $$file.pdf $$file.png; continue; fi; \
	  old=; [ -e $$file.pdf ] || old=yes; for f in $$file.csv $$spec $(plot_needs); do if [ $$f -nt $$file.pdf ]; then old=yes; fi; done; \
	  [ "$$old" ] || continue; \
	  $(if $(filter 0,$(V)),printf '  %-6s %s\n' PLOT $$file.pdf;) \
	  $(MOEPLOT) -q $$spec $$file.csv -o $$file.pdf -o $$file.png || exit; done
	@touch $@
figures: $(A)/figures/.drawn ## the figures as PDF and PNG, their data beside them

registered := $(wildcard $(if $(runs_name),$(RUNS:.csv=-register.json),$(if $(TABLE),$(TABLE:.csv=-register.json))))
# What is known of the runs besides: their manifest and register, what was tried before, how often intervals held.
record_files = $(curves_manifest) $(registered)
record       = $(addprefix --manifest ,$(curves_manifest)) $(addprefix --register ,$(registered)) \
  $(addprefix --tried ,$(wildcard artifacts/runs/recipe-manifest.csv)) $(addprefix --coverage ,$(wildcard artifacts/bench/coverage.csv))
$(A)/tables/.data: $(fits) $(A)/fit/laws $(A)/fit/crossval.json $(A)/runs.csv $(drawing_objects) $(call command_object,tables) $(record_files) | $(MOELAW)
	@mkdir -p $(@D)
	$(call say,DATA,$(@D))$(MOELAW) tables -q $(main_fit) $(A)/runs.csv --crossval $(A)/fit/crossval.json $(record) -o $(@D)
	@touch $@
$(TABLES:%=$(A)/tables/%.csv): $(A)/tables/.data ;
table_specs := $(filter $(TABLES),$(basename $(notdir $(wildcard plot/specs/*.yaml))))
table_files := $(table_specs:%=$(A)/tables/%.pdf)
$(table_files): $(A)/tables/%.pdf: plot/specs/%.yaml $(A)/tables/%.csv $(plot_needs) | $(MOEPLOT)
	$(call say,PLOT,$@)$(MOEPLOT) -q $< $(A)/tables/$*.csv -o $@
tables: $(A)/tables/.data $(table_files) ## the tables as LaTeX, CSV and PDF

# One page to look at, with the figures drawn for it in both themes; what has no data is left out.
$(A)/report.html: $(fits) $(A)/fit/crossval.json $(A)/runs.csv $(A)/figures/.data $(A)/figures/.curves \
    $(patsubst %,plot/specs/%.yaml,$(FIGURES) $(CURVES)) $(drawing_objects) $(call command_object,report) $(plot_needs) | $(MOELAW) $(MOEPLOT)
	@rm -rf $(A)/report && mkdir -p $(A)/report
	$(call say,PAGE,$@)for name in $(FIGURES) $(CURVES); do \
	  [ -e $(A)/figures/$$name.csv ] || continue; \
	  cp $(A)/figures/$$name.csv $(A)/report; \
	  $(MOEPLOT) -q plot/specs/$$name.yaml $(A)/figures/$$name.csv -o $(A)/report/$$name.svg && \
	  $(MOEPLOT) -q plot/specs/$$name.yaml $(A)/figures/$$name.csv --theme dark -o $(A)/report/$$name-dark.svg || exit; \
	done; $(MOELAW) report $(fits) --crossval $(A)/fit/crossval.json --figures $(A)/report --runs $(A)/runs.csv -o $@
report: $(A)/report.html ## one page to look at: artifacts/DESIGN/report.html

# What was registered before the first run, answered by the runs there are.
$(A)/answers.json: $(A)/runs.csv $(main_fit) $(A)/fit/crossval.json $(registered) $(call command_object,answers) \
    $(filter $(BUILD)/obj/analyze/answers/%,$(analyze_objects)) | $(MOELAW)
	@mkdir -p $(A)/tables
	$(call say,ASK,$@)$(MOELAW) answers -q $(A)/runs.csv --fit $(main_fit) --crossval $(A)/fit/crossval.json --register $(registered) \
	  -o $@ --tex $(A)/tables/answers.tex >$(@:.json=.txt)
answers: $(if $(registered),$(A)/answers.json) ## the registered questions, answered
	@cat $(A)/answers.txt

# Does the fit of the first law hold on other runs? Those that are trained here, or NEW=table.csv.
NEW      ?= $(T)/runs.csv
MAX_MAPE ?= 2
check: $(main_fit) $(NEW) | $(MOELAW) ## does the fitted law hold on NEW=runs.csv (MAX_MAPE=2)
	@$(MOELAW) check $< $(NEW) --max-mape $(MAX_MAPE)

# The verdict on fresh runs, whichever it is, for the paper.
$(A)/check.json: $(main_fit) $(T)/runs.csv $(call command_object,check) | $(MOELAW)
	$(call say,CHECK,$@)$(MOELAW) check -q $< $(T)/runs.csv --max-mape $(MAX_MAPE) --json >$(call new,$@) || [ $$? = 1 ]
	@mv $(call new,$@) $@
	@echo "the law on fresh runs: $$(sed -n 's/.*"text": "\(MAPE[^"]*\)".*/\1/p' $@), asked for $(MAX_MAPE) %"

reproduce: $(MOELAW) ## published numbers against ours
	@$(MOELAW) reproduce

bench: $(MOETRAIN) $(MOELAW) ## speed of training and of fitting on this machine
	@$(MOETRAIN) bench
	@BUILD=$(BUILD) tests/bench/moelaw_bench.sh

clean: ## removes what was built and derived; never a trained run or a measured table
	@rm -rf -- $(BUILD) $(A)/fit $(A)/figures $(A)/tables $(A)/report $(A)/report.html $(A)/paper $(A)/paper.pdf

distclean: ## removes all that is not in git, trained runs included
	@rm -rf build build-* $(filter-out artifacts/runs artifacts/bench artifacts/figures,$(wildcard artifacts/*))
