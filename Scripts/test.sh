#!/usr/bin/env bash
# Builds and runs the unit tests with virtual USB, and makes sure that they ran.
#
# usage: Scripts/test.sh [options of swift-testing, for example --filter RepositoryTests]
#
# The test bundle is run directly: umockdev's preload must be there before the process starts, and
# `swift test` has no way to hand it to its child alone.
set -euo pipefail
cd "$(dirname "$0")/.."

report=.build/tests.xml
log=.build/tests.log
# A test's own limit counts while it waits for a processor: more at once would run no faster.
width=8
# All units together; a single test has its own, shorter limit.
limit=1200

# The tests of the books run on SQLite and on a PostgreSQL of their own. Its socket has a short path.
server=$(mktemp -d -t canteen-XXXXXX)
trap 'Scripts/postgres.sh stop "$server"' EXIT
Scripts/postgres.sh start "$server"
export CANTEEN_TEST_POSTGRES="postgres:///postgres?host=$server&user=canteen"

echo "building the tests"
Scripts/build.sh test --build-tests
rm -f "$report"* .build/tests-swift-testing.xml

bundle=.build/debug/canteenPackageTests.xctest
status=0
LD_PRELOAD=libumockdev-preload.so.0 timeout --kill-after=10 "$limit" \
  "$bundle" --testing-library swift-testing --xunit-output "$report" \
  --experimental-maximum-parallelization-width "$width" "$@" \
  </dev/null >"$log" 2>&1 || status=$?

if [[ $status -ne 0 ]]; then
  # Every failure with its explanation; passing tests stay in the log.
  grep -aE '✘|↳|error:|Fatal' "$log" | grep -avE '↳ (Testing Library|Target Platform|///)' \
    | head -n 200 >&2 || true
  # A crash says its last words at the end.
  grep -qa 'Test run with' "$log" || tail -n 20 "$log" >&2
  case $status in
    124 | 137) echo "test: stopped after $limit s" >&2 ;;
    *) echo "test: exit $status" >&2 ;;
  esac
  echo "test: the whole log: $log; again: make test" >&2
  exit 1
fi

# A green run that tested nothing is the worst kind: every folder of tests must have run.
ran=$(grep -ohE '<testcase classname="[^".]+' "$report" | sed 's/.*"//' | sort | uniq -c || true)
if [[ $# -eq 0 ]]; then
  for folder in Tests/*Tests; do
    suite=${folder#Tests/}
    compgen -G "$folder/*Tests.swift" >/dev/null || continue  # no test is written yet
    if ! grep -qw "$suite" <<<"$ran"; then
      echo "test: no test of $folder ran; see $report" >&2
      exit 1
    fi
  done
fi
total=$(awk '{ sum += $1 } END { print sum + 0 }' <<<"$ran")
if [[ $total -eq 0 ]]; then
  echo "test: no test ran; see $log" >&2
  exit 1
fi
echo "test: ok $total tests in $(wc -l <<<"$ran") targets"
