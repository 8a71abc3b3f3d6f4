#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a photo that lies nearly still at first and moves more and more: `motion` has keyframes
# from 1 to 10. Writes the project beside the video, to be opened in an editor.
#   editor-keyframes.sh PHOTO OUT.mkv
. "$(dirname "$0")/common.sh"
photo=$(realpath "$1") out=$(realpath -m "$2")
project=${out%.*}.xges
caps="video/x-raw,width=(int)1280,height=(int)720,framerate=(fraction)25/1"
# Without it the mixer of GES 1.22 may lose a frame.
caps+=",pixel-aspect-ratio=(fraction)1/1"
keyframes="<binding type='direct-absolute' source_type='interpolation' property='motion' \
mode='1' track_id='-1' values =' 0:1.0  4000000000:10.0 '/>"

ges-launch-1.0 --track-types=video --video-caps "$caps" \
    +clip "$photo" duration=4.0 +effect 'motionfilter prompt="truck right"' \
    --save-only "file://$project"
sed -i "s|\(<effect [^>]*asset-id='motionfilter[^>]*>\)|\1\n$keyframes|" "$project"
ges-launch-1.0 --load "file://$project" -o "file://$out" --format video/x-matroska:video/x-vp8
