#!/bin/sh
# checklist.sh - the NeurIPS reproducibility checklist, filled from the record. Usage: checklist.sh ARTIFACTS
set -eu
artifacts=$1
macro() { sed -n "s/^\\\\newcommand{\\\\$1}{\(.*\)}\$/\1/p" "$artifacts/tables/numbers.tex" "$artifacts/tables/record.tex" | head -1 |
  sed 's/\\ensuremath{\(.*\)}$/\1/; s/\\times10^{\([^}]*\)}/e\1/'; }
cat <<T
# Reproducibility checklist

1. **Claims.** The abstract's numbers are macros of \`$artifacts/tables/numbers.tex\`; \`make verify-claims\` holds them against
   \`artifacts/bench/expected.csv\`, with the variation that is allowed. Splits lost: $(macro cvLost) of $(macro cvContests), all shown.
2. **Limitations.** In the paper, sections "What went against us" and "Limits".
3. **Theory.** Closed forms are tested against numeric minima (\`tests/analyze/decide\`).
4. **Experimental result reproducibility.** \`make setup all\` rebuilds fits, figures, tables and paper from the run tables and trains
   fresh runs; \`make sweep DESIGN=joint\` trains every run. A run repeats bit for bit on the same processor and backend.
5. **Open access to data and code.** All of it is in this archive, under the MIT licence; LICENCES.md says what is of others.
6. **Experimental setting.** Every setting with values used and tried: \`$artifacts/tables/settings.tex\`, \`docs/recipe.md\`.
7. **Statistical significance.** Intervals over $(macro zhaoDraws) draws of $(macro zhaoConfigurations) configurations; seeds' deviation in
   \`figures/noise.csv\`; coverage measured in \`artifacts/bench/coverage.csv\`.
8. **Compute.** $(macro zhaoRows) fitted runs, $(macro recordCpuHours) hours of processor time, $(macro recordFlops) FLOPs on $(macro recordDevice).
9. **Code of ethics, impact.** Small models of a dictionary; no data on persons, no weights released.
10. **Safeguards.** Not needed: no model is released.
11. **Licences of assets.** LICENCES.md.
12. **New assets.** Run tables, described in \`croissant.json\` and \`artifacts/runs/README.md\`.
13. **Human subjects, crowdsourcing.** None.
T
