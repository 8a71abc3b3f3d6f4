#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds pipelines, seeks, changes settings and throws pipelines away, for some minutes (10 unless
# the first argument says otherwise). Fails when memory rises by 1 MiB per minute or more.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-10}
nice cargo run --quiet --locked -p stillmotion-tests --bin soak -- \
    "$((minutes * 60))" tests/fixtures/photos/coffee.jpg
