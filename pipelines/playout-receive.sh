#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a window with what playout-send.sh sends.
#   playout-receive.sh [PORT]
. "$(dirname "$0")/common.sh"
port=${1:-7001}

gst-launch-1.0 srtsrc uri="srt://127.0.0.1:$port?mode=caller" ! tsdemux ! h264parse \
    ! avdec_h264 ! videoconvert ! ${SINK:-autovideosink}
