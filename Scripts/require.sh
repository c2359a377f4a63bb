#!/usr/bin/env bash
# Makes sure of what a target needs from the machine; silent when all of it is there.
#
# usage: Scripts/require.sh build [lint] [contract] [vm]
#
# A Swift toolchain is asked for: nobody wants one installed behind their back. Debian packages are
# installed.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/require-swift.sh

packages=()
for need in "$@"; do
  case $need in
    build)
      # USB, hot-plug, the stores, a shell for the books, virtual USB, HTTP compression.
      packages+=(
        libusb-1.0-0-dev libudev-dev libsqlite3-dev sqlite3 libpq-dev postgresql umockdev libumockdev-dev zlib1g-dev
        pkg-config
      )
      ;;
    network) packages+=(iproute2) ;;  # namespaces
    lint) packages+=(systemd) ;;  # systemd-analyze
    # The centre of the integration guide; schemathesis.
    contract) packages+=(python3 python3-cryptography python3-venv) ;;
    vm) packages+=(qemu-system-x86 mmdebstrap e2fsprogs cpio kmod busybox-static binutils) ;;
    *)
      echo "require: no list of packages is called '$need'" >&2
      exit 64
      ;;
  esac
done
Scripts/require-packages.sh "${packages[@]}"
