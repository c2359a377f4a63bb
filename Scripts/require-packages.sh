#!/usr/bin/env bash
# Installs the Debian packages that are missing; silent, and without a network, when none is.
#
# usage: Scripts/require-packages.sh PACKAGE…
set -euo pipefail

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "These programs are built on Debian 12; this system has no apt-get." >&2
  echo "Install what stands for these packages here: $*" >&2
  exit 69
fi

missing=()
for package in "$@"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "As root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 77
  fi
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(--non-interactive)  # nobody is there to type a password
fi

echo "installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes "$@"; }
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1
then
  tail -n 20 "$log" >&2
  echo "could not install: ${missing[*]}" >&2
  exit 69
fi
