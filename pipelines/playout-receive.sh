#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a window with what playout-send.sh sends, until Ctrl-C or for FRAMES frames.
#   playout-receive.sh [PORT] [FRAMES]
. "$(dirname "$0")/common.sh"
port=${1:-7001} frames=${2:--1}

gst-launch-1.0 srtsrc uri="srt://127.0.0.1:$port?mode=caller" ! tsdemux ! h264parse \
    ! avdec_h264 ! identity eos-after="$frames" ! videoconvert ! ${SINK:-autovideosink}
