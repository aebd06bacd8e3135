# steps.mk - from a run table to fits, figures, tables and the paper; then the targets for people.
#
# A fit depends on the solver and its own law alone, so that a change in one law's file redoes that law's fit and what
# is drawn from it; moelaw's other commands are other objects. The program itself is order-only.

LAWS        ?= zhao2025 hoffmann2022 krajewski2024
FIT_OPTIONS ?=
MOELAW      := $(BUILD)/bin/moelaw
MOEPLOT     := $(BUILD)/bin/moeplot

law_object     = $(BUILD)/obj/analyze/laws/$(1).o
command_object = $(BUILD)/obj/analyze/cmd_$(1).o
solver_objects := $(filter-out $(BUILD)/obj/analyze/laws/% $(BUILD)/obj/analyze/cmd_% $(BUILD)/obj/analyze/decide/%,$(analyze_objects))
fits := $(LAWS:%=$(A)/fit/%.json)

$(A)/fit/options: FORCE
	@mkdir -p $(@D) && echo '$(FIT_OPTIONS)' >$@.new && $(call keep_if_same,$@)
$(fits): $(A)/fit/%.json: $(A)/runs.csv $(A)/fit/options $(solver_objects) $(call command_object,fit) $(call law_object,%) | $(MOELAW)
	$(call say,FIT,$@)$(MOELAW) fit $< --law $* $(FIT_OPTIONS) -o $@ >$(@:.json=.txt)

.PHONY: fit check reproduce bench install clean distclean
fit: $(fits) ## fits LAWS to the run table

# Does the fit of the first law hold on other runs? NEW=table.csv MAX_MAPE=5
NEW      ?= $(A)/runs.csv
MAX_MAPE ?= 5
check: $(A)/fit/$(firstword $(LAWS)).json $(NEW) | $(MOELAW) ## does the fitted law hold on NEW=runs.csv (MAX_MAPE=5)
	@$(MOELAW) check $< $(NEW) --max-mape $(MAX_MAPE)

reproduce: $(MOELAW) ## published numbers against ours
	@$(MOELAW) reproduce

bench: $(MOETRAIN) ## speed of training on this machine
	@$(MOETRAIN) bench

install: $(PROGRAMS) ## the programs into PREFIX/bin (DESTDIR is honoured)
	@install -d $(DESTDIR)$(PREFIX)/bin
	@install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin

clean: ## removes what was built and derived; never a trained run or a measured table
	@rm -rf $(BUILD) $(A)/fit $(A)/figures $(A)/tables $(A)/paper $(A)/paper.pdf

distclean: ## removes all that is not in git, trained runs included
	@rm -rf build build-* $(filter-out artifacts/runs artifacts/bench artifacts/figures,$(wildcard artifacts/*))
