# plot.mk - moeplot.

plot_SOURCES := $(filter-out plot/moeplot.c,$(wildcard plot/*.c plot/*/*.c)) pipeline/ground/config.c
plot_ROOT    := plot
plot_PROGRAM := moeplot
plot_MAIN    := plot/moeplot.c
plot_CFLAGS  = $(shell $(PKG) --cflags pangocairo libpng yaml-0.1 2>/dev/null)
plot_LIBS    = $(or $(shell $(PKG) --libs pangocairo libpng yaml-0.1 2>/dev/null),-lpangocairo-1.0 -lcairo -lpng -lyaml)
$(eval $(call room,plot))
