# pipeline.mk - moesweep, setup, and the steps from a design to a run table.

pipeline_SOURCES := $(filter-out pipeline/moesweep.c $(ground_SOURCES),$(wildcard pipeline/*.c))
pipeline_PROGRAM := moesweep
pipeline_MAIN    := pipeline/moesweep.c
pipeline_CFLAGS  = $(shell $(PKG) --cflags jansson yaml-0.1 2>/dev/null)
pipeline_LIBS    = $(or $(shell $(PKG) --libs jansson yaml-0.1 2>/dev/null),-ljansson -lyaml)
$(eval $(call room,pipeline))

.PHONY: build
build: $(PROGRAMS) ## the programs alone, in $(BUILD)/bin
