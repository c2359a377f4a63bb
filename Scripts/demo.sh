#!/usr/bin/env bash
# A lunch from a fresh clone: installs what is missing, builds, serves, settles.
#
# DEMO_EXIT=1 ends it when the books are compared; otherwise it stays up until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/require.sh build
echo "building the terminal, the centre and the virtual readers"
Scripts/build.sh demo
echo "ready after $SECONDS s; packages compiled: $(Scripts/compiled-packages.sh)"

# The lunch measures the time to the first approved tap from here.
export DEMO_STARTED_SECONDS_AGO=$SECONDS
exec .build/debug/canteen-lab demo
