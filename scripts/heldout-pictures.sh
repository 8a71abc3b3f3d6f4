#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Fetches the pictures that tests/fixtures/heldout marks into build/heldout, under the names that
# it uses: takes them out of packages of Debian 12, which it downloads (about 122 MB) and does not
# install, so it asks for no root. Checks every picture. A second run is quick.
set -euo pipefail
cd "$(dirname "$0")/.."

list=$PWD/tests/fixtures/heldout/pictures.tsv
out=$PWD/build/heldout

# The lines of the list, all or those of one package.
rows() { awk -F'\t' -v package="${1:-}" '!/^#/ && (package == "" || $3 == package)' "$list"; }
# Whether the pictures are there and are the right ones.
have() { (cd "$out" && rows "${1:-}" | awk -F'\t' '{ print $2 "  " $1 }' | sha256sum --check "${@:2}"); }

mkdir -p "$out/pieces"
for package in $(rows | cut -f3 | sort -u); do
    ! have "$package" --status 2>/dev/null || continue
    name=${package%%=*}
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    echo "heldout-pictures: downloading with apt-get: $package"
    # Another version will do if the pictures in it are the same: a rebuild, another architecture.
    (cd "$scratch" && { apt-get download -q -o APT::Sandbox::User=root "$package" ||
        apt-get download -q -o APT::Sandbox::User=root "$name"; }) >&2 || {
        echo "heldout-pictures: apt-get cannot download $name: this wants Debian 12 and a recent" \
            "apt-get update" >&2
        exit 1
    }
    dpkg-deb --extract "$scratch/$name"_*.deb "$scratch"
    while IFS=$'\t' read -r file _ _ source; do
        range=${source#*@}
        if [ "$range" = "$source" ]; then
            cp "$scratch/$source" "$out/$file"
        else
            dd if="$scratch/${source%@*}" of="$out/$file" status=none bs=64K \
                iflag=skip_bytes,count_bytes skip="${range%+*}" count="${range#*+}"
        fi
    done < <(rows "$package")
    have "$package" --quiet >&2 || {
        echo "heldout-pictures: $package has other pictures than tests/fixtures/heldout marks" >&2
        exit 1
    }
    rm -rf "$scratch"
done

for first in "$out"/pieces/*_1.webp; do
    picture=$(basename "${first%_1.webp}").png
    [ "$out/$picture" -nt "$first" ] ||
        cargo run --release --locked -q -p stillmotion-engine --example join_pictures -- \
            "$out/$picture" 3 "${first%_1.webp}"_{1..6}.webp
done
echo "heldout-pictures: $(find "$out" -maxdepth 1 -type f | wc -l) pictures are in build/heldout"
