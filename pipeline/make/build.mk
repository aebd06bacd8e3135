# build.mk - compiling: flags, the stamp that remembers them, and the rules every room uses.
#
# A room X lists its sources in X_SOURCES, its program in X_PROGRAM and X_MAIN, its needs in X_CFLAGS and X_LIBS, and calls
# $(eval $(call room,X)). That gives X_objects (X_OBJECTS, made
# by rules of its own, included) and $(BUILD)/bin/PROGRAM. Files are included by folder and name, from the room
# itself or from the ground floor: #include "run/shape.h".

CC       ?= cc
CXX      ?= c++
ifeq ($(origin CC),default)
CC       := cc
endif
OPTIMIZE ?= -O3
# What the numerical rooms compile for: native is fastest; x86-64-v3 runs on all machines since 2013.
ARCH     ?= native
CFLAGS   ?= $(OPTIMIZE) -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
PKG      := pkg-config
NVCC     ?= $(firstword $(shell command -v nvcc 2>/dev/null) $(wildcard /usr/local/cuda/bin/nvcc))

known_sanitizers := address undefined thread
ifneq ($(filter-out $(known_sanitizers),$(SANITIZE)),)
$(error SANITIZE=$(SANITIZE): expected any of $(known_sanitizers))
endif
sanitize_flags := $(foreach s,$(SANITIZE),-fsanitize=$(s)) $(if $(SANITIZE),-fno-sanitize-recover=all -fno-omit-frame-pointer)

# What finds an overrun as it happens and costs next to nothing; sanitizers do it better, and it needs optimisation.
harden      := $(if $(SANITIZE)$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong)
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE $(WARNINGS) $(harden) $(CFLAGS) $(sanitize_flags)
ALL_LDFLAGS = -Wl,-z,relro,-z,now $(LDFLAGS) $(sanitize_flags)

# BUILD is filled and emptied as a whole, so it must be ours: new, empty, or with the stamp of an earlier make.
ifneq ($(words $(BUILD)),1)
$(error BUILD=$(BUILD): expected the path of a folder, without blanks)
endif
ifneq ($(shell [ -e $(BUILD)/flags ] || ls -A $(BUILD) 2>/dev/null | head -1),)
$(error BUILD=$(BUILD): holds other things than a build; name another folder)
endif

# A change of flags or compiler rebuilds: the stamp is rewritten only when its text changes.
# (Overridden in sub-makes by BUILD, so that sanitized and plain objects never mix.)
flags_text := $(CC) $(shell $(CC) -dumpfullversion 2>/dev/null) $(ALL_CFLAGS) $(ALL_LDFLAGS) CUDA=$(CUDA) NCCL=$(NCCL) ARCH=$(ARCH) $(NVCC)
flags_stamp := $(BUILD)/flags
$(shell mkdir -p $(BUILD) && { [ -f $(flags_stamp) ] && [ "$$(cat $(flags_stamp))" = '$(strip $(flags_text))' ] || \
  echo '$(strip $(flags_text))' > $(flags_stamp); })

# The commit: in a tarball git has written it there, else git says it. $(call written,FILE,TEXT): BUILD/FILE holds TEXT, its
# time is that of its text.
commit  := $(shell (grep -v '^\$$' pipeline/make/commit || git rev-parse HEAD 2>/dev/null || echo unknown) | cut -c 1-12)
written  = $(shell printf '%s\n' '$(2)' >$(BUILD)/$(1).$$PPID; if cmp -s $(BUILD)/$(1).$$PPID $(BUILD)/$(1); \
  then rm $(BUILD)/$(1).$$PPID; else mv $(BUILD)/$(1).$$PPID $(BUILD)/$(1); fi)
$(call written,commit.h,#define MOELAW_COMMIT "$(commit)")
$(BUILD)/obj/pipeline/ground/version.o: ALL_CFLAGS += -I$(BUILD)

define room
$(1)_objects := $$(patsubst %,$(BUILD)/obj/%.o,$$(basename $$($(1)_SOURCES))) $$($(1)_OBJECTS)
$$($(1)_objects) $(BUILD)/obj/$$(basename $$($(1)_MAIN)).o: ROOM_CFLAGS = $$(addprefix -I,$$($(1)_ROOT) pipeline) $$($(1)_CFLAGS)
$(if $($(1)_PROGRAM),
PROGRAMS += $(BUILD)/bin/$($(1)_PROGRAM)
$(BUILD)/bin/$($(1)_PROGRAM): $(BUILD)/obj/$$(basename $$($(1)_MAIN)).o $$($(1)_objects) $$(ground_objects)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)$$(or $$($(1)_LINK),$(CC)) $$(ALL_LDFLAGS) -o $$@ $$^ $$($(1)_LIBS) -lm -lpthread)
endef

V ?= 0
say = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2);)

$(BUILD)/obj/%.o: %.c $(flags_stamp)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) $(ROOM_CFLAGS) -MMD -MP -c $< -o $@

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)

# The ground floor: plain C, no library. (Files for YAML and JSON: rooms that link these libraries list them among their
# own.)
ground_yaml    := pipeline/ground/config.c
ground_json    := pipeline/ground/json.c
ground_SOURCES := $(filter-out $(ground_yaml) $(ground_json),$(wildcard pipeline/ground/*.c pipeline/run/*.c))
$(eval $(call room,ground))
