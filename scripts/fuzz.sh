#!/usr/bin/env bash
# Fuzzes every target of the root module for FUZZTIME (default 30s) each. Crashers are kept in the
# package's testdata/fuzz, where go test finds them from then on. Before, the fast and the strict
# decoders are held to each other over CASES (default a million) messages drawn from SEED (default the
# time).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cases=${CASES:-1000000} seed=${SEED:-$(date +%s)}
say "./fuzz TestDecoders over $cases messages from seed $seed"
go test -run '^TestDecoders$' -timeout 0 -v ./fuzz -cases "$cases" -seed "$seed"

fuzztime=${FUZZTIME:-30s}
targets=0
while IFS=: read -r file name; do
	pkg=./$(dirname "$file")
	say "$pkg $name for $fuzztime"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" "$pkg"
	targets=$((targets + 1))
done < <(git ls-files --cached --others --exclude-standard '*_test.go' | grep -v '^tools/\|^bench/compare/' |
	xargs grep -HoE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //' | sort)
say "$targets targets"
[ "$targets" -gt 0 ]
