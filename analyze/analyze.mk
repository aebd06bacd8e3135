# analyze.mk - moelaw.

analyze_SOURCES := $(filter-out analyze/moelaw.c,$(wildcard analyze/*.c analyze/laws/*.c))
analyze_PROGRAM := moelaw
analyze_MAIN    := analyze/moelaw.c
analyze_CFLAGS  = $(shell $(PKG) --cflags gsl jansson 2>/dev/null)
analyze_LIBS    = $(or $(shell $(PKG) --libs gsl jansson 2>/dev/null),-lgsl -lgslcblas -ljansson)
$(eval $(call room,analyze))
