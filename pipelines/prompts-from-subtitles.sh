#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: the camera does what each subtitle says, from the moment at which it would be shown, and
# glides from one move into the next. 12 seconds.
#   prompts-from-subtitles.sh PHOTO CUES.srt OUT.mp4
. "$(dirname "$0")/common.sh"
photo=$1 cues=$2 out=$3

gst-launch-1.0 stillsrc location="$photo" ! motiongen name=g at-end=hold num-buffers=288 \
    ! videoconvert ! x264enc ! mp4mux ! filesink location="$out" \
    filesrc location="$cues" ! subparse ! g.text_sink
