#!/usr/bin/env bash
# Fills a small disk, mounted in memory, under a ledger. Needs a build with tests.
set -euo pipefail
cd "$(dirname "$0")/.."

if unshare --map-root-user --mount true 2>/dev/null; then
  apart=(unshare --map-root-user --mount)
elif [[ $EUID -eq 0 ]] && unshare --mount true 2>/dev/null; then
  apart=(unshare --mount)
else
  echo "disk-full: not run: this system lets nobody mount a disk in memory"
  exit 0
fi

folder=$(mktemp -d)
trap 'rmdir "$folder"' EXIT
# The mount ends with the namespace.
"${apart[@]}" bash -c \
  'mount -t tmpfs -o size=160m tmpfs "$1" && exec .build/debug/canteen-lab disk-full --folder "$1"' \
  _ "$folder"
