#!/usr/bin/env bash
# Boots a Debian guest with a stock kernel under QEMU and tries the release in it: real usbfs, real udev, real
# drivers to detach, real unplugs.
#
# usage: Scripts/vm-test.sh [what …]
#
# What the guest found is in .build/vm/results.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $(uname -m) != x86_64 ]]; then
  echo "vm-test: the guest is a Debian for x86_64, which this machine is not" >&2
  exit 69
fi
if [[ $EUID -ne 0 ]]; then
  echo "vm-test: making the guest's disk needs root: sudo make vm-test" >&2
  exit 77
fi
image=$(Scripts/vm-image.sh)
Scripts/build.sh vm-test --configuration release

disk=.build/vm/programs
rm -rf "$disk" "$disk.ext4"
mkdir -p "$disk"/{bin,lib}
for program in canteend canteenctl canteen-settlement canteen-lab; do
  strip -o "$disk/bin/$program" ".build/release/$program"
done
# Of the toolchain only what the programs load; the rest is Debian's.
ldd "$disk"/bin/* | awk '$3 ~ /swift/ { print $3 }' | sort -u | xargs -r cp -t "$disk/lib"
cp systemd/*.service systemd/*.conf udev-rules/*.rules udev-rules/*.conf "$disk"
# The guest runs this; what it is to try stands behind it.
cat >"$disk/guest" <<EOF
#!/bin/bash
set -eu
cd /opt/canteen
echo /opt/canteen/lib >/etc/ld.so.conf.d/canteen.conf
ldconfig
ln -s /opt/canteen/bin/* /usr/bin/
cp ./*.service /etc/systemd/system/
cp canteen-sysusers.conf /usr/lib/sysusers.d/canteen.conf
# First the group: udev reads a new rule at once, drops a group that it does not know, and does not read the
# same file again when it is told to reload.
systemd-sysusers
cp 98-canteen-terminal.rules /etc/udev/rules.d/
cp canteen-modprobe.conf /etc/modprobe.d/canteen.conf
# QEMU's keyboard plays a scanner that types.
echo 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="0627", ATTR{idProduct}=="0001", GROUP="canteen", MODE="0660"' >/etc/udev/rules.d/99-guest.rules
systemctl daemon-reload
udevadm control --reload
modprobe -a vhci-hcd libcomposite usb_f_fs
modprobe dummy_hcd num=2
exec canteen-lab guest $*
EOF
chmod +x "$disk/guest"
truncate -s 400M "$disk.ext4"
mke2fs -q -t ext4 -d "$disk" "$disk.ext4"

.build/release/canteen-lab vm-test --image "$image" --programs "$disk.ext4" \
  --results .build/vm/results
