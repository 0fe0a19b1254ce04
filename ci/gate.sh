#!/bin/sh
# A gate in any pipeline: installs gameday from the checkout that this file is part of, and plays a suite.
#
#   path/to/gameday/ci/gate.sh [SUITE [OPTION...]]        such as: gate.sh ci --baseline last
#
# GAMEDAY_REPORT: folder for the report (gameday-report). GAMEDAY_VENV: where it is installed (.gameday/venv).
# The exit status is the gate's: 0 passed, 1 failed, 2 wrong use, 3 inconclusive.
set -eu

checkout=$(cd -- "$(dirname -- "$0")/.." && pwd)
venv=${GAMEDAY_VENV:-.gameday/venv}
suite=${1:-ci}
[ $# -eq 0 ] || shift

if [ ! -x "$venv/bin/gameday" ]; then
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c "$checkout/constraints.txt" "$checkout"
fi
# It takes the shell's place, so that a cancelled job's signal reaches it and the cluster is cleaned up.
exec "$venv/bin/gameday" gate "$suite" --report "${GAMEDAY_REPORT:-gameday-report}" "$@"
