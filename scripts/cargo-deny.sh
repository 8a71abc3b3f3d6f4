#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Checks licences and sources of all dependencies. Builds cargo-deny into build/tools when it is
# not there yet, which takes some minutes once. Extra arguments replace what is checked.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.18.4
tools=$PWD/build/tools
deny=$(command -v cargo-deny || echo "$tools/bin/cargo-deny")
if [ ! -x "$deny" ]; then
    echo "cargo-deny: installing version $version into $tools"
    cargo install cargo-deny --version "$version" --locked --root "$tools" --quiet
fi
[ $# -gt 0 ] || set -- bans licenses sources
"$deny" --all-features check "$@"
