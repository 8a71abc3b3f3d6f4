#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: the video with a drifting picture over it; where the picture is transparent the video
# shows through. The picture is a PNG with an alpha channel.
#   lower-third.sh VIDEO PICTURE.png OUT.mp4
. "$(dirname "$0")/common.sh"
video=$1 picture=$2 out=$3

gst-launch-1.0 compositor name=c sink_1::zorder=2 ! videoconvert ! x264enc ! mp4mux \
    ! filesink location="$out" \
    filesrc location="$video" ! decodebin ! videoconvert ! c.sink_0 \
    stillsrc location="$picture" ! video/x-raw,format=RGBA \
    ! motiongen prompt="slow truck right" motion=2 ! c.sink_1
