#!/usr/bin/env bash
# The end-to-end test: the demo's lunch in small, with a time limit. Needs a finished build.
set -euo pipefail
cd "$(dirname "$0")/.."

# Both directions of settling: the terminal hands in, and the centre fetches.
for direction in push pull; do
  log=.build/small-lunch-$direction.log
  limit=180
  echo "serving a small lunch ($direction)"
  options=()
  [[ $direction == push ]] || options=(--pull)
  status=0
  DEMO_EXIT=1 timeout --kill-after=10 "$limit" .build/debug/canteen-lab demo --small "${options[@]}" \
    </dev/null >"$log" 2>&1 || status=$?
  last=$(tail -n 1 "$log")
  # The program's word counts only together with its exit code.
  if [[ $status -ne 0 || $last != "demo: ok "* ]]; then
    tail -n 60 "$log" >&2
    echo "lunch: failed (exit $status, limit $limit s); the whole log: $log" >&2
    echo "lunch: again: DEMO_EXIT=1 .build/debug/canteen-lab demo --small ${options[*]}" >&2
    exit 1
  fi
  echo "$last"
done
