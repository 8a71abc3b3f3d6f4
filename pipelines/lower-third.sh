#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: the video with a drifting picture over it; where the picture is transparent the video
# shows through. The picture is a PNG with an alpha channel, up to 1160x240.
#   lower-third.sh VIDEO PICTURE.png OUT.mp4 [FRAMES_PER_SECOND]
. "$(dirname "$0")/common.sh"
video=$1 picture=$2 out=$3 rate=${4:-25}/1

gst-launch-1.0 compositor name=c sink_1::zorder=2 sink_1::xpos=60 sink_1::ypos=480 ! videoconvert ! x264enc ! mp4mux \
    ! filesink location="$out" \
    filesrc location="$video" ! decodebin ! videoconvert ! videorate \
    ! videoscale ! video/x-raw,width=1280,height=720,framerate="$rate" ! c.sink_0 \
    stillsrc location="$picture" ! motiongen prompt="slow truck right" motion=2 \
    ! video/x-raw,format=RGBA,framerate="$rate" ! c.sink_1
