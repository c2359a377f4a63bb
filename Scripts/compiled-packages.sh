#!/usr/bin/env bash
# Prints how many packages of others are compiled into our four programs.
#
# Counted from what was linked, not from what was downloaded or what this build had to do again.
set -euo pipefail
cd "$(dirname "$0")/.."

{ cat .build/debug/{canteend,canteenctl,canteen-settlement,canteen-lab}.product/Objects.LinkFileList; } \
  | grep -oE '[^/]+\.build/' | sort -u | while read -r folder; do
  # The compiler's own notes of which source file became which object.
  find ".build/debug/$folder" \( -name output-file-map.json -o -name '*.d' \) -print0 \
    | xargs -0 -r grep -ohE "/checkouts/[^/]+/" | sort -u || true  # our own folders name none
done | sort -u | wc -l
