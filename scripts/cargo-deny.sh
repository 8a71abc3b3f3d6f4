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
    # It runs for a second and is built for minutes: without optimisation both are short.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
        cargo install cargo-deny --version "$version" --locked --root "$tools" --quiet
fi
[ $# -gt 0 ] || set -- bans licenses sources
"$deny" --all-features check "$@"
