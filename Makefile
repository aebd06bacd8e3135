# moelaw: from text to paper. `make` lists the targets.
#
# Data goes one way: design.yaml -> manifest.csv -> runs/<id>/record.jsonl -> runs.csv -> fit.json, crossval.json ->
# figure data, tables -> figures, paper.pdf. Each room builds its program and adds its steps in a file of its own.

DESIGN   ?= quick
JOBS     ?= $(shell nproc)
CUDA     ?= auto
LAUNCH   ?= local
CORPUS   ?=
SANITIZE ?=
BUILD    ?= build
PREFIX   ?= /usr/local

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

include pipeline/build.mk
include train/train.mk
include analyze/analyze.mk
include plot/plot.mk
include pipeline/pipeline.mk
include paper/paper.mk
include tests/tests.mk

.PHONY: help
help:
	@awk 'BEGIN { print "make TARGET [VARIABLE=value ...]\n\ntargets:" } \
	  /^[a-z]+:.*## / { split($$0, part, ":.*## "); printf "  %-10s %s\n", part[1], part[2] }' $(MAKEFILE_LIST)
	@echo
	@echo "variables: DESIGN=$(DESIGN) JOBS=$(JOBS) CUDA=$(CUDA) LAUNCH=$(LAUNCH) CORPUS=$(CORPUS) SANITIZE=$(SANITIZE) BUILD=$(BUILD) PREFIX=$(PREFIX)"
