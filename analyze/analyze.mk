# analyze.mk - moelaw.
#
# Laws and commands enrol themselves (LAW_REGISTER, COMMAND). The linker takes a member out of a library only when a
# symbol of it is asked for, so the file names here ask for law_NAME and cmd_NAME: adding a file is all there is to do.

analyze_SOURCES := $(filter-out analyze/moelaw.c,$(wildcard analyze/*.c analyze/laws/*.c analyze/decide/*.c)) pipeline/config.c
analyze_PROGRAM := moelaw
analyze_MAIN    := analyze/moelaw.c
analyze_CFLAGS  = $(shell $(PKG) --cflags gsl jansson yaml-0.1 2>/dev/null)
analyze_LIBS    = $(or $(shell $(PKG) --libs gsl jansson yaml-0.1 2>/dev/null),-lgsl -lgslcblas -ljansson -lyaml) \
  $(addprefix -Wl$(comma)-u$(comma)law_,$(basename $(notdir $(wildcard analyze/laws/*.c)))) \
  $(addprefix -Wl$(comma)-u$(comma),$(basename $(notdir $(wildcard analyze/cmd_*.c))))
comma := ,
$(eval $(call room,analyze))
