#!/usr/bin/env bash
# What has to pass before anything lands: the checks, then every test of every module.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bash scripts/check.sh -without-rules
failed=() # one that fails does not keep the others from being run
for m in "${modules[@]}"; do
	say "test: $m"
	# -count=1: nested modules read files of the root, which the cache of results does not see. What go test vets was.
	(cd "$m" && go test -vet=off -count=1 ./...) || failed+=("$m")
done
if [ "$(go env CGO_ENABLED)" = 1 ]; then
	say "test with the race detector, but for packages without goroutines: sequential.txt, which a test holds to that"
	# The root package only reads sources.
	go list ./... | grep -vx "$(go list -m)" | grep -vxF -f <(sed "s|^\.|$(go list -m)|" scripts/sequential.txt) |
		xargs go test -vet=off -race -short ${RACE_SKIP:+-skip "$RACE_SKIP"} || failed+=("race")
	# Building a NATS server for it takes longer than the tests do: RACE_NESTED=1 asks for that.
	for m in ${RACE_NESTED:+plugin/smkcontrol plugin/smkprom plugin/smknats}; do
		(cd "$m" && go test -race -count=1 ./...) || failed+=("race: $m")
	done
else
	say "the race detector is not available: it needs a C compiler"
fi
say "processes that are killed"
smk=$(mktemp -d)
trap 'rm -rf "$smk"' EXIT
go build -C tools -o "$smk/smk" ./smk
"$smk/smk" soak --for "${SOAK:-5s}"
"$smk/smk" soak --for "${SOAK:-5s}" --plain
if [ ${#failed[@]} -gt 0 ]; then
	say "failed: ${failed[*]}"
	exit 1
fi
