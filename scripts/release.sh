#!/usr/bin/env bash
# Builds everything that a release consists of into dist/, without publishing it, and prints what there is. The first run
# compiles goreleaser, which takes minutes. GORELEASER names one that is installed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run=(go run github.com/goreleaser/goreleaser/v2@v2.15.1)
[ -z "${GORELEASER:-}" ] || run=("$GORELEASER")
"${run[@]}" release --snapshot --clean --skip=publish "$@"
say "dist"
ls -l dist | awk 'NR > 1 { printf "%12d  %s\n", $5, $NF }'
