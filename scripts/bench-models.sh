#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Clips of Wan and Stable Video Diffusion beside Python diffusers, with random weights in the published
# sizes. Wants `make worker`, 5 GB of disk and 16 GB of memory; installs diffusers from PyPI into
# build/models-venv (some GB). Prints what docs/src/benchmarks.md has of it; a quarter of an hour on
# two cores. Takes the options of bench_models.py: `scripts/bench-models.sh --device cuda:0` on a GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/venv.sh models scripts/bench-models.txt
build/models-venv/bin/python scripts/bench_models.py target/release/stillmotion-worker \
    --runs "${RUNS:-1}" "$@"
