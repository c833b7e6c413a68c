#!/usr/bin/env bash
# Looks at the dashboard in a Chromium and at smk watch in a terminal, and leaves pictures in bin/screens, or $SCREENS.
# What is missing of chromium-headless-shell and tmux is installed by apt-get.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

missing=()
command -v tmux >/dev/null || missing+=(tmux)
command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || missing+=(chromium-headless-shell)
if ((${#missing[@]})); then
	say "installs ${missing[*]}"
	as_root=()
	((EUID == 0)) || as_root=(sudo)
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
		'apt-get install -qq -y --no-install-recommends "$@" || { apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"; }' \
		install "${missing[@]}" >/dev/null
fi

export SCREENS=${SCREENS:-$PWD/bin/screens}
export SMK=$PWD/bin/smk
mkdir -p "$SCREENS"
say 'screens: builds the program'
go build -C tools -o ../bin/smk ./smk
say 'screens: browser and terminal'
go test -C tools/screens -count=1 -timeout 3m -v "$@" .
say "pictures are in $SCREENS"
