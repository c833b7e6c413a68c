#!/usr/bin/env bash
# Prints the table of goals and that of this library beside others, measured in interleaved rounds of
# one run. bench.sh -help lists flags.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd bench/compare
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
go build -o "$built/bench" ./cmd/bench # go run makes 1 of every exit status
"$built/bench" "$@"
