#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: four seconds in which the camera walks into the photo; frame 1 is the photo itself.
#   photo-to-mp4.sh PHOTO OUT.mp4 [PROMPT]
. "$(dirname "$0")/common.sh"
photo=$1 out=$2 prompt=${3:-walk forward}

gst-launch-1.0 filesrc location="$photo" ! decodebin ! videoconvert \
    ! motiongen prompt="$prompt" motion=6 ! progressreport update-freq=1 \
    ! videoconvert ! x264enc ! mp4mux ! filesink location="$out"
