#!/usr/bin/env bash
# What goes into a release besides the program, in bin/release: completions, manual pages, and the programs that make
# images and lists of what is in a program. Called by goreleaser.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out=bin/release
rm -rf "$out"
mkdir -p "$out/completions" "$out/man"
go build -C tools -o "../$out/" ./smk ./image
GOBIN=$PWD/$out go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
"$out/smk" completion bash >"$out/completions/smk.bash"
"$out/smk" completion zsh >"$out/completions/_smk"
"$out/smk" completion fish >"$out/completions/smk.fish"
"$out/smk" man --output "$out/man"
gzip -n -9 "$out"/man/*.1
