#!/usr/bin/env bash
# Prints the table of this library beside its peers, measured in interleaved rounds of one run.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd bench/peers
go run ./cmd/table "$@"
