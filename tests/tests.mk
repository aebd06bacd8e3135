# tests.mk - every tests/<room>/<folder>/test_*.c is a cmocka program over the room's objects, every test_*.sh a shell test
# that prints TAP lines (tests/tap.sh). tests/run.sh runs them all and closes with "N passed, N failed".

test_rooms    := pipeline train analyze plot
test_programs := $(foreach r,$(test_rooms),$(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$(r)/*/test_*.c)))
test_scripts  := $(wildcard tests/*/test_*.sh tests/*/*/test_*.sh)

define test_room
$(BUILD)/tests/$(1)/%: tests/$(1)/%.c $$($(1)_objects) $$(ground_objects) $(flags_stamp)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)$(CC) $$(ALL_CFLAGS) -Wno-missing-prototypes $$(addprefix -I,$$($(1)_ROOT) pipeline tests/$(1)) $$($(1)_CFLAGS) \
	  -MMD -MP $$< $$(ALL_LDFLAGS) -o $$@ $$(filter-out $$(replaced),$$(filter %.o,$$^)) $$($(1)_LIBS) -lcmocka -lm -lpthread
endef
$(foreach r,$(test_rooms),$(eval $(call test_room,$(r))))

# The targets of tests/fuzz, which try their seeds and what was found once.
fuzz_targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
define fuzz_test
$(BUILD)/tests/fuzz/$(1): tests/fuzz/fuzz_$(1).c tests/fuzz/replay.c $$($(2)_objects) $$(ground_objects) $(flags_stamp)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)$(CC) $$(ALL_CFLAGS) -Itests/fuzz $$(addprefix -I,$$($(2)_ROOT) pipeline) $$($(2)_CFLAGS) -DSEEDS='"$(1)"' \
	  $$(filter %.c,$$^) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$($(2)_LIBS) -lm -lpthread
endef
$(foreach t,$(fuzz_targets),$(eval $(call fuzz_test,$(t),$(shell sed -n 's|^// room: ||p' tests/fuzz/fuzz_$(t).c))))
test_programs += $(addprefix $(BUILD)/tests/fuzz/,$(fuzz_targets))

# Objects that a test replaces by its own: these have a small model of theirs (small_model.h).
$(addprefix $(BUILD)/tests/train/jobs/test_,checkpoint jobs plan trainer): private replaced = $(patsubst %,$(BUILD)/obj/train/model/%.o,model layout memory pass)

.PHONY: test
test: $(PROGRAMS) $(test_programs) ## all tests
	@BUILD=$(BUILD) JOBS=$(JOBS) tests/run.sh $(test_programs) $(test_scripts)

.PHONY: lint
lint: ## source style, static checks, function length, arrows, shell scripts
	@JOBS=$(JOBS) tests/lint.sh

.PHONY: mutants
mutants: ## plants a bug at a time and shows those that no test catches (half an hour)
	@BUILD=$(BUILD) tests/mutants/run.sh

.PHONY: faults
faults: $(PROGRAMS) ## every call and allocation of each program's main commands fails once; power cuts (half an hour)
	@export BUILD=$(BUILD) JOBS=$(JOBS) status=0; tests/faults/run.sh $(or $(MOST),1000000) || status=$$?; \
	  tests/faults/crash.sh $(EVERY) || status=$$?; exit $$status

.PHONY: coverage-lines
coverage-lines: ## which share of the lines the tests run, folder by folder (a build of its own)
	@$(MAKE) --no-print-directory test BUILD=build-coverage CFLAGS="-O1 -g --coverage" LDFLAGS=--coverage || true
	@tests/coverage_lines.sh build-coverage

# Nominal 95 % intervals against planted truths: about 20 minutes on a quiet machine, goes on where it stopped.
.PHONY: coverage
coverage: $(BUILD)/tests/analyze/fit/coverage ## how often 95 % intervals hold, as a table (20 minutes)
	@mkdir -p artifacts/bench
	@$< artifacts/bench/coverage.csv
