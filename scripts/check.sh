#!/usr/bin/env bash
# Everything about the source that needs no running: format, vet, staticcheck, import arrows and
# house rules (tests of the root package, -without-rules if they are run anyway), generated code up to date.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT

say "tools"
go build -C tools -o "$bin/" honnef.co/go/tools/cmd/staticcheck mvdan.cc/gofumpt

say "gofumpt"
hand=$(git ls-files --cached --others --exclude-standard '*.go' | xargs grep -L '^// Code generated ' || true)
unformatted=$(printf '%s\n' "$hand" | xargs "$bin/gofumpt" -l)
unformatted+=$(git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'not formatted, run gofumpt -w:\n%s\n' "$unformatted" >&2
	exit 1
fi

for m in "${modules[@]}"; do
	say "vet and staticcheck: $m"
	(cd "$m" && go vet ./... && "$bin/staticcheck" ./...)
done

# Each needs the standard library for the system, which takes a minute: SYSTEMS says which.
for system in ${SYSTEMS-darwin/arm64 windows/386}; do
	say "another system builds: $system"
	GOOS=${system%/*} GOARCH=${system#*/} go vet ./...
done

say "generated code"
go run -C tools ./gen -check
go run -C bench/compare ./gen -check

if [ "${1-}" != -without-rules ]; then
	say "arrows and house rules"
	go test -count=1 .
fi
