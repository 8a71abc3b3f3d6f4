#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs what a build, the demo and the tests need besides Rust, on Debian 12 or a relative of
# it, and the packages that are named. Asks for root only when something is missing, so a second
# run is quick.
set -euo pipefail

packages=(
    build-essential                 # the linker that Rust calls
    pkg-config                      # finds GStreamer
    libgstreamer1.0-dev             # GStreamer, to build against
    libgstreamer-plugins-base1.0-dev
    gstreamer1.0-tools              # gst-launch-1.0, gst-inspect-1.0
    gstreamer1.0-plugins-base       # videoconvert, decodebin
    gstreamer1.0-plugins-base-apps  # gst-discoverer-1.0 and gst-play-1.0, in the tests
    gstreamer1.0-plugins-good       # mp4mux, vp9enc, pngenc
    gstreamer1.0-plugins-bad        # SRT, MPEG-TS, timecodes, checksums, in the tests
    gstreamer1.0-plugins-ugly       # x264enc
    gstreamer1.0-libav              # decodes what was rendered, in the tests
    ges1.0-tools                    # ges-launch-1.0, in the tests
    "$@"
)

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "setup: run this as root, or install sudo: these packages are missing:" \
                "${missing[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    echo "setup: installing with apt-get: ${missing[*]}"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}"
else
    echo "setup: the packages of GStreamer are there"
fi

command -v cargo >/dev/null || {
    echo "setup: Rust is missing: see https://rustup.rs" >&2
    exit 1
}
