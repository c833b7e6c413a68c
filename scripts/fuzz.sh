#!/usr/bin/env bash
# Fuzzes every target of the root module in turn for TIME (or FUZZTIME, default 30s; 1000x counts executions) each, and
# prints a table: executions, inputs that reached something new, inputs that are kept in Go's cache, and the result. A
# target that fails does not keep the others from running. Its crasher is kept in the package's testdata/fuzz, where go
# test finds it from then on: mend the cause, give the file a name that says what it shows, and commit both.
# TARGETS is a pattern of names, such as FuzzState. Before, the fast and the strict decoders are held to each other over
# CASES (default a million, 0 for none) messages drawn from SEED (default the time).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cases=${CASES:-1000000} seed=${SEED:-$(date +%s)}
if [ "$cases" != 0 ]; then
	say "./fuzz TestDecoders over $cases messages from seed $seed"
	go test -run '^TestDecoders$' -timeout 0 -v ./fuzz -cases "$cases" -seed "$seed"
fi

time=${TIME:-${FUZZTIME:-30s}}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
table="" targets=0 failed=0
while IFS=: read -r file name; do
	pkg=./$(dirname "$file")
	say "$pkg $name for $time"
	result=ok
	if ! go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$pkg" 2>&1 | tee "$out"; then
		result=FAILED failed=$((failed + 1))
	fi
	table+=$(awk -v name="$pkg $name" -v result="$result" '
		/^fuzz: elapsed: .*execs: / {
			for (i = 1; i < NF; i++) {
				if ($i == "execs:") execs = $(i + 1)
				if ($i == "interesting:") fresh = $(i + 1)
				if ($i == "(total:") { total = $(i + 1); sub(/\)/, "", total) }
			}
		}
		/^fuzz: elapsed: .*baseline coverage: / { total = $NF == "completed" ? $(NF - 1) : $7; sub(/.*\//, "", total) }
		END { printf "%-36s %12s %8s %8s  %s", name, execs + 0, fresh + 0, total + 0, result }' "$out")$'\n'
	targets=$((targets + 1))
done < <(git ls-files --cached --others --exclude-standard '*_test.go' | grep -v '^tools/\|^bench/compare/' |
	xargs grep -HoE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //' | { grep -E ":${TARGETS:-}" || true; } | sort)

say "$targets targets for $time each, $failed failed"
printf '%-36s %12s %8s %8s  %s\n' target executions new kept result
printf '%s' "$table"
[ "$targets" -gt 0 ] && [ "$failed" = 0 ]
