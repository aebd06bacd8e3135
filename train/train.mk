# train.mk - moetrain.

train_SOURCES := $(filter-out train/moetrain.c,$(wildcard train/*.c train/cpu/*.c))
train_PROGRAM := moetrain
train_MAIN    := train/moetrain.c
train_CFLAGS  = $(shell $(PKG) --cflags openblas 2>/dev/null)
train_LIBS    = $(or $(shell $(PKG) --libs openblas 2>/dev/null),-lopenblas)
$(eval $(call room,train))
