#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a photo on the timeline of an editor (GES), animated by the effect for two seconds, then
# the same photo as it is for one.
#   editor-effect.sh PHOTO OUT.mkv
. "$(dirname "$0")/common.sh"
photo=$(realpath "$1") out=$(realpath -m "$2")
caps="video/x-raw,width=(int)1280,height=(int)720,framerate=(fraction)25/1"
# Without it the mixer of GES 1.22 may lose a frame.
caps+=",pixel-aspect-ratio=(fraction)1/1"

ges-launch-1.0 --track-types=video --video-caps "$caps" \
    +clip "$photo" duration=2.0 +effect 'motionfilter prompt="slow dolly in" motion=7' \
    +clip "$photo" duration=1.0 \
    -o "file://$out" --format video/x-matroska:video/x-vp8
