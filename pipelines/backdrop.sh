#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a window with the photo swaying to and fro without a seam, in real time, until Ctrl-C
# or for FRAMES frames.
#   backdrop.sh PHOTO [FRAMES]
. "$(dirname "$0")/common.sh"
photo=$1 frames=${2:--1}

gst-launch-1.0 -e stillsrc location="$photo" \
    ! motiongen @preset=Cinemagraph is-live=true num-buffers="$frames" \
    ! video/x-raw,width=1280,height=720,framerate=30/1 ! videoconvert ! ${SINK:-autovideosink}
