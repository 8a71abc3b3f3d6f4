# SPDX-License-Identifier: MIT OR Apache-2.0
# Read by every script here: stops at the first mistake, and finds the plugin in this checkout
# where it is not installed.
set -euo pipefail
if ! gst-inspect-1.0 motiongen >/dev/null 2>&1; then
    GST_PLUGIN_PATH=$(cd "$(dirname "${BASH_SOURCE[0]}")/../target/release" && pwd)
    export GST_PLUGIN_PATH
fi
