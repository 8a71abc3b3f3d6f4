#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Puts libtorch for the CPU into build/libtorch, out of the wheels that PyPI has, each checked by
# its hash: 0.55 GB to load, 0.7 GB on disk, once. A second run is quick. Where LIBTORCH is set,
# that one is used and nothing is loaded (docs/src/libtorch.md).
set -euo pipefail
cd "$(dirname "$0")/.."

# What the crate tch 0.24 is made for, and the two CUDA libraries that its CPU half needs.
wheels=(
    "torch==2.11.0                 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"
    "nvidia-cuda-runtime==13.0.96  7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
    "nvidia-cuda-cupti==13.0.85    4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
)
# Parts that want CUDA or Python; a worker for the CPU needs none of them.
unneeded='libtorch_cuda*.so libtorch_nvshmem.so libtorch_python.so libc10_cuda.so libshm.so libcaffe2_nvrtc.so'
goal=build/libtorch

if [ -n "${LIBTORCH:-}" ] && [ "$(realpath -m "$LIBTORCH")" != "$(realpath -m "$goal/torch")" ]; then
    [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || {
        echo "libtorch: LIBTORCH is $LIBTORCH, which has no lib/libtorch_cpu.so: unset it to use" \
            "build/libtorch, or set it to the folder 'torch' of an installed wheel" >&2
        exit 1
    }
    echo "libtorch: the one of LIBTORCH=$LIBTORCH is used"
    exit 0
fi

wanted=$(printf '%s\n' "${wheels[@]}" "$unneeded" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$goal/wanted.txt" 2>/dev/null)" = "$wanted" ]; then
    echo "libtorch: it is in $goal"
    exit 0
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "libtorch: this script knows Linux on x86_64 only, not $(uname -sm): set LIBTORCH to the" \
        "folder 'torch' of an installed torch 2.11.0" >&2
    exit 1
fi

python3 -m pip --version >/dev/null 2>&1 || scripts/setup.sh python3-pip
echo "libtorch: loading 0.55 GB from PyPI into $goal"
mkdir -p build
new=$(mktemp -d build/libtorch.XXXXXX)
trap 'rm -rf "$new"' EXIT
for wheel in "${wheels[@]}"; do
    read -r name hash <<<"$wheel"
    echo "$name --hash=sha256:$hash"
done >"$new/wheels.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-cache-dir \
    --require-hashes --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \
    --abi none --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    --dest "$new/wheels" -r "$new/wheels.txt"
for wheel in "$new"/wheels/*.whl; do
    python3 -m zipfile -e "$wheel" "$new"
    rm "$wheel"
done

echo "libtorch: leaving out what a CPU does not need"
lib=$new/torch/lib
for part in $unneeded; do
    # Unquoted, so that the star finds its files.
    rm -f $lib/$part
done
# The original wants CUDA. It holds no code, so an empty one that wants only the CPU half will do.
echo | cc -shared -x c - -o "$lib/libtorch.so" -Wl,--no-as-needed -L"$lib" -ltorch_cpu -lc10 \
    -Wl,-rpath,'$ORIGIN' -Wl,--allow-shlib-undefined
find "$new/torch" -mindepth 1 -maxdepth 1 ! -name lib ! -name include ! -name share \
    -exec rm -rf {} +
rm -rf "$new"/*.dist-info "$new/wheels" "$new"/functorch "$new"/torchgen
echo "$wanted" >"$new/wanted.txt"
rm -rf "$goal"
mv "$new" "$goal"
trap - EXIT
du -sh "$goal"
