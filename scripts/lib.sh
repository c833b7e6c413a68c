# Sourced by the other scripts: the repository's root and the modules in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The root first; the others are nested so that their dependencies stay out of it.
modules=(. docs tools bench/compare plugin/smkprom plugin/smkcontrol plugin/smknats)

# When the first of the scripts began, to say how long it has been.
export SCRIPTS_BEGAN=${SCRIPTS_BEGAN:-$(date +%s)}

say() { printf '== %s (after %d s)\n' "$*" $(($(date +%s) - SCRIPTS_BEGAN)); }
