# train.mk - moetrain.

train_SOURCES := $(filter-out train/moetrain.c,$(wildcard train/*.c train/*/*.c))
train_ROOT    := train
train_PROGRAM := moetrain
train_MAIN    := train/moetrain.c
# Bits stay defined: no reordering of sums, no assumption about NaN; only errno and traps are given up.
train_CFLAGS  = -march=$(ARCH) -fno-math-errno -fno-trapping-math -Wno-psabi $(shell $(PKG) --cflags openblas 2>/dev/null)
# Where there is no BLAS (a bare node with the CUDA Toolkit) the CPU backend's products are its own plain loops.
has_cblas    := printf '\#include <cblas.h>\nint main(void) { return 0; }' | $(CC) -x c - -lopenblas -o /dev/null
ifeq ($(origin BLAS),undefined)
BLAS         := $(or $(shell $(PKG) --libs openblas 2>/dev/null),$(shell $(has_cblas) 2>/dev/null && echo -lopenblas))
endif
train_CFLAGS += $(if $(BLAS),,-DNO_BLAS)
# Several processes train one run together over Open MPI: MPI=auto takes it where pkg-config knows it, 1 must, 0 must not.
MPI ?= auto
ifeq ($(filter $(MPI),auto 0 1),)
$(error MPI=$(MPI): expected auto, 0 or 1)
endif
mpi          := $(if $(filter 0,$(MPI)),,$(shell $(PKG) --libs --cflags ompi-c 2>/dev/null))
ifeq ($(MPI)$(mpi),1)
$(error MPI=1, but pkg-config does not know ompi-c; install libopenmpi-dev or use MPI=auto)
endif
mpi_stamp    := $(BUILD)/mpi
$(shell echo '$(mpi)' | cmp -s - $(mpi_stamp) || echo '$(mpi)' >$(mpi_stamp))
train_LIBS    = $(BLAS) $(filter -l% -L%,$(mpi))
include train/cuda/cuda.mk
$(eval $(call room,train))

$(BUILD)/obj/train/cpu/cpu.o: train_CFLAGS += -ffp-contract=fast
$(BUILD)/obj/train/cpu/cpu_plain.o $(BUILD)/obj/train/cpu/cpu_double.o: train_CFLAGS += -ffp-contract=off

$(BUILD)/obj/train/ranks/ranks.o: train_CFLAGS += $(if $(mpi),-DHAVE_MPI $(patsubst -I%,-isystem %,$(filter -I%,$(mpi))))
$(BUILD)/obj/train/ranks/ranks.o: $(mpi_stamp)

# The flags go into every record, since other flags may give other bits. Only record.c sees them.
train_flags := $(subst ",,$(strip $(shell $(CC) --version 2>/dev/null | head -1); $(CFLAGS) $(sanitize_flags) -march=$(ARCH) \
  $(if $(BLAS),BLAS,no BLAS)))
$(call written,flags.h,#define MOELAW_FLAGS "$(train_flags)")
$(BUILD)/obj/train/jobs/record.o: ALL_CFLAGS += -I$(BUILD)
