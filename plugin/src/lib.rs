// SPDX-License-Identifier: MIT OR Apache-2.0
//! libgststillmotion.so: registers the elements and does nothing else.
#![allow(
    missing_docs,
    unused_qualifications,
    reason = "what plugin_define! expands to is not ours"
)]

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    stillmotion_elements::register(Some(plugin))
}

gst::plugin_define!(
    stillmotion,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    "https://gstreamer.freedesktop.org/",
    env!("BUILD_REL_DATE")
);
