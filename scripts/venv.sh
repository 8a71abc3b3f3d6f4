#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# A Python environment: `venv.sh NAME REQUIREMENTS [OPTIONS OF PIP]` makes build/NAME-venv, anew when
# what it should hold has changed. A second run is quick.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=build/$1-venv
wanted=$2
! cmp -s "$wanted" "$venv/installed.txt" || exit 0
echo "venv: installing with pip into $venv" >&2
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check "${@:3}" -r "$wanted" >&2
cp "$wanted" "$venv/installed.txt"
