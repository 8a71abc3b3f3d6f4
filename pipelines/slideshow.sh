#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: the pictures one after the other, three seconds each, every one with a move of its own.
#   slideshow.sh OUT.mp4 PHOTO...
. "$(dirname "$0")/common.sh"
out=$1
shift
looks=("Slow push" "Pan right" "Pull back" "Orbit")

pictures=()
for photo in "$@"; do
    look=${looks[$((${#pictures[@]} % ${#looks[@]}))]}
    pictures+=(stillsrc "location=$photo" ! motiongen "@preset=$look" duration=3000000000
        ! "video/x-raw,format=I420,width=1280,height=720,framerate=25/1" ! queue ! c.)
done
# One clip starts again at time 0 behind the other: an encoder wants times that go on.
gst-launch-1.0 concat name=c ! identity single-segment=true ! x264enc ! mp4mux \
    ! filesink location="$out" "${pictures[@]}"
