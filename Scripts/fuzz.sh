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

# libFuzzer's own counters and those of llvm-cov, over our code and the Swift that it links. Optimised,
# because that tries many more inputs; a debug build all the same, because that has the planted bugs.
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

# A crash is libFuzzer's to report; Swift would stop to draw its own picture of it.
export SWIFT_BACKTRACE=enable=no
export LLVM_PROFILE_FILE=/dev/null

rm -rf "$place/found" "$place/seeds" "$place/logs"
mkdir -p "$place/found" "$place/logs"
"$program" corpus Tests/ReadersTests/Fixtures "$place/seeds"

# hunt TARGET SECONDS LONGEST CORPUS LOG: 0 when nothing was found; what was found is in $input.
#
# The second is one of the clock: on a machine that does other things, too, a harmless input can take it.
# Targets are deterministic, so an input that is borne at the second try was held up, and the hunt goes on.
hunt() {
  local target=$1 longest=$3 corpus=$4 log=$5 status end=$((SECONDS + $2)) left=$2
  : >"$log"
  while ((left > 0)); do
    status=0
    LLVM_PROFILE_FILE=$log.profraw timeout --kill-after=10 $((left + 60)) "$program" "$target" \
      -max_total_time="$left" -max_len="$longest" -len_control=10 -timeout=1 -rss_limit_mb=1024 \
      -print_final_stats=1 -artifact_prefix="$place/found/$target-" "$corpus" \
      </dev/null >"$log.part" 2>&1 || status=$?
    cat "$log.part" >>"$log"
    [[ $status -ne 0 ]] || return 0
    input=$(sed -n 's/.*Test unit written to //p' "$log.part" | head -n 1)
    if [[ $status -ne 70 || ! -f $input ]] || ! bears "$target" "$input"; then return "$status"; fi
    rm -f "$input"
    left=$((end - SECONDS))
  done
}

# bears TARGET FILE: whether an input does nothing, in one of three tries.
bears() {
  local try
  for try in 1 2 3; do
    echo "try $try: $*" >>"$place/logs/again"
    if timeout 60 "$program" "$1" -timeout=1 "$2" </dev/null >>"$place/logs/again" 2>&1; then return 0; fi
  done
  return 1
}

# executions LOG
executions() { awk '$1 == "stat::number_of_executed_units:" { sum += $2 } END { print sum + 0 }' "$1"; }

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
  time=$((part * share))
  status=0
  hunt "$name" "$time" "$length" "$corpus" "$log" || status=$?
  if [[ $status -ne 0 ]]; then
    failures=$((failures + 1))
    echo "fuzz: $name: exit $status, ${input:-no input}" >&2
    grep -aE '^canteen-fuzz:|Fatal error|^SUMMARY|ERROR: ' "$log.part" | head -n 12 >&2 || true
    continue
  fi
  executions=$(executions "$log")
  runs=$((runs + executions))
  read -ra paths <<<"$files"
  [[ $name == device ]] || covered+=("${paths[@]}")
  printf '%-15s %8d runs %6d a second %4d s   %-22s 0 crashes, 0 leaks, 0 over a second\n' \
    "$name" "$executions" $((executions / time)) "$time" "$(coverage "$log" "${paths[@]}")"
done

if [[ ${#covered[@]} -gt 0 ]]; then
  "$toolchain/llvm-profdata" merge -sparse -failure-mode=all "$place"/logs/*.profraw \
    -o "$place/logs/all.profdata" 2>/dev/null || true
  mapfile -t covered < <(printf '%s\n' "${covered[@]}" | sort -u)
  printf 'all targets together: %s of the codecs\n' \
    "$(regions "$place/logs/all.profdata" "${covered[@]}")"
fi

for line in "${bugs[@]}"; do
  read -r bug name <<<"$line"
  log=$place/logs/bug-$bug
  began=$SECONDS
  export CANTEEN_FUZZ_BUG=$bug
  status=0
  hunt "$name" "$part" "${longest[$name]}" "$place/seeds/$name" "$log" || status=$?
  unset CANTEEN_FUZZ_BUG
  if [[ $status -eq 0 ]]; then
    failures=$((failures + 1))
    echo "fuzz: $name did not find the planted bug $bug in $part s" >&2
    continue
  fi
  # It was the bug: without it the same input does nothing.
  if ! bears "$name" "$input"; then
    failures=$((failures + 1))
    echo "fuzz: $name failed otherwise than with the planted bug $bug: $input, $log" >&2
    continue
  fi
  rm -f "$input"
  words='^canteen-fuzz: .*|^SUMMARY: [A-Za-z]+: [a-z-]{6,}|[0-9]+ byte.s. leaked|deadly signal'
  reason=$(grep -aoE "$words" "$log" | head -n 1 | cut -c 1-100 || true)
  printf 'planted: %-24s found by %s after %d s: %s\n' "$bug" "$name" $((SECONDS - began)) "${reason#SUMMARY: }"
done

if ((failures > 0)); then
  {
    echo "fuzz: $failures failed; inputs: $place/found, logs: $place/logs"
    echo "fuzz: again: $program TARGET FILE; once mended, keep it in Tests/FuzzTests/Regressions/TARGET"
  } >&2
  exit 1
fi
echo "fuzz: ok $runs runs, nothing found but ${#bugs[@]} of ${#bugs[@]} planted bugs"
