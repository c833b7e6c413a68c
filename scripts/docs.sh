#!/usr/bin/env bash
# Everything that holds the pages to the program: links, proofs, snippets, commands, events and errors, help.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

say "links and proofs"
go test -count=1 -run 'Links|Readme|Proofs|Complaints|Design' .
say "snippets, commands, events, errors"
(cd docs && go test -count=1 ./...)
say "commands and their help"
(cd tools && go test -count=1 -run 'Documented|Examples|EveryCommand|Completions|Man' ./smk/...)
say "metrics"
(cd plugin/smkprom && go test -count=1 -run 'Names|Readme' ./...)
