#!/usr/bin/env bash
# Makes the disk of the virtual machine that `make vm-test` boots, of Debian packages only: a stock kernel
# with its USB drivers, systemd, udev, and what our programs and their peer need. It is made once for the same
# packages and the same text of this file.
#
# usage: Scripts/vm-image.sh
#
# Prints the folder with vmlinuz, initramfs and root.ext4.
set -euo pipefail
cd "$(dirname "$0")/.."

# The system; the libraries of our programs; USB/IP; the peer.
packages=(
  systemd-sysv dbus udev kmod iproute2 strace procps
  libusb-1.0-0 libudev1 libsqlite3-0 libpq5 libumockdev0 libstdc++6 zlib1g
  usbip usbutils
  pcscd libccid libpcsclite1
)
# Of the kernel's 4000 modules: the disk's, the channel's to the host, and all of USB.
modules=(
  drivers/block/virtio_blk.ko drivers/char/virtio_console.ko drivers/virtio
  fs/ext4 fs/jbd2 fs/mbcache.ko fs/configfs arch/x86/crypto crypto lib drivers/usb drivers/hid
  drivers/input drivers/nfc net/nfc drivers/tty/serial net/rfkill
)

kernel=$(LC_ALL=C apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" { print $2; exit }')
if [[ -z $kernel ]]; then
  echo "apt knows no linux-image-amd64: run apt-get update on Debian 12 (amd64)" >&2
  exit 69
fi
inputs=$(cat "$0"; LC_ALL=C apt-cache policy "$kernel" "${packages[@]}" | grep Candidate)
folder=.build/vm/image-$(sha256sum <<<"$inputs" | cut -c1-16)
if [[ -f $folder/complete ]]; then
  echo "$folder"
  exit 0
fi

echo "vm: making the disk of the virtual machine (about a minute)" >&2
rm -rf .build/vm/image-*
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=.build/vm/image.log
failed() {
  tail -n 20 "$log" >&2
  echo "vm: $1; all of it: $log" >&2
  exit 69
}

# The machine's own Debian sources, if it has some.
sources=()
for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  if [[ -s $file ]] && grep -q bookworm "$file"; then
    sources=("$file")
    break
  fi
done
mmdebstrap --variant=minbase --mode=root --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --include="$(IFS=,; echo "${packages[*]}")" bookworm "$work/root" "${sources[@]}" \
  >"$log" 2>&1 || failed "mmdebstrap failed"

(cd "$work" && apt-get download "$kernel") >>"$log" 2>&1 || failed "the kernel cannot be had"
dpkg-deb --extract "$work"/linux-image-*.deb "$work/kernel"
version=$(basename "$work"/kernel/lib/modules/*)
cp "$work/kernel/boot/vmlinuz-$version" "$folder/vmlinuz"
for module in "${modules[@]}"; do
  from=$work/kernel/lib/modules/$version/kernel/$module
  [[ -e $from ]] || continue
  to=$work/root/lib/modules/$version/kernel/$module
  mkdir -p "$(dirname "$to")"
  cp -r "$from" "$(dirname "$to")/"
done
cp "$work/kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} \
  "$work/root/lib/modules/$version/"
depmod --basedir "$work/root" "$version"

# Nobody logs in: the tests are a service, and the host hears of them over a channel.
rm -f "$work/root/etc/machine-id"
echo terminal >"$work/root/etc/hostname"
cat >"$work/root/etc/fstab" <<'EOF'
/dev/vda  /            ext4  defaults  0 0
/dev/vdb  /opt/canteen ext4  ro        0 0
EOF
mkdir -p "$work/root/opt/canteen"
cat >"$work/root/etc/systemd/system/canteen-guest.service" <<'EOF'
[Unit]
Description=What the host wants to know
RequiresMountsFor=/opt/canteen
After=systemd-udev-settle.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=exec
ExecStart=/opt/canteen/guest
StandardOutput=journal
StandardError=journal
EOF
mkdir -p "$work/root/etc/systemd/system/multi-user.target.wants"
ln -s ../canteen-guest.service "$work/root/etc/systemd/system/multi-user.target.wants/"
# It would take the card readers at the first sign of a client; the tests start it themselves.
ln -sf /dev/null "$work/root/etc/systemd/system/pcscd.socket"
ln -sf /dev/null "$work/root/etc/systemd/system/pcscd.service"
ln -sf /dev/null "$work/root/etc/systemd/system/getty.target"

mkdir -p "$work/initramfs"/{bin,modules,proc,sys,dev,root}
cp /bin/busybox "$work/initramfs/bin/"
# In the order in which they need each other.
order=()
for module in virtio_pci virtio_blk ext4 crc32c_generic; do
  while read -r word path _; do
    [[ $word == insmod ]] || continue
    name=$(basename "$path")
    [[ " ${order[*]} " == *" $name "* ]] && continue
    cp "$work/root$path" "$work/initramfs/modules/"
    order+=("$name")
  done < <(modprobe --dirname "$work/root" --set-version "$version" --show-depends "$module" \
    | sed "s|$work/root||")
done
cat >"$work/initramfs/init" <<EOF
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in ${order[*]}; do /bin/busybox insmod /modules/\$module; done
while [ ! -b /dev/vda ]; do /bin/busybox sleep 0.05; done
/bin/busybox mount -t ext4 /dev/vda /root || exec /bin/busybox sh
/bin/busybox umount /proc /sys
exec /bin/busybox switch_root /root /sbin/init
EOF
chmod +x "$work/initramfs/init"
(cd "$work/initramfs" && find . | cpio --quiet -o -H newc | gzip -1) >"$folder/initramfs"
truncate -s 600M "$folder/root.ext4"
mke2fs -q -t ext4 -d "$work/root" "$folder/root.ext4" >>"$log" 2>&1 || failed "mke2fs failed"
touch "$folder/complete"
echo "$folder"
