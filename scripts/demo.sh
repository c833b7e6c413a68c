#!/usr/bin/env bash
# An exchange and a bot: a first trade end to end. On a terminal, without arguments, a whole match follows in the
# browser until it is interrupted. SMK is the program, if there is one already.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -z "${SMK-}" ]; then
	[ -x bin/smk ] || echo "building bin/smk, which takes a minute the first time" >&2
	go build -C tools -o ../bin/smk ./smk
	SMK=bin/smk
fi
"$SMK" demo "$@"
if [ $# = 0 ] && [ -t 1 ]; then
	printf '\nA whole match, in the browser:\n'
	exec "$SMK" demo --dash --open
fi
