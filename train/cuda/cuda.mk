# cuda.mk - the CUDA backend: its objects join the others where nvcc is found (CUDA=auto), must (1) or must not (0).
# Needs the CUDA Toolkit, 12.4 or later, and nothing else. Without a card all of it is still built, and tested by
# compiling the same sources for the host (tests/train/cuda_host/host.h), with sanitizers.
# One run on several cards needs NCCL: NCCL=auto takes it where nccl.h is beside the CUDA Toolkit, 1 must, 0 must not.
# Its library is loaded when several cards are used. Without it gradients go through the host.

cuda_sources := $(filter-out train/cuda/cards.cu,$(wildcard train/cuda/*.cu))
CUDA_ARCH    ?= -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=[sm_90,compute_90]
NVCC_FLAGS    = -std=c++17 -Itrain -Ipipeline -O3 -lineinfo $(CUDA_ARCH) -Xcompiler -Wall,-Wextra

ifeq ($(filter $(CUDA),auto 0 1),)
$(error CUDA=$(CUDA): expected auto, 0 or 1)
endif
NCCL ?= auto
ifeq ($(filter $(NCCL),auto 0 1),)
$(error NCCL=$(NCCL): expected auto, 0 or 1)
endif
ifeq ($(CUDA)$(NVCC),1)
$(error CUDA=1, but there is no nvcc on PATH or in /usr/local/cuda/bin; install the CUDA Toolkit or use CUDA=auto)
endif

ifneq ($(if $(filter 0,$(CUDA)),,$(NVCC)),)
cuda_home    := $(abspath $(dir $(NVCC))..)
nccl_header  := $(if $(filter 0,$(NCCL)),,$(firstword $(wildcard $(cuda_home)/include/nccl.h /usr/include/nccl.h)))
ifeq ($(NCCL)$(nccl_header),1)
$(error NCCL=1, but there is no nccl.h in $(cuda_home)/include or /usr/include; install NCCL or use NCCL=auto)
endif
cuda_objects := $(patsubst %.cu,$(BUILD)/obj/%.o,$(cuda_sources) $(if $(nccl_header),train/cuda/cards.cu))
cuda_lib     := $(firstword $(wildcard $(addprefix $(cuda_home)/,lib64 targets/x86_64-linux/lib targets/sbsa-linux/lib)))

# nvcc is slow and knows nothing of CFLAGS: a stamp of its own.
cuda_stamp := $(BUILD)/cuda_flags
$(shell echo '$(NVCC) $(NVCC_FLAGS)' | cmp -s - $(cuda_stamp) || echo '$(NVCC) $(NVCC_FLAGS)' >$(cuda_stamp))

train_CFLAGS += -DHAVE_CUDA $(if $(nccl_header),-DHAVE_NCCL)
train_LIBS   += $(if $(cuda_lib),-L$(cuda_lib)) -lcudart_static -lstdc++ -ldl -lrt
train_OBJECTS := $(cuda_objects)
$(cuda_objects): $(BUILD)/obj/%.o: %.cu $(cuda_stamp)
	@mkdir -p $(@D)
	$(call say,NVCC,$<)$(NVCC) $(NVCC_FLAGS) -MMD -MF $(@:.o=.d) -c $< -o $@
endif

# The same sources for the host, and the tests that run them.
host_cuda_objects := $(patsubst %,$(BUILD)/obj/host_cuda/%.o,$(notdir $(cuda_sources)) host.cpp cuda_faults.cpp)
host_cuda_flags    = -std=c++17 -Itrain -Ipipeline -Itests/train -Itests/train/cuda -O2 -g -Wall -Wextra -Wno-unknown-pragmas -fno-omit-frame-pointer
# (ThreadSanitizer goes with neither; test_cuda says that it skips then.)
host_sanitize     := $(if $(filter thread,$(SANITIZE)),,-fsanitize=address,undefined -fno-sanitize-recover=all)
vpath %.cpp tests/train/cuda_host tests/train/cuda
vpath %.cu train/cuda
$(host_cuda_objects): $(BUILD)/obj/host_cuda/%.o: % $(flags_stamp)
	@mkdir -p $(@D)
	$(call say,CXX,$<)$(CXX) $(host_cuda_flags) $(if $(filter %host.cpp,$<),$(if $(host_sanitize),-DHOST_ASAN),$(host_sanitize)) -MMD -MP -x c++ -c $< -o $@
test_cuda := $(BUILD)/tests/train/cuda/test_cuda
$(test_cuda): $(host_cuda_objects)
$(test_cuda): private replaced = $(cuda_objects)
$(test_cuda): private ALL_CFLAGS += $(host_sanitize)
$(test_cuda): private train_LIBS += -lstdc++
