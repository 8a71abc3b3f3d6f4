#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Ours beside DepthFlow, which ray-marches the same kind of relief in a shader: the same photo, the
# same depth, the same encoder, in turn. Prints the part of docs/src/benchmarks.md and writes its
# pictures. DepthFlow runs on Mesa's software renderer, so that both use the processor alone.
# Installs ffmpeg, Mesa and the photos, and from PyPI what it needs into build/.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(ffmpeg mate-backgrounds python3-venv libegl1 libgl1 libgl1-mesa-dri)
if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "bench: installing with apt-get: ${packages[*]}" >&2
    "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}" >&2
fi

scripts/venv.sh quality scripts/quality/requirements.txt
# Without what they depend on: that would be torch, which only the estimate of depth needs.
scripts/venv.sh depthflow scripts/bench/depthflow.txt --no-deps

cargo build --release --locked -q -p stillmotion-engine --example quality_probe
exec build/quality-venv/bin/python -B scripts/quality/beside_depthflow.py "$@"
