#!/usr/bin/env bash
# Counts the machine instructions of the hot paths and compares them with the table; -update writes
# the table anew. It says so where they cannot be counted.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

go test -count=1 -v -run '^TestInstructions$' ./bench "$@"
