#!/usr/bin/env bash
# Builds the program with each planted bug of prove/bugs in turn, runs trading days until one fails, and writes the
# table prove/bugs/README.md. The files of the project stay as they are.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

go run -C tools ./bugs "$@"
