#!/usr/bin/env bash
# Packs a program that goreleaser has built into a container image, if it is one for Linux.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

os=$1 arch=$2 program=$3 version=$4 revision=$5 created=$6
[ "$os" = linux ] || exit 0
bin/release/image -binary "$program" -arch "$arch" -version "$version" -revision "$revision" -created "$created" \
	-output "dist/smk_${version}_linux_${arch}_image.tar"
