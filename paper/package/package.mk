# package.mk - what a reviewer takes: sources, run tables, fits, figures, tables, paper, and what is said of them to machines and
# to people; and the check of what the paper claims.

package_name := moelaw-$(version)-package
package_dir  := artifacts/$(package_name)
expected     := artifacts/bench/expected.csv
tables_kept  := $(wildcard artifacts/runs/*.csv)
run_tables   := $(filter-out %-manifest.csv %-provenance.csv,$(tables_kept))

.PHONY: package verify-claims expected
expected: $(A)/tables/.data ## writes down what the paper claims, and how much it may vary (artifacts/bench/expected.csv)
	@paper/package/claims.sh expect $(A)/tables/numbers.tex >$(call new,$(expected))
	@mv $(call new,$(expected)) $(expected)

verify-claims: $(A)/tables/.data | $(MOELAW) ## the paper's numbers against artifacts/bench/expected.csv, and published ones against ours
	@paper/package/claims.sh verify $(expected) $(A)/tables/numbers.tex
	@$(MOELAW) reproduce >/dev/null && echo "holds    moelaw reproduce: every published headline"

package: figures tables paper verify-claims ## one archive for a reviewer, described for machines, checked
	@paper/package/package.sh $(version) $(A) $(package_dir) $(run_tables)
	@tar -C artifacts --sort=name --owner=0 --group=0 --numeric-owner --mtime='$(shell git log -1 --format=%cI 2>/dev/null)' \
	  -cf - $(package_name) | gzip -9n >artifacts/$(package_name).tar.gz
	@echo "artifacts/$(package_name).tar.gz"
