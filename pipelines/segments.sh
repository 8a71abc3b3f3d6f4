#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a folder of one-second files that play one after the other, as HLS and DASH packagers
# want them: each starts with a key frame that the muxer asked for.
#   segments.sh PHOTO FOLDER
. "$(dirname "$0")/common.sh"
photo=$1 folder=$2
# Without async-finalize the splitmuxsink of GStreamer 1.22 now and then misses the end of the stream.
mkdir -p "$folder"

gst-launch-1.0 stillsrc location="$photo" ! motiongen prompt="slow push in" \
    ! video/x-raw,framerate=25/1 ! videoconvert \
    ! x264enc key-int-max=1000 tune=zerolatency ! h264parse \
    ! splitmuxsink location="$folder/%05d.mp4" max-size-time=1000000000 \
    send-keyframe-requests=true async-finalize=true
