#!/usr/bin/env bash
# Prints the table of goals and that of this library beside others, measured in interleaved rounds of
# one run. bench.sh -help lists flags.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd bench/compare
go run ./cmd/bench "$@"
