#!/usr/bin/env bash
# Fuzzes every target of the root module for FUZZTIME (default 30s) each. Crashers are kept in the
# package's testdata/fuzz, where go test finds them from then on.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fuzztime=${FUZZTIME:-30s}
targets=0
while IFS=: read -r file name; do
	pkg=./$(dirname "$file")
	say "$pkg $name for $fuzztime"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" "$pkg"
	targets=$((targets + 1))
done < <(git ls-files --cached --others --exclude-standard '*_test.go' | grep -v '^tools/\|^bench/peers/' |
	xargs grep -HoE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //' | sort)
say "$targets targets"
[ "$targets" -gt 0 ]
