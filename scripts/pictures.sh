#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes the pictures of the docs: for three photos a sheet of twelve frames of a clip, a strip of
# motion 1, 5 and 10 with the difference of each to the first frame.
# Wants `make build`; installs Debian's landscapes.
set -euo pipefail
cd "$(dirname "$0")/.."

package=mate-backgrounds
if ! dpkg-query --show "$package" >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "pictures: installing with apt-get: $package" >&2
    "${as_root[@]}" apt-get install -q -y --no-install-recommends "$package" >&2
fi

out=docs/pictures
mkdir -p "$out"
draw() { # name, photo, prompt
    target/release/stillmotion sheet "$2" -o "$out/$1-sheet.png" --prompt "$3" --motion 7 --tile-width 240
    target/release/stillmotion sheet "$2" -o "$out/$1-motions.png" --prompt "$3" --motions 1,5,10 --tile-width 320
}
draw coffee tests/fixtures/photos/coffee.jpg "slow orbit around the cup"
draw astronaut tests/fixtures/photos/astronaut.jpg "truck left, push in"
draw dune /usr/share/backgrounds/mate/nature/Dune.jpg "walk through the grass to the sea"
