#!/usr/bin/env bash
# Checks for a Swift toolchain that can build this package; silent when there is one.
set -euo pipefail

# The first that has what the package uses (swift-tools-version, upcoming features).
major=6
minor=2

if command -v swift >/dev/null; then
  version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | head -n 1 || true)
  found=${version##* }
  if [[ $found =~ ^([0-9]+)\.([0-9]+)$ ]]; then
    has_major=${BASH_REMATCH[1]} has_minor=${BASH_REMATCH[2]}
    if ((has_major > major || (has_major == major && has_minor >= minor))); then exit 0; fi
  fi
  echo "Swift $major.$minor or newer is needed; $(command -v swift) is ${found:-of unknown version}." >&2
else
  echo "Swift $major.$minor or newer is needed; there is none on the PATH." >&2
fi
cat >&2 <<'TEXT'

  1. Open https://www.swift.org/install/linux/ and choose "Swift 6.3 for Debian 12" for this machine
     (x86_64 or aarch64); check the signature as the page says.
  2. Unpack it and put it on the PATH, for example:
       sudo mkdir -p /opt/swift
       sudo tar xzf swift-6.3*-RELEASE-debian12*.tar.gz --strip-components 1 --directory /opt/swift
       export PATH=/opt/swift/usr/bin:$PATH
  3. The page also lists the Debian packages that the toolchain itself needs.
TEXT
exit 69
