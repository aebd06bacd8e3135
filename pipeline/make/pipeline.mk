# pipeline.mk - moesweep, setup, and the steps from a design to a run table.
#
# make knows times only. So that a step is redone when, and only when, what it depends on has changed:
# - what is no file (a variable, a listing) is written to one whose time changes with its text alone (rule with FORCE);
# - a step whose product may come out the same has a stamp (.name) as its target, and the product depends on the stamp
#   with an empty recipe: make then looks at the product's own time before it goes on;
# - the programs are order-only for training: a run's id says what it is, and a finished run is never trained again.

pipeline_SOURCES := $(filter-out pipeline/sweep/moesweep.c,$(wildcard pipeline/sweep/*.c)) $(ground_yaml) $(ground_json)
pipeline_ROOT    := pipeline
pipeline_PROGRAM := moesweep
pipeline_MAIN    := pipeline/sweep/moesweep.c
pipeline_CFLAGS  = $(shell $(PKG) --cflags jansson yaml-0.1 zlib 2>/dev/null)
pipeline_LIBS    = $(or $(shell $(PKG) --libs jansson yaml-0.1 zlib 2>/dev/null),-ljansson -lyaml -lz)
$(eval $(call room,pipeline))

empty :=
space := $(empty) $(empty)
MOESWEEP := $(BUILD)/bin/moesweep
MOETRAIN := $(BUILD)/bin/moetrain

.PHONY: build setup all sweep manifest register FORCE
FORCE:

setup: ## installs what is missing of pipeline/make/packages.txt (WITH="build paper lint" says which groups)
	@pipeline/make/setup.sh $(WITH)

build: $(PROGRAMS) ## the programs alone, in BUILD/bin

# The design: a name in pipeline/designs or a file of one's own.
design_file := $(firstword $(wildcard pipeline/designs/$(DESIGN).yaml $(DESIGN)))
ifeq ($(design_file),)
$(error DESIGN=$(DESIGN): no file pipeline/designs/$(DESIGN).yaml; there are: $(basename $(notdir $(wildcard pipeline/designs/*.yaml))))
endif
design_name := $(basename $(notdir $(design_file)))
# A name is handed to shells: of letters that they leave alone.
ifneq ($(shell printf %s '$(subst ','\'',$(design_file))' | tr -d 'A-Za-z0-9._/,+=@%:~-'),)
$(error DESIGN=$(DESIGN): expected letters, digits and . _ / , + = @ % : ~ - in the name of a design)
endif
# T is what the design trains; A what comes of the table that the fits read, which is the design's own unless RUNS names one.
T           := artifacts/$(design_name)
runs_name   := $(subst $(space),-,$(basename $(notdir $(subst $(space),-,$(RUNS:.gz=)))))
A           := $(if $(runs_name),artifacts/$(runs_name)$(if $(filter $(runs_name),$(design_name)),-table),$(T))
# Where the design says "table: FILE", its finished runs are kept there: what stands in it is not trained again.
# (moesweep refuses a design whose table has other letters.)
TABLE       ?= $(shell sed -n "s|^table: *[\"']\{0,1\}\([A-Za-z0-9._/+-]*\)[\"']\{0,1\} *\(\#.*\)\{0,1\}$$|\1|p" $(design_file))

# $(call keep_if_same,FILE): $(new) of FILE becomes FILE unless it is the same. The name is this make's own, so that two
# makes in one folder do not take each other's.
new          = $(1).new.$$PPID
keep_if_same = if cmp -s $(new) $(1); then rm -f $(new); else mv $(new) $(1); fi

# The corpus: the GCIDE dictionary, or what CORPUS names (files and folders).
gcide        := artifacts/corpus/gcide.txt
gcide_source := /usr/share/dictd/gcide.dict.dz
with_corpus  := pipeline/make/with_corpus.sh
export CORPUS_PATHS := $(or $(CORPUS),$(gcide))

$(gcide): | $(wildcard $(gcide_source))
	@[ -r $(gcide_source) ] || { echo "$(gcide_source) is missing: run make setup, or give your own text: CORPUS=path" >&2; exit 2; }
	@mkdir -p $(@D)
	@zcat $(gcide_source) >$(call new,$@) && mv $(call new,$@) $@

# Its files' names, which may hold anything, sizes and times: a listing, since make's names cannot have blanks.
$(T)/corpus.state: FORCE | $(if $(CORPUS),,$(gcide))
	@mkdir -p $(@D)
	@$(with_corpus) sh -c 'find "$$@" -type f -printf "%p %s %T@\n" 2>/dev/null | sort' find >$(call new,$@); $(call keep_if_same,$@)

$(T)/.corpus: $(T)/corpus.state | $(MOETRAIN)
	@$(with_corpus) $(MOETRAIN) corpus >$(call new,$(T)/corpus.json)
	@$(call keep_if_same,$(T)/corpus.json)
	@touch $@
$(T)/corpus.json: $(T)/.corpus ;

$(T)/.manifest: $(design_file) $(T)/corpus.json $(MOESWEEP)
	@$(MOESWEEP) expand $(design_file) --jobs $(JOBS) -o $(T)/manifest.csv \
	  --corpus-sha $$(sed 's/.*"corpus": "\([^"]*\)".*/\1/' $(T)/corpus.json)
	@touch $@
$(T)/manifest.csv: $(T)/.manifest ;
manifest: $(T)/manifest.csv

# Laid down before the first run; a later change needs AMEND="reason".
REGISTER ?= $(or $(TABLE:.csv=-register.json),artifacts/runs/$(design_name)-register.json)
register: $(T)/manifest.csv ## lays down DESIGN's laws, hold-outs and questions (AMEND="reason" EXPECTED=widths.json)
	@$(MOESWEEP) register $(design_file) $(T)/manifest.csv -o $(REGISTER) $(if $(TABLE),--table $(TABLE)) \
	  $(if $(EXPECTED),--expected $(EXPECTED)) $(if $(AMEND),--amend "$$AMEND")

# What the folders of the runs hold; another listing after training means that someone removed or changed a record.
list_runs = find $(T)/runs \( -name record.jsonl -o -name DONE -o -name FAILED \) -printf '%p %s %T@\n' 2>/dev/null | sort >$(call new,$(T)/runs.state); \
  $(call keep_if_same,$(T)/runs.state)
$(T)/runs.state: FORCE
	@mkdir -p $(T)/runs; $(list_runs)

$(T)/.trained: $(T)/manifest.csv $(T)/runs.state | $(MOETRAIN) $(MOESWEEP)
	@MOETRAIN=$(MOETRAIN) MOESWEEP=$(MOESWEEP) JOBS=$(JOBS) TABLE=$(TABLE) \
	  $(with_corpus) pipeline/launch/$(LAUNCH).sh $(LAUNCH_OPTIONS) $(T)/manifest.csv $(T)/runs
	@$(list_runs)
	@touch $@

# A table that is kept is added to, and is what the fits read.
collect_into = --into $(TABLE) && cp $(TABLE) $(call new,$(T)/runs.csv) && { $(call keep_if_same,$(T)/runs.csv); }
$(T)/.collected: $(T)/.trained $(T)/manifest.csv $(MOESWEEP)
	@$(MOESWEEP) collect $(T)/manifest.csv $(T)/runs --source $(design_name) $(if $(TABLE),$(collect_into),-o $(T)/runs.csv)
	@touch $@
$(T)/runs.csv: $(T)/.collected ;
sweep: $(T)/runs.csv ## trains DESIGN and collects its run table, artifacts/DESIGN/runs.csv

# A table that is given (by another name in the environment, so that a make inside this one has its own): read as it is, and copied so that what is made of it lies beside it.
ifneq ($(runs_name),)
export GIVEN_TABLE := $(RUNS)
$(A)/runs.csv: FORCE
	@mkdir -p $(@D)
	@cat -- "$$GIVEN_TABLE" >$(call new,$@) || { rm -f $(call new,$@); exit 2; }
	@$(call keep_if_same,$@)
endif
