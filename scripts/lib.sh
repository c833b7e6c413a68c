# Sourced by the other scripts: the repository's root and the modules in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The root first; the others are nested so that their dependencies stay out of it.
modules=(. docs tools bench/compare plugin/smkprom plugin/smkcontrol)

say() { printf '== %s\n' "$*"; }
