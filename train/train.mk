# train.mk - moetrain.

train_SOURCES := $(filter-out train/moetrain.c,$(wildcard train/*.c train/cpu/*.c))
train_PROGRAM := moetrain
train_MAIN    := train/moetrain.c
# Bits stay defined: no reordering of sums, no assumption about NaN; only errno and traps are given up.
train_CFLAGS  = -march=$(ARCH) -fno-math-errno -fno-trapping-math -Wno-psabi $(shell $(PKG) --cflags openblas 2>/dev/null)
train_LIBS    = $(or $(shell $(PKG) --libs openblas 2>/dev/null),-lopenblas)
$(eval $(call room,train))
include train/cuda/cuda.mk

$(BUILD)/obj/train/cpu/cpu.o: train_CFLAGS += -ffp-contract=fast
$(BUILD)/obj/train/cpu/cpu_plain.o $(BUILD)/obj/train/cpu/cpu_double.o: train_CFLAGS += -ffp-contract=off

# The commit goes into every record. Only record.c sees it, so a commit rebuilds that file alone.
train_commit := $(or $(shell git rev-parse --short=12 HEAD 2>/dev/null),unknown)
$(shell echo '#define MOELAW_COMMIT "$(train_commit)"' | cmp -s - $(BUILD)/commit.h || \
  echo '#define MOELAW_COMMIT "$(train_commit)"' > $(BUILD)/commit.h)
$(BUILD)/obj/train/record.o: ALL_CFLAGS += -I$(BUILD)
