#!/usr/bin/env bash
# What can be judged without running the programs: layout, repository rules, sandbox, scripts.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "layout"
folders=(Package.swift Sources Tests)
find "${folders[@]}" -name '*.swift' ! -name '*.pb.swift' -print0 \
  | xargs -0 swift format lint --strict --parallel

# Unit, and the highest exposure that it may have, in tenths. Raise one only with the reason in the unit.
check_unit() {
  local unit=systemd/$1.service limit=$2 verdict scratch
  if ! verdict=$(systemd-analyze security --offline=true --no-pager --threshold="$limit" "$unit"); then
    printf '%s\n' "$verdict" | grep -E '✗|→' >&2 || true
    echo "lint: $unit is more exposed than $((limit / 10)).$((limit % 10))" >&2
    return 1
  fi
  printf '%s\n' "${verdict##*$'\n'}"

  # The programs are not installed here; the rest of the unit is checked around another one.
  scratch=$(mktemp -d)
  sed -E 's|^ExecStart=.*|ExecStart=/bin/true|' "$unit" >"$scratch/$1.service"
  verdict=$(systemd-analyze verify --man=no "$scratch/$1.service" 2>&1 | grep -F "$1.service" || true)
  rm -rf "$scratch"
  if [[ -n $verdict ]]; then
    printf '%s\n' "$verdict" >&2
    echo "lint: systemd does not understand $unit" >&2
    return 1
  fi
}

echo "sandbox"
check_unit canteend 20
check_unit canteen-settlement 13
users=$(mktemp -d)
mkdir "$users/etc"
if ! systemd-sysusers --root="$users" "$PWD/systemd/canteen-sysusers.conf" >"$users/log" 2>&1; then
  cat "$users/log" >&2
  exit 1
fi
rm -rf "$users"

if command -v shellcheck >/dev/null; then
  echo "scripts"
  shellcheck Scripts/*.sh .ci/run
else
  for script in Scripts/*.sh .ci/run; do bash -n "$script"; done
fi

echo "repository rules"
Scripts/test.sh --filter RepositoryTests
echo "lint: ok"
