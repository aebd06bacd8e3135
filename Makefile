# moelaw: from text to paper. `make` lists the targets.
#
# Data goes one way: design.yaml -> manifest.csv -> runs/<id>/record.jsonl -> runs.csv -> fit.json, crossval.json ->
# figure data, tables -> figures, paper.pdf. Each room builds its program and adds its steps in a file of its own.
# All that comes of a design or a table lies in artifacts/NAME/.
#
# What the fits read:
#   nothing given      the measured table of the joint design; and quick is trained here afresh, to judge its law
#   DESIGN, CORPUS     what that design (quick, unless named) trains here on that text
#   RUNS=table.csv     that table, and nothing is trained

ifeq ($(strip $(RUNS)$(DESIGN)$(CORPUS)),)
RUNS     := artifacts/runs/joint.csv
FRESH    := yes
endif
DESIGN   ?= quick
RUNS     ?=
JOBS     ?= $(shell nproc)
CUDA     ?= auto
LAUNCH   ?= local
CORPUS   ?=
SANITIZE ?=
BUILD    ?= build
PREFIX   ?= /usr/local
WITH     ?= build paper

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# As many steps at a time as JOBS says, unless make was told otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif

# `make setup all`, `make clean all`: what setup installs and clean removes decides what the other goals are made from, so
# these go first, and the others are given to a make of their own.
first := $(firstword $(filter setup clean distclean,$(MAKECMDGOALS)))
after := $(if $(first),$(filter-out $(first),$(MAKECMDGOALS)))
ifneq ($(after),)
.PHONY: $(MAKECMDGOALS)
$(first):
	@$(MAKE) --no-print-directory $@
$(firstword $(after)): $(first)
	@$(MAKE) --no-print-directory $(after)
$(wordlist 2,$(words $(after)),$(after)): $(firstword $(after)) ;
else

include pipeline/make/build.mk
include train/train.mk
include analyze/analyze.mk
include plot/plot.mk
include pipeline/make/pipeline.mk
include pipeline/make/steps.mk
include pipeline/make/install.mk
include paper/paper.mk
include tests/tests.mk

.PHONY: help
help:
	@awk 'BEGIN { print "make TARGET [VARIABLE=value ...]\n\ntargets:" } \
	  /^[a-z_-]+:.*## /  { split($$0, part, ":.*## "); printf "  %-16s %s\n", part[1], part[2] }' $(MAKEFILE_LIST)
	@echo
	@echo "variables: DESIGN=$(DESIGN) RUNS=$(RUNS) JOBS=$(JOBS) CUDA=$(CUDA) LAUNCH=$(LAUNCH) CORPUS=$(CORPUS) SANITIZE=$(SANITIZE) BUILD=$(BUILD) PREFIX=$(PREFIX)"

endif
