#!/usr/bin/env bash
# A year of a city on SQLite and on a PostgreSQL of its own, whose statements are compared. Needs a finished release
# build of canteen-lab.
#
# usage: Scripts/city.sh [options of canteen-lab city]
#
# The server's folder and the books take about a kilobyte for each swipe, twice: in TMPDIR and in .build/city.
set -euo pipefail
cd "$(dirname "$0")/.."

# The socket has a short path.
server=$(mktemp -d -t canteen-XXXXXX)
trap 'Scripts/postgres.sh stop "$server"' EXIT
Scripts/postgres.sh start "$server"
.build/release/canteen-lab city "$@" \
  --store sqlite --store "postgres:///postgres?host=$server&user=canteen"
