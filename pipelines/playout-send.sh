#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: nothing here; the photo goes out live over SRT, to and fro without an end, and stays on
# air with the last good picture if a frame should fail. Until Ctrl-C or for FRAMES frames.
#   playout-send.sh PHOTO [PORT] [FRAMES]
. "$(dirname "$0")/common.sh"
photo=$1 port=${2:-7001} frames=${3:--1}

gst-launch-1.0 -e stillsrc location="$photo" \
    ! motiongen prompt="slow orbit" at-end=ping-pong on-error=hold is-live=true \
    num-buffers="$frames" ! video/x-raw,width=1280,height=720,framerate=25/1 ! videoconvert \
    ! x264enc tune=zerolatency speed-preset=veryfast key-int-max=25 ! mpegtsmux \
    ! srtsink uri="srt://127.0.0.1:$port?mode=listener" wait-for-connection=false
