#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Seen: a window with four seconds of the photo in motion, played from a URI as any other video.
#   play-uri.sh PHOTO [PROMPT]
. "$(dirname "$0")/common.sh"
photo=$(realpath "$1") prompt=${2:-slow orbit}
escape() { python3 -c 'import sys, urllib.parse as u; print(u.quote(sys.argv[1]))' "$1"; }

gst-play-1.0 --no-interactive --videosink="${SINK:-autovideosink}" \
    "motion://$(escape "$photo")?prompt=$(escape "$prompt")&motion=6&duration=4"
