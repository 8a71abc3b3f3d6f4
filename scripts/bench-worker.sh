#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Trainings of stillmotion-worker beside the same loop in Python PyTorch, in turn; how long a model
# takes to its first frame, and how many frames its socket carries. Prints what docs/src/benchmarks.md
# has of it. Wants `make build worker`; installs torch from PyPI into build/torch-venv (some GB).
# DEVICE=cuda:0 measures a GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${RUNS:-5}

cargo build --release --locked -q -p stillmotion-engine --example socket_speed
cargo build --release --locked -q -p stillmotion-tests --example model_start
scripts/venv.sh torch scripts/bench-worker.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build/torch-venv/bin/python scripts/bench_worker.py target/release/stillmotion-worker \
    --device "${DEVICE:-cpu}" --steps "${STEPS:-40}" --runs "$runs"
echo
export STILLMOTION_WORKER=$PWD/target/release/stillmotion-worker
target/release/stillmotion train tests/fixtures/photos --checkpoint "$scratch/net" --steps 2 \
    --batch-size 2 2>/dev/null
target/release/examples/model_start "$scratch/net" tests/fixtures/photos/coffee.jpg 2>/dev/null
echo
for _ in $(seq "$runs"); do
    STILLMOTION_WORKER=target/release/examples/socket_speed target/release/examples/socket_speed
done | sort -t: -k2 -n | awk '{ line[NR] = $0 } END { print line[int((NR + 1) / 2)] }'
