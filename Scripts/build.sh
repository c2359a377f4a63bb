#!/usr/bin/env bash
# Builds with one line of progress; the whole log is kept, and shown when the build fails.
#
# usage: Scripts/build.sh NAME [swift build options]
#
# On a terminal the line is rewritten; elsewhere there is a new one every ten seconds.
# The log is .build/NAME-build.log.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
shift
log=.build/$name-build.log
mkdir -p .build

progress() {
  local line shown=0
  while IFS= read -r line; do
    [[ $line =~ ^\[[0-9]+/[0-9]+\] || $line =~ ^(Fetching|Fetched|Computing|Creating|Planning) ]] \
      || continue
    if [[ -t 1 ]]; then
      printf '\r\033[K%s' "${line:0:$((${COLUMNS:-80} - 1))}"
    elif ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      printf '%4d s  %s\n' "$SECONDS" "$line"
    fi
  done
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
}

# Read by a human later: no colours in the log.
if ! swift build "$@" </dev/null 2>&1 | tee "$log" | progress; then
  # The compiler repeats an error for every file of a module; once is enough.
  grep -E 'error:' "$log" | sort -u | head -n 40 >&2 || true
  tail -n 20 "$log" >&2
  echo "build failed after $SECONDS s; the whole log: $log; again: swift build $*" >&2
  exit 1
fi
