#!/usr/bin/env bash
# Lets libFuzzer look for bytes that a codec or a driver does not bear, and shows that it would find them.
#
# usage: Scripts/fuzz.sh SECONDS [TARGET…]
#
# The seconds are shared among the targets (Sources/FuzzTargets/FuzzTarget.swift) and the planted bugs, one
# after the other. A finding is a trap, a broken promise, a memory error, a leak, or a run of more than a
# second. It is kept in .build/fuzz/found; mended, it belongs into Tests/FuzzTests/Regressions/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

total=$1
shift
only=("$@")
place=.build/fuzz
program=$place/debug/canteen-fuzz

toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
library=libclang_rt.fuzzer_no_main-$(uname -m).a
runtime=$("$toolchain/clang" --print-file-name="$library" 2>/dev/null || true)
for need in "$runtime" "$toolchain/ld.lld" "$toolchain/llvm-profdata" "$toolchain/llvm-cov"; do
  if [[ ! -f $need ]]; then
    echo "fuzz: this Swift toolchain has no ${need:-$library}; the one of swift.org for Debian 12 has" >&2
    exit 69
  fi
done

# libFuzzer's own counters and those of llvm-cov, over our code and what it links. Optimised, because an
# unoptimised build tries a tenth as many inputs; a debug build all the same, because that has the planted bugs.
options=(
  --build-path "$place" --disable-index-store --product canteen-fuzz
  -Xswiftc -DFUZZING -Xswiftc -O -Xswiftc -use-ld=lld
  -Xswiftc -sanitize=address
  -Xswiftc "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"
  -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping
  -Xlinker "$runtime" -Xlinker -lstdc++
)
echo "building with libFuzzer and AddressSanitizer"
Scripts/build.sh fuzz "${options[@]}"

rm -rf "$place/found" "$place/seeds" "$place/logs"
mkdir -p "$place/found" "$place/logs"
"$program" corpus Tests/ReadersTests/Fixtures "$place/seeds"

# A crash is libFuzzer's to report; Swift would stop to draw its own picture of it.
export SWIFT_BACKTRACE=enable=no

# fuzz TARGET SECONDS LONGEST CORPUS LOG
fuzz() {
  LLVM_PROFILE_FILE=$5.profraw timeout --kill-after=10 $(($2 + 60)) "$program" "$1" \
    -max_total_time="$2" -max_len="$3" -len_control=10 -timeout=1 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$place/found/$1-" "$4" </dev/null >"$5" 2>&1
}

# statistic NAME LOG
statistic() { awk -v name="stat::$1:" '$1 == name { print $2 }' "$2"; }

# coverage LOG FILE…: the parts of the codec that were run, in percent of its regions.
coverage() {
  local log=$1
  shift
  "$toolchain/llvm-profdata" merge -sparse "$log.profraw" -o "$log.profdata" 2>/dev/null || return 0
  regions "$log.profdata" "$@"
}

# regions PROFILE FILE…
regions() {
  local profile=$1
  shift
  "$toolchain/llvm-cov" report "$program" -instr-profile="$profile" -sources "$@" 2>/dev/null \
    | awk '$1 == "TOTAL" { printf "%s of %d regions", $4, $2 }'
}

mapfile -t targets < <("$program" targets)
mapfile -t bugs < <("$program" bugs)
if [[ ${#only[@]} -gt 0 ]]; then bugs=(); fi
shares=${#bugs[@]}
for line in "${targets[@]}"; do
  read -r name share _ <<<"$line"
  [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" $name "* ]] && shares=$((shares + share))
done
part=$((total / (shares > 0 ? shares : 1)))
if ((part < 1)); then part=1; fi

failures=0 runs=0 covered=()
declare -A longest
for line in "${targets[@]}"; do
  read -r name share length files <<<"$line"
  longest[$name]=$length
  [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" $name "* ]] || continue
  log=$place/logs/$name
  corpus=$place/corpus/$name
  mkdir -p "$corpus"
  cp "$place/seeds/$name"/* "$corpus/" 2>/dev/null || true  # a target may begin with nothing
  status=0
  fuzz "$name" $((part * share)) "$length" "$corpus" "$log" || status=$?
  if [[ $status -ne 0 ]]; then
    failures=$((failures + 1))
    echo "fuzz: $name: exit $status" >&2
    grep -aE '^canteen-fuzz:|Fatal error|^SUMMARY|ERROR: |Test unit written' "$log" | head -n 12 >&2 || true
    continue
  fi
  executions=$(statistic number_of_executed_units "$log")
  runs=$((runs + executions))
  read -ra paths <<<"$files"
  [[ $name == device ]] || covered+=("${paths[@]}")
  printf '%-15s %9d runs %7d a second %3d s   %s, 0 crashes, 0 leaks, 0 over a second\n' \
    "$name" "$executions" "$(statistic average_exec_per_sec "$log")" $((part * share)) \
    "$(coverage "$log" "${paths[@]}")"
done

if [[ ${#covered[@]} -gt 0 ]]; then
  "$toolchain/llvm-profdata" merge -sparse "$place"/logs/*.profraw -o "$place/logs/all.profdata"
  mapfile -t covered < <(printf '%s\n' "${covered[@]}" | sort -u)
  printf 'all targets together: %s of the codecs\n' \
    "$(regions "$place/logs/all.profdata" "${covered[@]}")"
fi

for line in "${bugs[@]}"; do
  read -r bug name <<<"$line"
  log=$place/logs/bug-$bug
  began=$SECONDS
  rm -f "$place/found/$name"-*.planted
  if CANTEEN_FUZZ_BUG=$bug fuzz "$name" "$part" "${longest[$name]}" "$place/seeds/$name" "$log"; then
    failures=$((failures + 1))
    echo "fuzz: $name did not find the planted bug $bug in $part s" >&2
    continue
  fi
  input=$(sed -n 's/.*Test unit written to //p' "$log" | head -n 1)
  # It was the bug: without it the same input does nothing.
  if [[ -z $input ]] || ! "$program" "$name" "$input" </dev/null >"$log.again" 2>&1; then
    failures=$((failures + 1))
    echo "fuzz: $name failed otherwise than with the planted bug $bug: $log" >&2
    continue
  fi
  rm -f "$input"
  reason=$(grep -aoE '^canteen-fuzz: .*|^SUMMARY: AddressSanitizer: [a-z-]+|Fatal error: .*|deadly signal' "$log" | head -n 1)
  printf 'planted: %-24s found by %s after %d s: %s\n' "$bug" "$name" $((SECONDS - began)) "$reason"
done

if ((failures > 0)); then
  {
    echo "fuzz: $failures failed; inputs: $place/found, logs: $place/logs"
    echo "fuzz: again: $program TARGET FILE; once mended, keep it in Tests/FuzzTests/Regressions/TARGET"
  } >&2
  exit 1
fi
echo "fuzz: ok $runs runs, nothing found but ${#bugs[@]} of ${#bugs[@]} planted bugs"
