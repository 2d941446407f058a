#!/usr/bin/env bash
# install.sh SUITE FOLDER: the ffmpeg of a Debian suite (bullseye 4.3, trixie 7.1, sid 9) beside the installed one. Leaves FOLDER/bin/ffmpeg and
# FOLDER/bin/ffprobe, which run with the suite's own libraries and keep their process id; a folder that has them is left as it is.
# Needs root, debootstrap (installed where apt can) and the mirror that apt uses; 1 GB, a minute or three. Exit 3: cannot be had here, and why.
set -euo pipefail
suite=$1
folder=$2
root=$folder/root
unavailable() { echo "ffmpeg of Debian $suite cannot be had here: $1" >&2; exit 3; }

[ -x "$folder/bin/ffmpeg" ] && "$folder/bin/ffmpeg" -version >/dev/null 2>&1 && exit 0
[ "$(id -u)" = 0 ] || unavailable 'only root may install it'
command -v apt-get >/dev/null || unavailable 'there is no apt'
command -v debootstrap >/dev/null || { apt-get update && apt-get install -y --no-install-recommends debootstrap; } >/dev/null 2>&1 ||
  unavailable 'debootstrap cannot be installed'
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
  awk '!/^ *#/ { for (i = 1; i <= NF; i++) if ($i ~ /^https?:.*\/debian\/?$/ && !found) { print $i; found = 1 } }') || true
[ -n "$mirror" ] || unavailable 'apt names no mirror of Debian'

rm -rf "$folder"
mkdir -p "$folder/bin"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$folder/install.log" 2>&1 || unavailable "debootstrap failed, see $folder/install.log"
chroot "$root" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update &&
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ffmpeg' >>"$folder/install.log" 2>&1 ||
  unavailable "apt-get failed, see $folder/install.log"

# A chroot would hide the caller's files; the suite's own loader finds its libraries without one. Those that stand behind links of
# /etc/alternatives are in folders of their own.
libraries=$(find "$root/usr/lib" "$root/lib" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | tr '\n' ':')
loader=$(find "$root"/lib64/ "$root"/lib/ -maxdepth 2 -name 'ld-linux*.so.*' 2>/dev/null | sort | sed -n 1p)
for program in ffmpeg ffprobe; do
  printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$loader" "$libraries" "$root/usr/bin/$program" >"$folder/bin/$program"
  chmod +x "$folder/bin/$program"
done
"$folder/bin/ffmpeg" -version >/dev/null || unavailable 'it does not run'
