# analyze.mk - moelaw.
#
# Laws and commands enrol themselves (LAW_REGISTER, COMMAND): adding a file is all there is to do.

analyze_SOURCES := $(filter-out analyze/moelaw.c,$(wildcard analyze/*.c analyze/*/*.c)) $(ground_yaml) $(ground_json)
analyze_ROOT    := analyze
analyze_PROGRAM := moelaw
analyze_MAIN    := analyze/moelaw.c
analyze_CFLAGS  = $(shell $(PKG) --cflags gsl jansson yaml-0.1 zlib 2>/dev/null)
analyze_LIBS    = $(or $(shell $(PKG) --libs gsl jansson yaml-0.1 zlib 2>/dev/null),-lgsl -lgslcblas -ljansson -lyaml -lz)
comma := ,
$(eval $(call room,analyze))
