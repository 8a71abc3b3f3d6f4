#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Speed beside ffmpeg's zoompan, on the same photo and in the same run, in turn: frames a second
# at 1920x1080 I420 to a sink that throws them away, the time to the first buffer, and memory; then
# speed and looks beside DepthFlow; then trained models.
# Prints the tables of docs/src/benchmarks.md. Wants `make build worker`; installs ffmpeg, GNU time and
# the photos.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${RUNS:-5}

packages=(ffmpeg time mate-backgrounds)
if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "bench: installing with apt-get: ${packages[*]}" >&2
    "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}" >&2
fi
cargo build --release --locked -q -p stillmotion-engine --examples
export GST_PLUGIN_PATH=$PWD/target/release
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Seconds that a command takes.
seconds() {
    local start end
    start=$(date +%s%N)
    "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    end=$(date +%s%N)
    echo $(((end - start) / 1000)) | awk '{ printf "%.4f\n", $1 / 1e6 }'
}

ours() { # photo, seconds of video
    gst-launch-1.0 -q filesrc location="$1" ! decodebin ! videoconvert \
        ! motiongen duration="${2}000000000" \
        ! video/x-raw,format=I420,width=1920,height=1080,framerate=24/1 ! fakesink
}

theirs() { # photo, seconds of video
    local frames=$(($2 * 24))
    local move="z='1+0.0015*on':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
    ffmpeg -nostdin -loglevel error -i "$1" \
        -vf "zoompan=$move:d=$frames:s=1920x1080:fps=24,format=yuv420p" -f null -
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }
# Frames a second without what happens once: from a clip of 12 s less one of 4 s.
rate() { awk -v short="$1" -v long="$2" 'BEGIN { printf "%.0f\n", 8 * 24 / (long - short) }'; }

echo "Machine: $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), $(nproc) cores."
echo "GStreamer $(gst-launch-1.0 --version | awk 'NR==2 { print $2 }'), $(ffmpeg -version | head -1 | cut -d' ' -f1-3). Medians of $runs runs, in turn."
echo
echo "| photo | size | stillmotion, frames/s | zoompan, frames/s | ratio | whole 4 s clip, stillmotion | zoompan | ratio |"
echo "|---|---|---|---|---|---|---|---|"
photos=(tests/fixtures/photos/coffee.jpg
    /usr/share/backgrounds/mate/nature/Garden.jpg
    /usr/share/backgrounds/mate/nature/GreenMeadow.jpg
    /usr/share/backgrounds/mate/abstract/Elephants_3840x2160.jpg)
for photo in "${photos[@]}"; do
    size=$(ffprobe -v error -show_entries stream=width,height -of csv=p=0:s=x "$photo")
    rm -f "$scratch"/{ours,theirs}-{4,12,rate,whole}
    for _ in $(seq "$runs"); do
        for who in ours theirs; do
            short=$(seconds "$who" "$photo" 4)
            long=$(seconds "$who" "$photo" 12)
            echo "$short" >>"$scratch/$who-whole"
            rate "$short" "$long" >>"$scratch/$who-rate"
        done
    done
    for file in ours-rate theirs-rate ours-whole theirs-whole; do
        declare "${file/-/_}=$(median <"$scratch/$file")"
    done
    echo "| $(basename "$photo") | $size | $ours_rate | $theirs_rate | $(ratio "$ours_rate" "$theirs_rate") | $ours_whole s | $theirs_whole s | $(ratio "$theirs_whole" "$ours_whole") |"
done

echo
echo "The engine alone, 1920x1080, default move, and copying the frame as the limit:"
echo
echo '```'
target/release/examples/frame_rate 1920 1080
echo '```'
echo
echo "Peak memory of the 4 s clip of Garden.jpg at 1920x1080 I420, decoding included: $(
    /usr/bin/time -f %M gst-launch-1.0 -q filesrc location=/usr/share/backgrounds/mate/nature/Garden.jpg \
        ! decodebin ! videoconvert ! motiongen ! video/x-raw,format=I420,width=1920,height=1080 \
        ! fakesink 2>&1 >/dev/null | tail -1 | awk '{ printf "%.0f MB", $1 / 1024 }')."

echo
RUNS=$runs scripts/bench-depthflow.sh

echo
RUNS=$runs scripts/bench-worker.sh

echo
RUNS=1 scripts/bench-models.sh
