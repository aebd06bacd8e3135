# install.mk - what leaves this folder: the installed programs with their pages, and a tarball of the sources; and what editors
# want to know.

# The number from the one place where it stands; with the commit where that is not the tag of the release.
number  := $(shell sed -n 's/.*MOELAW_VERSION "\(.*\)"/\1/p' pipeline/ground/version.h)
version := $(number)$(if $(shell git tag --points-at HEAD v$(number) 2>/dev/null),,-$(commit))

.PHONY: install man dist compile_commands
man: $(BUILD)/man/made ## man pages from what the programs say with --help, in BUILD/man
$(BUILD)/man/made: $(PROGRAMS) pipeline/make/man.sh
	@pipeline/make/man.sh $(@D) $(PROGRAMS)
	@touch $@

to    = $(DESTDIR)$(PREFIX)
share = $(to)/share/moelaw
# $(call put,MODE,FOLDER,FILES)
put   = install -d $(2) && install -m $(1) $(3) $(2)
install: $(PROGRAMS) $(BUILD)/man/made ## programs, man pages, specs, designs and completion into PREFIX (DESTDIR is honoured)
	@$(call put,755,$(to)/bin,$(PROGRAMS))
	@$(call put,644,$(to)/share/man/man1,$(BUILD)/man/*.1)
	@$(call put,644,$(share)/hardware,analyze/hardware/*.yaml)
	@$(call put,644,$(share)/specs,plot/specs/*.yaml)
	@$(call put,644,$(share)/designs,pipeline/designs/*.yaml)
	@install -d $(to)/share/bash-completion/completions
	@for p in $(notdir $(PROGRAMS)); do \
	  install -m 644 pipeline/make/completion.bash $(to)/share/bash-completion/completions/$$p; done

dist: ## moelaw-VERSION.tar.gz of what is committed
	@git archive --format=tar.gz --prefix=moelaw-$(version)/ -o moelaw-$(version).tar.gz HEAD
	@echo moelaw-$(version).tar.gz

DATABASE ?= compile_commands.json
compile_commands: ## compile_commands.json, for editors and analysers
	@$(MAKE) --no-print-directory -n -B V=1 JOBS=1 build | awk -v root='$(CURDIR)' \
	  'BEGIN { print "["; comma = "" } \
	   match($$0, / -c [^ ]+\.c -o /) { \
	     file = substr($$0, RSTART + 4, RLENGTH - 8); gsub(/["\\]/, "\\&"); \
	     printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", comma, root, file, $$0; comma = ",\n" } \
	   END { print "\n]" }' >$(DATABASE)
	@echo "$(DATABASE): $$(grep -c '"file"' $(DATABASE)) files"
