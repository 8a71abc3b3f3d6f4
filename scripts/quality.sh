#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Measures clips of the built-in generator and fails where a number breaks its limit; writes
# docs/src/quality.md. --quick looks at two photos, three prompts and few motions, and writes nothing.
# Installs Debian's landscapes, and OpenCV from PyPI into build/quality-venv.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(python3-venv mate-backgrounds)
if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "quality: installing with apt-get: ${packages[*]}" >&2
    "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}" >&2
fi

scripts/venv.sh quality scripts/quality/requirements.txt
python=$PWD/build/quality-venv/bin/python

cargo build --release --locked -q -p stillmotion-engine --example quality_probe
# A measure that cannot fail is worth nothing: first they measure what is known.
(cd scripts/quality && "$python" -B -m unittest -q test_metrics)
exec "$python" -B scripts/quality/run.py "$@"
